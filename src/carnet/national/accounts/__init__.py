"""Who signs in, for whom, and what they were told."""
