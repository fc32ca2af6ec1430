"""The desk: what came in, where it went, what is stuck and what to do about it."""
