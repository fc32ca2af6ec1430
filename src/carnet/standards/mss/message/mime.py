"""The MIME parts of a message that is written (RFC 2045, RFC 2046, RFC 2183), 7 bits everywhere.

Our own, because the standard library passes each line of base64 through all its layers. A part is
its headers, an empty line and its content, all lines ended by CRLF.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Sequence
from typing import Final

from carnet.standards.mss.message import headers

#: Characters of a line: of plain text that is not encoded, and of base64 (RFC 2045 §6.8).
_LINE: Final = 78
_BASE64_LINE: Final = 76


def text(content: str, subtype: str) -> bytes:
    """A text part: as it is, or quoted-printable when it is not ASCII or its lines are long."""
    lines = content.encode().splitlines()
    data = b"".join([line + b"\r\n" for line in lines])
    plain = data.isascii() and all(len(line) <= _LINE for line in lines)
    return b"".join(
        (
            headers.parameter_line("Content-Type", f"text/{subtype}", charset="utf-8"),
            headers.line("Content-Transfer-Encoding", "7bit" if plain else "quoted-printable"),
            b"\r\n",
            data if plain else b2a_qp(data),
        )
    )


def attachment(data: bytes, media_type: str, filename: str) -> bytes:
    """A file, in base64. Its name is told twice: some readers only know that of the type."""
    packed = b64encode(data)
    lines = [packed[at : at + _BASE64_LINE] + b"\r\n" for at in range(0, len(packed), _BASE64_LINE)]
    return b"".join(
        (
            headers.parameter_line("Content-Type", media_type, name=filename),
            headers.line("Content-Transfer-Encoding", "base64"),
            headers.parameter_line("Content-Disposition", "attachment", filename=filename),
            b"\r\n",
            *lines,
        )
    )


def multipart(subtype: str, parts: Sequence[bytes], boundary: str) -> bytes:
    """Several parts in one; no line of theirs begins with the boundary."""
    mark = f"--{boundary}".encode()
    return b"".join(
        (
            headers.parameter_line("Content-Type", f"multipart/{subtype}", boundary=boundary),
            *(piece for part in parts for piece in (b"\r\n", mark, b"\r\n", part)),
            b"\r\n",
            mark,
            b"--\r\n",
        )
    )
