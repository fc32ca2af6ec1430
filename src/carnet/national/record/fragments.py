"""The ebRIM of a document entry as it is stored: packed, with a dictionary of what all share.

One writer makes all fragments, so that 6 kB of them come down to some hundreds of bytes, which stay
in their line of the table and are unpacked in a microsecond. Each is a frame of zstandard (RFC
8878), which names its dictionary: what has been stored needs the one it was packed with for ever.
`python -m carnet.ops.dictionary` made that of today.

What is packed always says Approved: a status changes without its fragment, which is given the one
of the line when it is unpacked.
"""

from __future__ import annotations

import re
import threading
from importlib.resources import files
from typing import Final

import zstandard

from carnet.standards import xml
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.metadata import DocumentEntry, Status

#: More than any request may hold: a damaged frame cannot ask for more memory than that.
MOST_BYTES: Final = 64 * 1024 * 1024
LEVEL: Final = 3
_DICTIONARY: Final = zstandard.ZstdCompressionDict(
    files(__package__).joinpath("fragments.zdict").read_bytes()
)
_DICTIONARY.precompute_compress(level=LEVEL)

#: The head of a fragment has its only status.
_STATUS: Final = re.compile(r' status="[^"]*"')
_APPROVED: Final = f' status="{Status.APPROVED}"'
#: What is packed says `_APPROVED`: for each status by name, what says that one.
_SAID: Final = {each.name: f' status="{each}"'.encode() for each in Status}
_AS_PACKED: Final = Status.APPROVED.name


class _Codec(threading.local):
    """What packs and unpacks, which threads cannot share."""

    def __init__(self) -> None:
        self.pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=_DICTIONARY).compress
        self.unpack = zstandard.ZstdDecompressor(dict_data=_DICTIONARY).decompress


_codec: Final = _Codec()


def pack(fragment: str) -> bytes:
    """A fragment of `standards.xds.ebrim.entry_fragment`, packed for `record_document`.

    Raises `ValueError` past `MOST_BYTES`.
    """
    text = _STATUS.sub(_APPROVED, fragment, count=1).encode()
    if len(text) > MOST_BYTES:
        raise ValueError("the metadata of an entry are too long")
    return _codec.pack(text)


def in_json(packed: bytes) -> str:
    """What `pack` gave, as a line of JSON carries it to a column of bytes."""
    return f"\\x{packed.hex()}"


def unpack(packed: bytes | memoryview, status: str) -> bytes:
    """The fragment (UTF-8) with the status of its line, by name.

    Raises `zstandard.ZstdError` or `ValueError` when what is stored is damaged.
    """
    if zstandard.frame_content_size(packed) > MOST_BYTES:
        raise ValueError("what is packed is not a fragment")
    text = _codec.unpack(packed)
    if status == _AS_PACKED:
        return text
    return text.replace(_SAID[_AS_PACKED], _SAID[status], 1)


def entry_of(packed: bytes | memoryview, status: str) -> DocumentEntry:
    """The metadata in a stored fragment, as `unpack`."""
    return read_entry(xml.parse(unpack(packed, status)))
