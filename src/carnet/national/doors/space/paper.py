"""A PDF as pictures and words, page by page, with pdfium.

pdfium is not made for several threads: one page at a time is drawn in a process.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pypdfium2
from PIL.Image import Dither, Image, Quantize, Resampling

#: Width of a picture, in pixels: sharp on a phone of 400 points, readable on a wide screen.
WIDTH = 1100
#: A page taller than this many times its width is drawn smaller, so that none fills the memory.
TALLEST = 6
#: A page of text is long at some thousand characters; more than this is not shown as text.
MOST_TEXT = 50_000
COLOURS = 128
#: One pixel in so many, in each direction, tells the colours of a page.
SAMPLED = 3

_ONE_AT_A_TIME = threading.Lock()


class UnreadablePdf(ValueError):  # noqa: N818 - says what happened
    """These bytes cannot be drawn: damaged, protected by a password, or not a PDF."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its picture (PNG) and the size of it in pixels, the words on it."""

    picture: bytes
    width: int
    height: int
    text: str


@contextmanager
def _opened(pdf: bytes) -> Iterator[pypdfium2.PdfDocument]:
    with _ONE_AT_A_TIME:
        try:
            with closing(pypdfium2.PdfDocument(pdf)) as document:
                yield document
        except pypdfium2.PdfiumError as error:
            raise UnreadablePdf(str(error)) from error


def page_count(pdf: bytes) -> int:
    """How many pages. Raises `UnreadablePdf`."""
    with _opened(pdf) as document:
        return len(document)


def pages(pdf: bytes, first: int, count: int) -> tuple[Page, ...]:
    """`count` pages from page `first` (from 1), fewer at the end. Raises `UnreadablePdf`."""
    with _opened(pdf) as document:
        last = min(len(document), first - 1 + count)
        drawn = [
            (_draw(document[index]), _words(document[index])) for index in range(first - 1, last)
        ]
    return tuple(Page(_png(image), image.width, image.height, words) for image, words in drawn)


def _draw(page: pypdfium2.PdfPage) -> Image:
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        raise UnreadablePdf("a page has no size")
    scale = min(WIDTH / width, WIDTH * TALLEST / height)
    image: Image = page.render(scale=scale, may_draw_forms=False).to_pil()
    return image


def _words(page: pypdfium2.PdfPage) -> str:
    words: str = page.get_textpage().get_text_range()
    return words[:MOST_TEXT].replace("\r\n", "\n").strip()


def _png(image: Image) -> bytes:
    # a palette is enough for letters and curves: a third of the weight, in a third of the time
    size = (max(1, image.width // SAMPLED), max(1, image.height // SAMPLED))
    sample = image.resize(size, Resampling.NEAREST)
    palette = sample.quantize(COLOURS, method=Quantize.FASTOCTREE)
    out = io.BytesIO()
    image.quantize(palette=palette, dither=Dither.NONE).save(out, "PNG", compress_level=3)
    return out.getvalue()
