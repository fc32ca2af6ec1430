"""What a call to the country may end in, other than an answer."""

from __future__ import annotations


class CallError(Exception):
    """A call that gave no usable answer; `text` is technical and holds no health content."""

    def __init__(self, text: str, *, code: str = "") -> None:
        super().__init__(f"{code}: {text}" if code else text)
        self.text = text
        self.code = code


class Unreachable(CallError):  # noqa: N818 - the name is the fact
    """No connection, no TLS, no answer in time: try again, and spare the others the same wait."""


class Babbling(Unreachable):
    """An answer without end, or that is not of the protocol: as good as none."""


class Unavailable(CallError):  # noqa: N818 - the name is the fact
    """The other side says that it cannot for now (SOAP Receiver fault, HTTP 5xx, SMTP 4xx)."""


class Refused(CallError):  # noqa: N818 - the name is the fact
    """The other side will never take this as it is (SOAP Sender fault, HTTP 4xx, SMTP 5xx)."""
