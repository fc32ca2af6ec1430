"""In and out: what the establishment's software sends, and what becomes of every document."""
