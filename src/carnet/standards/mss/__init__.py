"""MSSanté: addresses, list of operators, XDM packages and messages (spec mssante)."""
