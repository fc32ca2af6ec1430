"""The library's parser, which goes line by line, given the lines of base64 together.

Such lines are nearly all of a message that carries a file, and are never a header field, a
delimiter or an empty line: the parser finds the same message, many times sooner.
"""

from __future__ import annotations

import re
from email.feedparser import FeedParser
from email.message import Message
from email.policy import Policy
from typing import Final

#: Several lines of base64, or one line, or a last one without end.
_LINES: Final = re.compile(r"(?:[A-Za-z0-9+/=]++\r\n)++|[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++")


def parse(raw: bytes, policy: Policy[Message]) -> Message:
    """The message in `raw`, as `email.message_from_bytes` gives it."""
    parser = FeedParser(policy=policy)
    lines = _LINES.findall(raw.decode("ascii", "surrogateescape"))
    parser._input.pushlines(lines)  # type: ignore[attr-defined]
    return parser.close()
