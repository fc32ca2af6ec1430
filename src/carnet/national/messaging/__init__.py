"""Mailboxes, conversations and the rules of the exchange."""
