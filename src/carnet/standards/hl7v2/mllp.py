"""MLLP framing: `0x0B` message `0x1C 0x0D` (IHE ITI TF-2 C.2.1; spec identity §5.1).

No allowed character set has these bytes inside a text, so a start byte always starts a frame and an
end byte always ends one: whatever a peer sends, the next well-formed frame is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c"
#: Bytes that senders put between frames and that mean nothing (the `0x0D` after `0x1C` first).
_PADDING: Final = b"\r\n"

#: A 20 MB document is 27 MB in base64.
DEFAULT_LIMIT: Final = 32 * 1024 * 1024
#: How much of a refused frame is kept, so that its MSH can be read and answered.
HEAD: Final = 1024


class FramingFault(StrEnum):
    """What can be wrong with a frame."""

    NO_START = "no_start"  #: bytes outside any frame
    TRUNCATED = "truncated"  #: a new frame, or the end of the stream, before the end byte
    TOO_LARGE = "too_large"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, without its framing bytes."""

    data: bytes


@dataclass(frozen=True, slots=True)
class FramingError:
    """Bytes that are no message: `size` of them were dropped, `head` begins them (1 kB at most)."""

    fault: FramingFault
    size: int
    head: bytes


class Framer:
    """Cuts a stream of bytes into messages. Holds `limit` bytes at most, never raises.

    Tolerated: a lone `0x1C` as end, line ends between frames. A frame that is too large is dropped
    up to its end. Bytes outside a frame are reported when a frame starts, when `0x1C` ends them,
    and every `limit` bytes.
    """

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._inside = False
        self._kept = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> list[Frame | FramingError]:
        """The frames, and the faults, that `data` completes, in their order."""
        found: list[Frame | FramingError] = []
        for rank, begun in enumerate(data.split(START)):
            if rank:
                self._drop(FramingFault.TRUNCATED, found)
                self._inside = True
            *ended, rest = begun.split(END)
            for part in ended:
                self._take(part, found)
                self._end(found)
            self._take(rest, found)
        return found

    def finish(self) -> list[Frame | FramingError]:
        """What the end of the stream leaves: nothing, or the fault of an unfinished frame."""
        found: list[Frame | FramingError] = []
        self._drop(FramingFault.TRUNCATED, found)
        return found

    def _take(self, data: bytes, found: list[Frame | FramingError]) -> None:
        if not self._inside and not self._size:
            data = data.lstrip(_PADDING)
        self._size += len(data)
        room = self._limit if self._inside and self._size <= self._limit else HEAD
        self._kept += data[: max(room - len(self._kept), 0)]
        del self._kept[room:]
        if not self._inside and self._size >= self._limit:
            self._drop(FramingFault.NO_START, found)

    def _end(self, found: list[Frame | FramingError]) -> None:
        if not self._inside:
            self._drop(FramingFault.NO_START, found)
        elif self._size > self._limit:
            self._drop(FramingFault.TOO_LARGE, found)
        elif not self._size:
            found.append(FramingError(FramingFault.EMPTY, 0, b""))
        else:
            found.append(Frame(bytes(self._kept)))
        self._reset()

    def _drop(self, fault: FramingFault, found: list[Frame | FramingError]) -> None:
        """Report what is held as a fault; outside a frame it always lacked its start."""
        if not self._inside:
            fault = FramingFault.NO_START
        if self._inside or self._size:
            found.append(FramingError(fault, self._size, bytes(self._kept[:HEAD])))
        self._reset()

    def _reset(self) -> None:
        self._inside = False
        self._kept = bytearray()
        self._size = 0


def frame(message: bytes) -> bytes:
    """`message` between its framing bytes. Raises `ValueError` when it holds one of them."""
    if START in message or END in message:
        raise ValueError("a message cannot hold the bytes 0x0B and 0x1C")
    return START + message + END + b"\r"
