"""Text taken out of documents in a process apart: a hostile file kills that process, and no other.

`Reader` hands one document after another to a `child`, which is this module.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from carnet.national.clients.child import Child, ChildDied, serve
from carnet.standards.cda.document import CdaError
from carnet.standards.cda.reading import embedded_document
from carnet.standards.texts import Limits, Part, TextError, extract
from carnet.standards.texts.words import words

#: Seconds for one document; each page to be recognised may take as much again.
SECONDS: Final = 20.0
_LENGTH: Final = struct.Struct(">I")


class ReaderDied(Exception):  # noqa: N818 - says what happened
    """The child was killed by this document: too long, too large, or a fault in a library."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """What a document says. `state`: "whole", "partial" or the code of a `TextError`."""

    parts: tuple[Part, ...]
    state: str
    #: Of a text without a word: the digest of the file inside the document, or of the document.
    carried_sha256: str


class Reader:
    """Reads documents, one at a time: not for several threads.

    `recogniser` is the command of tesseract, or empty; `languages` as its option `-l`.
    """

    def __init__(
        self, *, recogniser: str = "", languages: str = "fra", seconds: float = SECONDS
    ) -> None:
        self.child = Child(__name__, recogniser, languages)
        pages = Limits().recognised_pages if recogniser else 0
        #: Most seconds that one document takes.
        self.longest = seconds * (1 + pages)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, media_type: str, data: bytes) -> ReadText:
        """The text of a document. Raises `ReaderDied`; the next document has a new child."""
        kind = media_type.encode()
        try:
            answer = json.loads(
                self.child.ask(_LENGTH.pack(len(kind)) + kind + data, seconds=self.longest)
            )
        except ChildDied as error:
            raise ReaderDied(str(error)) from None
        return ReadText(
            tuple(Part(*part) for part in answer["parts"]), answer["state"], answer["carried"]
        )

    def close(self) -> None:
        """End the child, if there is one."""
        self.child.close()


@dataclass(frozen=True, slots=True)
class _Tesseract:
    """Tesseract as a command: a picture on its input, words on its output."""

    command: str
    languages: str

    def __call__(self, picture: bytes) -> str:
        try:
            done = subprocess.run(
                [self.command, "stdin", "stdout", "-l", self.languages, "--psm", "3"],
                input=picture,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=True,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )
        except (OSError, subprocess.SubprocessError):
            return ""  # the page stays a picture: the text is told to be partial
        return done.stdout.decode("utf-8", errors="replace")


def recogniser() -> str:
    """The whole path of tesseract, or nothing when it is not installed."""
    return shutil.which("tesseract") or ""


def _read(media_type: str, data: bytes, recognise: _Tesseract | None) -> dict[str, object]:
    try:
        found = extract(media_type, data, recognise=recognise)
        state = "whole" if found.complete else "partial"
        parts = [(part.text, part.heading, part.page) for part in found.parts]
    except TextError as error:
        state, parts = error.code, []
    has_words = any(True for text, _heading, _page in parts for _word in words(text))
    return {
        "parts": parts,
        "state": state,
        "carried": "" if has_words else hashlib.sha256(_carried(media_type, data)).hexdigest(),
    }


def _carried(media_type: str, data: bytes) -> bytes:
    """The file inside the document, else the document."""
    with suppress(CdaError):
        if media_type in ("text/xml", "application/xslt+xml"):
            return (embedded_document(data) or ("", data))[1]
    return data


def _answering(recognise: _Tesseract | None) -> Callable[[bytes], bytes]:
    def answer(question: bytes) -> bytes:
        (length,) = _LENGTH.unpack_from(question)
        media_type = question[_LENGTH.size : _LENGTH.size + length].decode()
        data = question[_LENGTH.size + length :]
        return json.dumps(_read(media_type, data, recognise)).encode()

    return answer


if __name__ == "__main__":
    os.nice(10)
    serve(
        _answering(_Tesseract(sys.argv[1], sys.argv[2]) if sys.argv[1] else None), seconds=SECONDS
    )
