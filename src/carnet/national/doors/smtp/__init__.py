"""The mail server of the operator: what the MSSanté space sends to our mailboxes."""
