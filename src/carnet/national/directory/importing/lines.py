"""The lines of a file, as they come: plain or in the ZIP of the ANS, never all in memory."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from carnet.standards.directory.extracts import ExtractError, LineRefused

#: Longest line that is read: the longest real ones have a thousand bytes.
_LONGEST: Final = 64 * 1024
_PRINTED: Final = 64 * 1024


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of an extract. Raises `ExtractError`, `OSError`."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise ExtractError(f"the archive holds {len(names)} files: extract them first")
        with archive.open(names[0]) as member:
            yield member


def fingerprint(path: Path) -> str:
    """What tells that a file is the one that was begun: its size, its beginning and its end."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(_PRINTED))
        file.seek(max(0, size - _PRINTED))
        digest.update(file.read())
    return digest.hexdigest()


def lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, with no more of an endless one than can be refused."""
    while line := file.readline(_LONGEST):
        if not line.endswith(b"\n") and len(line) == _LONGEST:
            while (rest := file.readline(_LONGEST)) and not rest.endswith(b"\n"):
                pass
        yield line


def text_of(line: bytes) -> str:
    """The text of a line: UTF-8, else Windows-1252 as older extracts. Raises `LineRefused`."""
    if len(line) >= _LONGEST:
        raise LineRefused(f"longer than {_LONGEST} bytes")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        try:
            text = line.decode("cp1252")
        except UnicodeDecodeError:
            raise LineRefused("neither UTF-8 nor Windows-1252") from None
    if "\x00" in text:
        raise LineRefused("it holds a null character")
    return text.rstrip("\r\n").removeprefix("\ufeff")
