"""What extraction gives: parts of text, each with the place where a reader finds it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

#: A word cut at the end of a line: pdfium says so with U+0002 or U+FFFE, a text with U+00AD.
_CUT: Final = re.compile(r"[\x02\ufffe][ \r]*\n?\s*|\u00ad(?:[ \r]*\n\s*)?")
#: What a database or a page cannot hold, or nobody sees.
_UNSEEN: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff\ud800-\udfff]"
)
_SPACES: Final = re.compile(r"[^\S\n]+")
_LINES: Final = re.compile(r" ?\n[ \n]*")


class TextError(ValueError):
    """No text can be had. `code`: `unreadable`, `protected` (by a password), `unknown` (kind)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a document is read: what lies beyond is not, and `Extracted.complete` says so."""

    characters: int = 300_000
    pages: int = 500
    recognised_pages: int = 20  #: scanned pages given to the recognition of characters


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text: its heading (a CDA section) or its page (from 1), else neither."""

    text: str
    heading: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """The parts in the order of reading. Not `complete`: cut, or some pages are pictures."""

    parts: tuple[Part, ...]
    complete: bool = True


def clean(text: str) -> str:
    """The text in NFC, one space between words, cut words joined, nothing that cannot be shown."""
    text = _UNSEEN.sub(" ", _CUT.sub("", unicodedata.normalize("NFC", text)))
    return _LINES.sub(
        "\n", _SPACES.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    ).strip()


def gather(parts: Iterable[Part], limits: Limits, *, complete: bool = True) -> Extracted:
    """Clean parts that hold something, within `limits.characters`."""
    kept: list[Part] = []
    room = limits.characters
    for part in parts:
        text = clean(part.text)
        if len(text) > room:
            complete = False
            text = text[:room]
        if text:
            kept.append(Part(text, clean(part.heading)[:200].replace("\n", " "), part.page))
            room -= len(text)
    return Extracted(tuple(kept), complete)


def split(part: Part, size: int) -> Iterator[Part]:
    """The part in pieces of about `size` characters, cut between lines, else between words."""
    rest = part.text
    while len(rest) > size:
        at = max(rest.rfind("\n", size // 2, size), 0) or max(rest.rfind(" ", size // 2, size), 0)
        at = at or size
        yield Part(rest[:at].strip(), part.heading, part.page)
        rest = rest[at:].strip()
    if rest:
        yield Part(rest, part.heading, part.page)
