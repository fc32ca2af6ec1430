"""The pages of a PDF drawn with pdfium, in the process apart that `paper` asks.

A few bytes of PDF may take days to draw: this process has its time and its memory, and no secret.
"""

from __future__ import annotations

import io
import json
import struct
from contextlib import closing
from typing import Any, Final

import pypdfium2
from PIL.Image import Dither, Image, Quantize, Resampling

from carnet.national.clients.child import serve

#: First page asked (from 1), and how many.
ASKED: Final = struct.Struct(">II")
#: Length of what is said of the pages, as JSON, which comes before their pictures.
SAID: Final = struct.Struct(">I")
#: Seconds for the pages of one question: a dozen milliseconds each is usual.
SECONDS: Final = 8.0

#: Width of a picture, in pixels: sharp on a phone of 400 points, readable on a wide screen.
WIDTH: Final = 1100
#: A page taller than this many times its width is drawn smaller, so that none fills the memory.
TALLEST: Final = 6
#: A page of text is long at some thousand characters; more than this is not shown as text.
MOST_TEXT: Final = 50_000
COLOURS: Final = 128
#: One pixel in so many, in each direction, tells the colours of a page.
SAMPLED: Final = 3


class NoSizeError(ValueError):
    """A page has no size."""


def answer(question: bytes) -> bytes:
    """How many pages there are, then those that are asked; or that they cannot be drawn."""
    first, count = ASKED.unpack_from(question)
    pictures: list[bytes] = []
    try:
        with closing(pypdfium2.PdfDocument(question[ASKED.size :])) as document:
            said: dict[str, Any] = {"count": len(document), "pages": []}
            for index in range(first - 1, min(len(document), first - 1 + count)):
                image = _draw(document[index])
                pictures.append(_png(image))
                told = [image.width, image.height, len(pictures[-1]), _words(document[index])]
                said["pages"].append(told)
    except (pypdfium2.PdfiumError, NoSizeError) as error:
        said, pictures = {"unreadable": str(error)}, []
    head = json.dumps(said).encode()
    return b"".join((SAID.pack(len(head)), head, *pictures))


def _draw(page: pypdfium2.PdfPage) -> Image:
    width, height = page.get_size()
    if width <= 0 or height <= 0:
        raise NoSizeError("a page has no size")
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


if __name__ == "__main__":
    serve(answer, seconds=SECONDS)
