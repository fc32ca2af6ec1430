"""Header text both ways (RFC 5322, RFC 2047, RFC 2231).

Our own, because the standard library loses spaces between encoded words when it folds and breaks
words that a sender has cut inside a character when it reads.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from email.utils import quote
from string import ascii_letters, digits
from typing import Final
from urllib.parse import quote as percent_encoded

from carnet.standards.mss.message.errors import MessageError

_LINE: Final = 76
_UNENCODED: Final = re.compile(r"[!-~]+( [!-~]+)*")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
#: A run of encoded words with nothing but white space between them (RFC 2047 §6.2).
_RUN: Final = re.compile(
    r"=\?[^?\s]{1,40}\?[bBqQ]\?[^?\r\n]*\?=(\s*=\?[^?\s]{1,40}\?[bBqQ]\?[^?\r\n]*\?=)*"
)
_EACH: Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?\r\n]*)\?=")
#: What RFC 2231 leaves as it is, or part of it.
_ATTRIBUTE: Final = frozenset(ascii_letters + digits + "-._~")
_PHRASE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def line(name: str, value: str) -> bytes:
    """One header, encoded when it must be and folded, with CRLF.

    Raises `MessageError` when `value` holds a line break or another control character: nobody
    adds a header by a title.
    """
    return _folded(name, _words(_checked(value)))


def address_line(name: str, parties: list[tuple[str, str]]) -> bytes:
    """A header of addresses, each (label, address); labels are quoted or encoded."""
    words: list[str] = []
    for place, (label, address) in enumerate(parties):
        comma = "," if place < len(parties) - 1 else ""
        words += [*_label(_checked(label)), f"<{_checked(address)}>{comma}"]
    return _folded(name, words)


def ids_line(name: str, ids: Sequence[str]) -> bytes:
    """A header of message ids, which are never encoded."""
    return _folded(name, list(ids))


def parameter_line(header: str, value: str, /, **parameters: str) -> bytes:
    """A header of MIME with its parameters. Raises `MessageError` as `line` does."""
    words = [
        _checked(value),
        *(word for key in parameters for word in _parameter(key, parameters[key])),
    ]
    return _folded(header, [f"{word};" for word in words[:-1]] + words[-1:])


def decoded(raw: str) -> str:
    """The text of a header as the standard library gives it raw (8-bit bytes as surrogates)."""
    unfolded = re.sub(r"\r?\n(?=[ \t])|[\r\n]", "", raw)
    text = _RUN.sub(lambda match: _joined(match.group()), eight_bit(unfolded))
    return _CONTROL.sub(" ", text).strip()


def decoded_parameter(value: str | tuple[str | None, str | None, str]) -> str:
    """A MIME parameter in any of its forms: plain, RFC 2231, or RFC 2047 though it is forbidden."""
    if isinstance(value, tuple):
        charset, _, text = value
        # The library gives the percent-decoded bytes of the value as Latin-1 characters.
        return _CONTROL.sub("", text_of(text.encode("latin-1", "replace"), charset or "utf-8"))
    return decoded(value)


def text_of(data: bytes, charset: str) -> str:
    """Bytes in the charset that is said; when it is wrong or unknown, UTF-8, else Windows-1252."""
    for name in (charset, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return data.decode("cp1252", "replace")


def _checked(value: str) -> str:
    if _CONTROL.search(value):
        raise MessageError(554, "5.6.0", "Caractere interdit dans un en-tete")
    return value


def _words(value: str) -> list[str]:
    """What may be parted by folding: words, or encoded words when the text is not plain ASCII."""
    plain = _UNENCODED.fullmatch(value) is not None and "=?" not in value
    if plain and max(map(len, value.split())) < _LINE - 30:
        return value.split(" ")
    return list(_encoded(value)) if value else []


def _encoded(value: str) -> Iterator[str]:
    """Encoded words of 45 bytes at most, never cut inside a character."""
    chunk = b""
    for character in value:
        data = character.encode()
        if len(chunk) + len(data) > 39:
            yield f"=?utf-8?b?{b64encode(chunk).decode()}?="
            chunk = b""
        chunk += data
    yield f"=?utf-8?b?{b64encode(chunk).decode()}?="


def _label(label: str) -> list[str]:
    if not label:
        return []
    if _PHRASE.fullmatch(label) and "=?" not in label and _UNENCODED.fullmatch(label):
        return label.split(" ")
    if label.isascii() and "=?" not in label and len(label) < _LINE:
        return [f'"{quote(label)}"']
    return list(_encoded(label))


def _parameter(name: str, value: str) -> list[str]:
    """A parameter, or its pieces when it is long or not plain ASCII (RFC 2231)."""
    plain = f'{name}="{quote(_checked(value))}"'
    if value.isascii() and len(plain) < _LINE:
        return [plain]
    pieces = ["utf-8''"]
    for character in value:
        encoded = character if character in _ATTRIBUTE else percent_encoded(character, safe="")
        if len(pieces[-1]) + len(encoded) > _LINE - 20:
            pieces.append("")
        pieces[-1] += encoded
    if len(pieces) == 1:
        return [f"{name}*={pieces[0]}"]
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces)]


def _folded(name: str, words: list[str]) -> bytes:
    lines, current = [], f"{name}:"
    for word in words:
        if len(current) + 1 + len(word) > _LINE and current != f"{name}:":
            lines.append(current)
            current = ""
        current += f" {word}"
    return "\r\n".join([*lines, current]).encode("ascii") + b"\r\n"


def eight_bit(text: str) -> str:
    """Bytes that came unencoded: UTF-8 (RFC 6532), else Windows-1252."""
    if text.isascii():
        return text
    return text_of(text.encode("utf-8", "surrogateescape"), "utf-8")


def _joined(run: str) -> str:
    """A run of encoded words; neighbours of one charset are joined before they are decoded.

    Some senders cut a word inside a multi-byte character (design, mail traps).
    """
    pieces: list[tuple[str, bytes]] = []
    for charset, encoding, text in _EACH.findall(run):
        name = charset.split("*")[0].lower()  # RFC 2231 §5 lets a language follow
        data = _bytes_of(encoding, text)
        if pieces and pieces[-1][0] == name:
            pieces[-1] = (name, pieces[-1][1] + data)
        else:
            pieces.append((name, data))
    return "".join(text_of(data, name) for name, data in pieces)


def _bytes_of(encoding: str, text: str) -> bytes:
    data = text.encode("ascii", "ignore")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    try:
        return b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return data
