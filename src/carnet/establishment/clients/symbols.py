"""The barcodes of a picture or of a PDF, read in a process apart.

What is given at a desk may be hostile: the child bounds its own memory and processor time, writes
no file, and a fault in a library ends it and nothing else. Run as a module, it is that child.
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import warnings
from typing import Final

#: Bytes of a file at most, and seconds to read it.
LIMIT: Final = 10 * 1024 * 1024
SECONDS: Final = 15.0
#: Bytes of address space of the child, pixels of a picture, pages of a PDF, symbols told, at most.
MEMORY: Final = 1536 * 1024**2
PIXELS: Final = 40_000_000
PAGES: Final = 5
SYMBOLS: Final = 10
#: Pixels of a page along its longer side, at which a label of 12 mm is read.
LONG_SIDE: Final = 2800
_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")


class Unreadable(ValueError):  # noqa: N818 - the name is the fact
    """The file is too large, too long to read, or neither a picture nor a PDF."""


def read_symbols(data: bytes) -> list[bytes]:
    """What each DataMatrix symbol of `data` says, control characters kept. Raises `Unreadable`."""
    if len(data) > LIMIT:
        raise Unreadable("too large")
    try:
        child = subprocess.run(
            [sys.executable, "-m", __name__],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
    except subprocess.TimeoutExpired:
        raise Unreadable("too long to read") from None
    if child.returncode != 0:
        raise Unreadable("neither a picture nor a PDF that can be read")
    return [bytes.fromhex(text) for text in json.loads(child.stdout)]


def _main() -> int:
    """Read standard input, write the symbols on standard output; 1 for what is unreadable."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS), int(SECONDS)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("error")
    data = sys.stdin.buffer.read(LIMIT + 1)
    try:
        found = _of_pdf(data) if data.startswith(b"%PDF-") else _of_picture(data)
    except (OSError, ValueError, RuntimeError, MemoryError, Warning):
        return 1
    sys.stdout.write(json.dumps([symbol.hex() for symbol in found[:SYMBOLS]]))
    sys.stdout.flush()
    return 0


def _of_picture(data: bytes) -> list[bytes]:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP", "GIF", "BMP")) as picture:
        return _symbols(picture.convert("L"))


def _of_pdf(data: bytes) -> list[bytes]:
    import pypdfium2

    found: list[bytes] = []
    document = pypdfium2.PdfDocument(data)
    for number in range(min(len(document), PAGES)):
        page = document[number]
        scale = LONG_SIDE / max(*page.get_size(), 1)
        found += _symbols(page.render(scale=min(scale, 8), grayscale=True).to_pil().convert("L"))
    return found


def _symbols(picture: object) -> list[bytes]:
    import zxingcpp

    wanted = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix])
    read = zxingcpp.read_barcodes(picture, formats=wanted)
    return [symbol.bytes for symbol in read]


if __name__ == "__main__":
    sys.exit(_main())
