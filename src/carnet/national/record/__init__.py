"""The shared record: documents, who may read them, what happened after."""
