"""The INSi service on our own base: searches, verifications, batches, its scripted population."""
