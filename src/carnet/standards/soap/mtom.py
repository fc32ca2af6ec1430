"""MTOM/XOP packages: a SOAP message and the documents it refers to, both ways.

Reading is one pass of `bytes.find` over a bounded body: the parts may come in any order, a message
without attachments (plain `application/soap+xml`, documents inline in base64) is as good.
Sources: MTOM and XOP (W3C, 2005), RFC 2387 (multipart/related), RFC 2046 (multipart), RFC 2392
(cid URLs). Requirements: EX_2.1-1260.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final
from urllib.parse import quote, unquote

from lxml import etree

from carnet.standards.soap.envelope import SoapFault

XOP: Final = "http://www.w3.org/2004/08/xop/include"
SOAP_TYPE: Final = "application/soap+xml"
XOP_TYPE: Final = "application/xop+xml"
RELATED_TYPE: Final = "multipart/related"

#: Parts of one package, the root among them.
MAX_PARTS: Final = 256
#: Bytes of the headers of one part.
MAX_HEADER: Final = 8192

_ROOT_ID: Final = "root@carnet"
_CHUNK: Final = 1 << 20
_WHITE: Final = b" \t\r\n"
_CHARSETS: Final = frozenset({"", "utf-8", "utf8", "us-ascii"})
_PARAMETER: Final = re.compile(r'\s*;\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)')
_CONTENT_ID: Final = re.compile(r"[!-;=?-~]+")
_BOUNDARY: Final = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")


@dataclass(frozen=True, slots=True)
class Package:
    """The bytes of the SOAP envelope, and the attachments by Content-ID without its brackets."""

    root: bytes
    attachments: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Part:
    content_id: str
    media_type: str
    data: bytes


def read(content_type: str, stream: BinaryIO, *, limit: int) -> Package:
    """Read at most `limit` bytes of `stream`, described by the Content-Type of HTTP.

    Raises `SoapFault` (Sender) that says what is wrong with the package.
    """
    media_type, parameters = _content_type(content_type)
    if media_type == SOAP_TYPE:
        _check_charset(parameters)
        return Package(_read_all(stream, limit), {})
    if media_type != RELATED_TYPE:
        raise SoapFault("Sender", f"the content type is neither {SOAP_TYPE} nor {RELATED_TYPE}")
    boundary = parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise SoapFault("Sender", "the boundary of the multipart is missing or not allowed")
    parts = _split(_read_all(stream, limit), b"--" + boundary.encode())
    return _package(parts, _bare_id(parameters.get("start", "")))


def _content_type(value: str) -> tuple[str, dict[str, str]]:
    """Media type in lower case, and its parameters by lower-case name."""
    media_type, _, _ = value.partition(";")
    parameters: dict[str, str] = {}
    at = len(media_type)
    while match := _PARAMETER.match(value, at):
        name, text = match[1].lower(), match[2]
        if name in parameters:
            raise SoapFault("Sender", "the content type says a parameter twice")
        parameters[name] = re.sub(r"\\(.)", r"\1", text[1:-1]) if text[0] == '"' else text
        at = match.end()
    if value[at:].strip(" \t;"):
        raise SoapFault("Sender", "the content type cannot be read")
    return media_type.strip().lower(), parameters


def _check_charset(parameters: Mapping[str, str]) -> None:
    if parameters.get("charset", "").lower() not in _CHARSETS:
        raise SoapFault("Sender", "the message must be in UTF-8")


def _read_all(stream: BinaryIO, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(min(_CHUNK, limit + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise SoapFault("Sender", f"the message exceeds {limit} bytes")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _split(data: bytes, delimiter: bytes) -> list[_Part]:
    """The parts between the delimiters, in their order."""
    start = _after(data, delimiter, 0) if data.startswith(delimiter) else None
    if start is None:
        _, start = _next(data, delimiter, 0)
    parts: list[_Part] = []
    while start != _CLOSED:
        if len(parts) == MAX_PARTS:
            raise SoapFault("Sender", f"the multipart has more than {MAX_PARTS} parts")
        # The line break that ends a delimiter's line may also begin the next delimiter.
        end, following = _next(data, delimiter, start - 2)
        parts.append(_part(data, start, end))
        start = following
    return parts


_CLOSED: Final = -1


def _next(data: bytes, delimiter: bytes, at: int) -> tuple[int, int]:
    """Where the next delimiter begins, and where its part starts (`_CLOSED` after the last)."""
    while (found := data.find(b"\r\n" + delimiter, at)) >= 0:
        start = _after(data, delimiter, found + 2)
        if start is not None:
            return found, start
        at = found + 2
    raise SoapFault("Sender", "the multipart is cut short: its closing boundary is missing")


def _after(data: bytes, delimiter: bytes, at: int) -> int | None:
    """Where the line of the delimiter at `at` ends; None when it only begins like one."""
    at += len(delimiter)
    if data.startswith(b"--", at):
        return _CLOSED
    end = data.find(b"\r\n", at, at + 128)
    return end + 2 if end >= 0 and not data[at:end].strip(b" \t") else None


def _part(data: bytes, start: int, end: int) -> _Part:
    stop = data.find(b"\r\n\r\n", start - 2, min(end + 2, start + MAX_HEADER))
    if stop < 0:
        raise SoapFault("Sender", f"the headers of a part do not end within {MAX_HEADER} bytes")
    headers = _headers(data[start:stop])
    media_type, parameters = _content_type(headers.get("content-type", "text/plain"))
    _check_charset(parameters)
    encoding = headers.get("content-transfer-encoding", "binary").lower()
    if encoding not in _DECODERS:
        raise SoapFault("Sender", "the transfer encoding of a part is not one of RFC 2045")
    return _Part(
        content_id=_bare_id(headers.get("content-id", "")),
        media_type=media_type,
        data=_DECODERS[encoding](data[stop + 4 : end]),
    )


def _headers(block: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    unfolded = re.sub(rb"\r\n[ \t]+", b" ", block).decode("latin-1")
    for line in unfolded.split("\r\n") if unfolded else ():
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or name in headers:
            raise SoapFault("Sender", "a header of a part is repeated or is not one")
        headers[name] = value.strip()
    return headers


def _bare_id(value: str) -> str:
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def _from_base64(data: bytes) -> bytes:
    try:
        return binascii.a2b_base64(data.translate(None, _WHITE), strict_mode=True)
    except binascii.Error as error:
        raise SoapFault("Sender", f"the base64 of a document is wrong: {error}") from None


def _as_is(data: bytes) -> bytes:
    return data


_DECODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "7bit": _as_is,
    "8bit": _as_is,
    "binary": _as_is,
    "base64": _from_base64,
    "quoted-printable": binascii.a2b_qp,
}


def _package(parts: list[_Part], start: str) -> Package:
    if not parts:
        raise SoapFault("Sender", "the multipart has no part")
    root = next((part for part in parts if part.content_id == start), None) if start else parts[0]
    if root is None:
        raise SoapFault("Sender", "no part has the Content-ID that start names")
    if root.media_type not in (XOP_TYPE, SOAP_TYPE):
        raise SoapFault("Sender", f"the root part is neither {XOP_TYPE} nor {SOAP_TYPE}")
    attachments: dict[str, bytes] = {}
    for part in parts:
        if part is root:
            continue
        if not part.content_id:
            raise SoapFault("Sender", "a part has no Content-ID: nothing can refer to it")
        if part.content_id in attachments or part.content_id == root.content_id:
            raise SoapFault("Sender", "two parts have the same Content-ID")
        attachments[part.content_id] = part.data
    return Package(root.data, attachments)


def write(
    root: bytes, attachments: Mapping[str, bytes], *, boundary: str, action: str
) -> tuple[str, bytes]:
    """The Content-Type and the body of a message; plain SOAP when nothing is attached.

    `boundary` is drawn by the caller. Raises `ValueError` when it is not allowed or occurs in a
    part, or when a Content-ID cannot be written.
    """
    if not attachments:
        return f'{SOAP_TYPE}; charset=UTF-8; action="{action}"', root
    delimiter = b"--" + boundary.encode()
    if not _BOUNDARY.fullmatch(boundary) or any(
        delimiter in data for data in (root, *attachments.values())
    ):
        raise ValueError("the boundary is not allowed or occurs in a part")
    if not all(map(_CONTENT_ID.fullmatch, attachments)):
        raise ValueError("a Content-ID must be of printable ASCII without angle brackets")
    pieces = [_head(delimiter, f'{XOP_TYPE}; charset=UTF-8; type="{SOAP_TYPE}"', _ROOT_ID), root]
    for content_id, data in attachments.items():
        pieces += (b"\r\n", _head(delimiter, "application/octet-stream", content_id), data)
    pieces += (b"\r\n", delimiter, b"--\r\n")
    content_type = (
        f'{RELATED_TYPE}; type="{XOP_TYPE}"; boundary="{boundary}"; start="<{_ROOT_ID}>"; '
        f'start-info="{SOAP_TYPE}"; action="{action}"'
    )
    return content_type, b"".join(pieces)


def _head(delimiter: bytes, media_type: str, content_id: str) -> bytes:
    return delimiter + (
        f"\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: <{content_id}>\r\n\r\n"
    ).encode("ascii")


def xop_include(content_id: str) -> str:
    """The element that stands for the attachment `content_id` (XOP §2.1, RFC 2392)."""
    return f'<xop:Include xmlns:xop="{XOP}" href="cid:{quote(content_id, safe="@.-_~")}"/>'


def resolve(element: etree._Element, attachments: Mapping[str, bytes]) -> bytes:
    """The bytes of an element of type base64Binary: its attachment, or its own base64 text.

    Raises `SoapFault` (Sender) when the attachment is missing or the content is neither.
    """
    if len(element) == 0:
        return _from_base64((element.text or "").encode("ascii", "replace"))
    include = element[0]
    alone = len(element) == 1 and not f"{element.text or ''}{include.tail or ''}".strip()
    if include.tag != f"{{{XOP}}}Include" or not alone:
        raise SoapFault("Sender", "a document is neither base64 nor one xop:Include")
    scheme, _, reference = (include.get("href") or "").partition(":")
    content_id = unquote(reference)
    if scheme.lower() != "cid" or content_id not in attachments:
        raise SoapFault("Sender", "a document refers to a part that is not in the message")
    return attachments[content_id]
