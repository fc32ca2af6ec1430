"""Work that a hostile file may kill, in a process apart: it dies, and nothing else.

`Child` starts `python -m MODULE`, asks it one thing after another, each within a time, and starts
it again when it died. The module calls `serve`, which bounds its own memory and processor time;
it writes no file and knows none of our secrets.
"""

from __future__ import annotations

import os
import resource
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

#: Bytes of address space of a child.
MEMORY: Final = 2 * 1024**3
#: Questions after which a child is replaced, whatever it may have leaked.
LIFETIME: Final = 500
#: What a child keeps of our environment: no key, no address of a database.
ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX", "PYTHONPATH")
_LENGTH: Final = struct.Struct(">I")
_MOST_ANSWER: Final = 64 * 1024 * 1024


class ChildDied(Exception):  # noqa: N818 - says what happened
    """It was killed by what it was asked: too long, too large, or a fault in a library."""


class Child:
    """A process that answers one question at a time: not for several threads."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self.process: subprocess.Popen[bytes] | None = None
        self._done = 0

    def ask(self, question: bytes, *, seconds: float) -> bytes:
        """The answer. Raises `ChildDied`; the next question has a new child."""
        process = self._alive()
        deadline = time.monotonic() + seconds
        try:
            _send(process, _LENGTH.pack(len(question)) + question, deadline)
            (length,) = _LENGTH.unpack(_receive(process, _LENGTH.size, deadline))
            if length > _MOST_ANSWER:
                raise ChildDied("the answer is too long")
            answer = _receive(process, length, deadline)
        except (OSError, ChildDied) as error:
            self.close()
            raise ChildDied(str(error)) from None
        self._done += 1
        if self._done >= LIFETIME:
            self.close()
        return answer

    def close(self) -> None:
        """End the process, if there is one."""
        process, self.process, self._done = self.process, None, 0
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _alive(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            )
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
        return self.process


def _send(process: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
    pipe = process.stdin
    if pipe is None:
        raise ChildDied("no pipe")
    view = memoryview(data)
    while view:
        if not select.select([], [pipe], [], max(0, deadline - time.monotonic()))[1]:
            raise ChildDied("out of time")
        with suppress(BlockingIOError):
            view = view[os.write(pipe.fileno(), view[:65536]) :]


def _receive(process: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    pipe = process.stdout
    if pipe is None:
        raise ChildDied("no pipe")
    pieces = bytearray()
    while len(pieces) < count:
        if not select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0]:
            raise ChildDied("out of time")
        piece = os.read(pipe.fileno(), min(count - len(pieces), 1 << 20))
        if not piece:
            raise ChildDied("the child ended")
        pieces += piece
    return bytes(pieces)


def serve(answer: Callable[[bytes], bytes], *, seconds: float) -> None:
    """In the child: answer what comes, each in about so much processor time."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    while head := questions.read(_LENGTH.size):
        question = questions.read(*_LENGTH.unpack(head))
        _more_time(seconds)
        given = answer(question)
        answers.write(_LENGTH.pack(len(given)) + given)
        answers.flush()


def _more_time(seconds: float) -> None:
    """A child whose parent died does not spin for ever on a document."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + 2 * seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
