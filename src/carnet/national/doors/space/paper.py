"""A PDF as pictures and words, page by page, with pdfium.

pdfium is not made for several threads: one page at a time is drawn in a process.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil

import pypdfium2

#: Width of a picture, in pixels: sharp on a phone of 400 points, readable on a wide screen.
WIDTH = 1200
#: A page taller than this many times its width is drawn smaller: a crafted page must not fill memory.
TALLEST = 6
#: A page of text is long at some thousand characters; more than this is not shown as text.
MOST_TEXT = 50_000

_ONE_AT_A_TIME = threading.Lock()


class UnreadablePdf(ValueError):
    """These bytes are not a PDF that can be drawn: damaged, protected by a password, or not a PDF."""


class NoSuchPage(LookupError):
    """The document has no page of this number."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the size of its picture in pixels, the words on it."""

    width: int
    height: int
    text: str


@contextmanager
def _opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(str(error)) from error
        try:
            yield document
        finally:
            document.close()


def page_count(pdf: bytes) -> int:
    """How many pages. Raises `UnreadablePdf`."""
    with _opened(pdf) as document:
        return len(document)


def pages(pdf: bytes, first: int, count: int) -> tuple[Page, ...]:
    """`count` pages from page `first` (1 is the first), fewer at the end. Raises `UnreadablePdf`."""
    with _opened(pdf) as document:
        last = min(len(document), first - 1 + count)
        return tuple(_page(document[index]) for index in range(first - 1, last))


def picture(pdf: bytes, number: int) -> bytes:
    """Page `number` (1 is the first) as a PNG. Raises `UnreadablePdf`, `NoSuchPage`."""
    with _opened(pdf) as document:
        if not 1 <= number <= len(document):
            raise NoSuchPage
        page = document[number - 1]
        image = page.render(scale=_scale(page), may_draw_forms=False).to_pil()
    out = io.BytesIO()
    # 64 colours are enough for letters and curves, and a page weighs a third
    image.quantize(64).save(out, "PNG")
    return out.getvalue()


def _page(page: pypdfium2.PdfPage) -> Page:
    scale = _scale(page)
    width, height = (ceil(side * scale) for side in page.get_size())
    words = page.get_textpage().get_text_range(count=-1)[:MOST_TEXT]
    return Page(width, height, words.replace("\r\n", "\n").strip())


def _scale(page: pypdfium2.PdfPage) -> float:
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        raise UnreadablePdf("a page has no size")
    return float(min(WIDTH / width, WIDTH * TALLEST / height))
