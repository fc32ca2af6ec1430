"""The library's parser, which goes line by line, spared the base64.

Such lines are nearly all of a message that carries a file, and are never a header field, a
delimiter or an empty line: the parser finds the same message around a mark that stands for them,
many times sooner.
"""

from __future__ import annotations

import re
from email.feedparser import FeedParser
from email.message import Message
from email.policy import Policy
from typing import Final

#: Several lines of base64, without the end of the last one.
_RUN: Final = re.compile(r"(?m)^[A-Za-z0-9+/=]++(?:\r\n[A-Za-z0-9+/=]++(?=\r\n))++")
#: What stands for a run: its number between two characters that no decoded byte gives.
_MARK: Final = re.compile("\ue000([0-9]+)\ue000")


class Cut:
    """A message whose lines of base64 are set aside; `text` is what is left of it."""

    def __init__(self, raw: bytes) -> None:
        self._runs: list[str] = []
        self.text = _RUN.sub(self._set_aside, raw.decode("ascii", "surrogateescape"))

    def parse(self, policy: Policy[Message]) -> Message:
        """The whole message, as `email.message_from_bytes` gives it."""
        parser = FeedParser(policy=policy)
        parser.feed(self.text)
        message = parser.close()
        for part in message.walk():
            part.preamble = part.preamble and self._whole(part.preamble)
            part.epilogue = part.epilogue and self._whole(part.epilogue)
            payload = part._payload  # type: ignore[attr-defined]  # the public one is decoded
            if isinstance(payload, str):
                part.set_payload(self._whole(payload))
        return message

    def _set_aside(self, run: re.Match[str]) -> str:
        self._runs.append(run[0])
        return f"\ue000{len(self._runs) - 1}\ue000"

    def _whole(self, text: str) -> str:
        return _MARK.sub(lambda mark: self._runs[int(mark[1])], text)
