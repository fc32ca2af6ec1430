"""A PDF as pictures and words, page by page, drawn in a process apart (`drawing`)."""

from __future__ import annotations

import atexit
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from carnet.national.clients.child import Child, ChildDied
from carnet.national.doors.space import drawing

_drawer: Final = Child(drawing.__name__)
_ONE_AT_A_TIME: Final = threading.Lock()
atexit.register(_drawer.close)


class UnreadablePdf(ValueError):  # noqa: N818 - says what happened
    """These bytes cannot be drawn: damaged, protected by a password, too long to draw, no PDF."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its picture (PNG) and the size of it in pixels, the words on it."""

    picture: bytes
    width: int
    height: int
    text: str


def page_count(pdf: bytes) -> int:
    """How many pages. Raises `UnreadablePdf`."""
    said, _pictures = _ask(pdf, 1, 0)
    return int(said["count"])


def pages(pdf: bytes, first: int, count: int) -> tuple[Page, ...]:
    """`count` pages from page `first` (from 1), fewer at the end. Raises `UnreadablePdf`."""
    said, pictures = _ask(pdf, first, count)
    return tuple(_cut(said["pages"], pictures))


def _cut(said: list[Any], pictures: bytes) -> Iterator[Page]:
    at = 0
    for width, height, length, words in said:
        yield Page(pictures[at : at + length], width, height, words)
        at += length


def _ask(pdf: bytes, first: int, count: int) -> tuple[dict[str, Any], bytes]:
    """What is said of the pages, and their pictures end to end."""
    question = drawing.ASKED.pack(first, count) + pdf
    try:
        with _ONE_AT_A_TIME:
            answer = _drawer.ask(question, seconds=drawing.SECONDS)
    except ChildDied as death:
        raise UnreadablePdf(f"it cannot be drawn: {death}") from None
    (length,) = drawing.SAID.unpack_from(answer)
    end = drawing.SAID.size + length
    said = json.loads(answer[drawing.SAID.size : end])
    if "unreadable" in said:
        raise UnreadablePdf(said["unreadable"])
    return said, answer[end:]
