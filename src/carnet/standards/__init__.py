"""Floor 0: bytes to frozen dataclasses and back. No Django, no SQL, no socket, no clock."""
