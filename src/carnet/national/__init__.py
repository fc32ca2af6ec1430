"""First wing: the shared record, the citizen's space, secure mail, identity, directory."""
