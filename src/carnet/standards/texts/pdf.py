"""The text of a PDF, page by page, with pdfium: its text layer, else what is recognised on it.

pdfium is not made for several threads, and a PDF comes from anywhere: run this in a process of
its own, bounded in time and memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

import pypdfium2

from carnet.standards.texts.parts import Extracted, Limits, Part, TextError, gather

#: Reads the words on the picture of a page (PNG); empty when it finds none.
Recogniser = Callable[[bytes], str]

#: Fewer letters than this on a page that shows a picture: the page is a scan.
_FEW: Final = 20
#: Dots an inch at which characters are recognised; a page larger than A3 is drawn smaller.
_DPI: Final = 200
_MOST_PIXELS: Final = 8_000_000
#: A space of colours by its profile, and a profile with the number of its components (ISO 32000-1,
#: 8.6.5.5).
_PROFILED: Final = re.compile(rb"\[\s*/ICCBased\s+(\d+)\s+0\s+R\s*\]")
_PROFILE: Final = re.compile(rb"\b(\d+)\s+0\s+obj\s*<<[^<>]*/N\s+([134])\b")
_OF_DEVICES: Final = {b"1": b"/DeviceGray", b"3": b"/DeviceRGB", b"4": b"/DeviceCMYK"}


def extract(data: bytes, limits: Limits, recognise: Recogniser | None) -> Extracted:
    """The parts, one a page. Raises `TextError` (unreadable, protected)."""
    try:
        document = pypdfium2.PdfDocument(_without_profiles(data))
    except pypdfium2.PdfiumError as error:
        code = "protected" if "password" in str(error).lower() else "unreadable"
        raise TextError(code, "the PDF cannot be opened") from None
    with closing(document):
        pages = _Pages(document, limits, recognise)
        parts = list(pages.parts())
        return gather(parts, limits, complete=pages.complete)


def _without_profiles(data: bytes) -> bytes:
    """The file with the colours of devices where they were by profile; nothing in it moves.

    pdfium makes a table of each profile that a page names, which takes longer than all its text.
    """
    if b"/ICCBased" not in data:
        return data
    components = dict(_PROFILE.findall(data))

    def plain(space: re.Match[bytes]) -> bytes:
        device = _OF_DEVICES.get(components.get(space[1], b""))
        return device.ljust(len(space[0])) if device else space[0]

    return _PROFILED.sub(plain, data)


class _Pages:
    """The pages of one document; `complete` once read says whether all was."""

    def __init__(
        self, document: pypdfium2.PdfDocument, limits: Limits, recognise: Recogniser | None
    ) -> None:
        self._document = document
        self._limits = limits
        self._recognise = recognise
        self._recognised = 0
        self.complete = len(document) <= limits.pages

    def parts(self) -> Iterator[Part]:
        room = self._limits.characters
        for index in range(min(len(self._document), self._limits.pages)):
            if room <= 0:
                self.complete = False
                return
            text = self._page(index, room)
            room -= len(text)
            yield Part(text, page=index + 1)

    def _page(self, index: int, room: int) -> str:
        try:
            with closing(self._document[index]) as page:
                with closing(page.get_textpage()) as layer:
                    count = layer.count_chars()
                    text: str = layer.get_text_range(0, min(count, room + 1)) if count else ""
                if len(text.strip()) >= _FEW or not _has_picture(page):
                    return text
                return self._on_picture(page) or text
        except pypdfium2.PdfiumError:
            self.complete = False  # this page is damaged: the others may be whole
            return ""

    def _on_picture(self, page: pypdfium2.PdfPage) -> str:
        if self._recognise is None or self._recognised >= self._limits.recognised_pages:
            self.complete = False
            return ""
        self._recognised += 1
        width, height = page.get_size()
        if width <= 0 or height <= 0:
            return ""
        scale = min(_DPI / 72, (_MOST_PIXELS / (width * height)) ** 0.5)
        out = io.BytesIO()
        page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().save(out, "PNG")
        return self._recognise(out.getvalue())


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    image = pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    return next(iter(page.get_objects(filter=[image], max_depth=3)), None) is not None
