"""The refusal of a message, as SMTP says it."""

from __future__ import annotations


class MessageError(ValueError):
    """A message cannot be taken or made.

    `code` and `enhanced` are the SMTP reply and its enhanced status (RFC 5321, RFC 3463; spec
    mssante §12); `text` is ASCII, as a reply must be, and holds nothing of the message.
    """

    def __init__(self, code: int, enhanced: str, text: str) -> None:
        super().__init__(f"{code} {enhanced} {text}")
        self.code = code
        self.enhanced = enhanced
        self.text = text

    @property
    def reply(self) -> str:
        """The line to answer."""
        return f"{self.code} {self.enhanced} {self.text}"
