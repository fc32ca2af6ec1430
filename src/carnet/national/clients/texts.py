"""Text taken out of documents in a process apart: a hostile file kills that process, and no other.

`Reader` starts `python -m carnet.national.clients.texts` and hands it one document after another,
each within a time. The child bounds its own memory and processor time, and writes no file.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import select
import shutil
import struct
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from carnet.standards.cda.document import CdaError
from carnet.standards.cda.reading import embedded_document
from carnet.standards.texts import Limits, Part, TextError, extract

#: Seconds for one document; each page to be recognised may take as much again.
SECONDS: Final = 20.0
#: Bytes of address space of the child.
MEMORY: Final = 2 * 1024**3
#: Documents after which the child is replaced, whatever it may have leaked.
LIFETIME: Final = 500
_LENGTHS: Final = struct.Struct(">II")
_LENGTH: Final = struct.Struct(">I")
_MOST_ANSWER: Final = 16 * 1024 * 1024


class ReaderDied(Exception):  # noqa: N818 - says what happened
    """The child was killed by this document: too long, too large, or a fault in a library."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """What a document says. `state`: "whole", "partial" or the code of a `TextError`."""

    parts: tuple[Part, ...]
    state: str
    carried_sha256: str  #: of the file inside the document, or of the document


class Reader:
    """Reads documents, one at a time: not for several threads.

    `recogniser` is the command of tesseract, or empty; `languages` as its option `-l`.
    """

    def __init__(
        self, *, recogniser: str = "", languages: str = "fra", seconds: float = SECONDS
    ) -> None:
        self._command = [sys.executable, "-m", __name__, recogniser, languages]
        self._recogniser = recogniser
        self._seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._done = 0

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, media_type: str, data: bytes) -> ReadText:
        """The text of a document. Raises `ReaderDied`; the next document has a new child."""
        child = self._alive()
        pages = Limits().recognised_pages if self._recogniser else 0
        deadline = time.monotonic() + self._seconds * (1 + pages)
        kind = media_type.encode()
        try:
            _send(child, _LENGTHS.pack(len(kind), len(data)) + kind + data, deadline)
            (length,) = _LENGTH.unpack(_receive(child, _LENGTH.size, deadline))
            if length > _MOST_ANSWER:
                raise ReaderDied("the answer is too long")
            answer = json.loads(_receive(child, length, deadline))
        except (OSError, ReaderDied) as error:
            self.close()
            raise ReaderDied(str(error)) from None
        self._done += 1
        if self._done >= LIFETIME:
            self.close()
        return ReadText(
            tuple(Part(*part) for part in answer["parts"]), answer["state"], answer["carried"]
        )

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child, self._done = self._child, None, 0
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
        return self._child


#: What the child keeps of our environment: no key, no address of a database.
_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX", "PYTHONPATH")


def _send(child: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    pipe = child.stdin
    if pipe is None:
        raise ReaderDied("no pipe")
    view = memoryview(data)
    while view:
        if not select.select([], [pipe], [], max(0, deadline - time.monotonic()))[1]:
            raise ReaderDied("out of time")
        with suppress(BlockingIOError):
            view = view[os.write(pipe.fileno(), view[:65536]) :]


def _receive(child: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    pipe = child.stdout
    if pipe is None:
        raise ReaderDied("no pipe")
    pieces = bytearray()
    while len(pieces) < count:
        if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
            raise ReaderDied("out of time")
        piece = os.read(pipe.fileno(), min(count - len(pieces), 1 << 20))
        if not piece:
            raise ReaderDied("the child ended")
        pieces += piece
    return bytes(pieces)


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
    carried = data
    with suppress(CdaError):
        if media_type in ("text/xml", "application/xslt+xml"):
            carried = (embedded_document(data) or ("", data))[1]
    try:
        found = extract(media_type, data, recognise=recognise)
        state = "whole" if found.complete else "partial"
        parts = [(part.text, part.heading, part.page) for part in found.parts]
    except TextError as error:
        state, parts = error.code, []
    return {"parts": parts, "state": state, "carried": hashlib.sha256(carried).hexdigest()}


def _bound() -> None:
    """Bound this process for good."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    os.nice(10)


def _more_time() -> None:
    """A child whose parent died does not spin for ever on a document."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + 2 * SECONDS) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _serve(source: BinaryIO, answers: BinaryIO, recognise: _Tesseract | None) -> None:
    while head := source.read(_LENGTHS.size):
        kind_length, length = _LENGTHS.unpack(head)
        media_type = source.read(kind_length).decode()
        data = source.read(length)
        _more_time()
        answer = json.dumps(_read(media_type, data, recognise)).encode()
        answers.write(_LENGTH.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    _bound()
    _serve(
        sys.stdin.buffer,
        sys.stdout.buffer,
        _Tesseract(sys.argv[1], sys.argv[2]) if sys.argv[1] else None,
    )
