"""The exchange log of a sandbox: what software sent and what it was answered, for a while."""
