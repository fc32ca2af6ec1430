"""What comes after DATA, up to the line that is one dot (RFC 5321 §4.1.1.4, §4.5.2, §4.5.3.1.6).

It is taken in pieces as large as they come: aiosmtpd takes it line by line, which costs as much as
all that is done with a message.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

#: Bytes that the stream of a connection holds before its peer must wait.
BUFFER: Final = 64 * 1024

_CRLF: Final = b"\r\n"
_DOT: Final = b".\r\n"
#: A line of more than 1001 bytes: 998 of text, the dot that hides its own, CR LF.
_LONG_LINE: Final = re.compile(rb"\n[^\n]{1001}")


class DataError(Exception):
    """The message is refused, and read to its end; `reply` says why."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


async def read(reader: asyncio.StreamReader, most: int) -> bytes:
    """The message as it was before its dots were doubled. Raises `DataError`.

    Holds `most` bytes and a buffer at most, whatever comes.
    """
    content = bytearray(_CRLF)  # that of the command: the first line may be the dot
    too_large = False
    while not content.endswith(_CRLF + _DOT):
        try:
            content += await reader.readuntil(_DOT)
        except asyncio.LimitOverrunError as error:
            content += await reader.readexactly(error.consumed)
        if len(content) > len(_CRLF) + most + len(_DOT):
            too_large = True
            del content[: -len(_CRLF + _DOT)]
    if too_large:
        raise DataError("552 5.3.4 too much mail data")
    if _LONG_LINE.search(content):
        raise DataError("500 5.5.2 a line is longer than 998 characters")
    del content[-len(_DOT) :]
    return bytes(memoryview(content.replace(_CRLF + b".", _CRLF))[len(_CRLF) :])
