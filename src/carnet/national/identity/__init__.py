"""Who the persons are: INS and traits."""
