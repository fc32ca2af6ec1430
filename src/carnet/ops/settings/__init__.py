"""Django settings, one module per wing, read from the environment alone."""
