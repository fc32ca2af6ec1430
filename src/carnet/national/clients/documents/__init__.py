"""The store of documents: content-addressed for each patient, encrypted, durable (DESIGN §3).

A document lies under `<2 characters>/<patient>/<sha256 of the content>`, sealed as `sealed` says,
on one of the `shelves`. What nobody refers to any more waits under `trash/` before it is deleted
(`upkeep`), and is given back from there as from its own place. Requirements: R-021.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from carnet.national.clients.documents import sealed
from carnet.national.clients.documents.sealed import (
    DocumentStoreError,
    KeyRing,
    PiecesWriter,
    Reader,
)
from carnet.national.clients.documents.shelves import Bucket, Folder, Shelf

__all__ = ["Address", "DocumentStore", "DocumentStoreError", "Stored", "store"]

#: Above this many bytes a document is sealed in pieces.
LARGE: Final = 8 * 1024 * 1024
TRASH: Final = "trash/"


class Address(NamedTuple):
    """Where a document is: whose it is, and the SHA-256 of its content."""

    patient_id: UUID
    sha256: str

    @property
    def name(self) -> str:
        """Its name on a shelf."""
        # The last characters of a UUIDv7 are chance, the first are the time.
        return f"{self.patient_id.hex[-2:]}/{self.patient_id}/{self.sha256}"

    @classmethod
    def of(cls, name: str) -> Address:
        """From a name, in the trash or not. Raises `ValueError` for a name that is none."""
        _shard, patient, sha256 = name.removeprefix(TRASH).split("/")
        if len(bytes.fromhex(sha256)) != hashlib.sha256().digest_size:
            raise ValueError("not a SHA-256")
        return cls(UUID(patient), sha256)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a document is known by: SHA-256 (its address), SHA-1 in hex (XDS), size in bytes."""

    sha256: str
    sha1: str
    size: int

    @classmethod
    def of(cls, data: bytes) -> Stored:
        """What `data` would be known by; nothing is stored."""
        return cls(
            hashlib.sha256(data).hexdigest(),
            hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            len(data),
        )


class DocumentStore:
    """Documents in a folder or on another shelf; `key` is the master key, or the ring of them."""

    def __init__(self, shelf: Path | Shelf, key: bytes | Sequence[bytes]) -> None:
        """Of several keys the first seals and all open. Raises `ValueError` for a bad key."""
        self.shelf: Shelf = Folder(shelf) if isinstance(shelf, Path) else shelf
        self.ring = KeyRing([key] if isinstance(key, bytes) else key)

    def put(self, patient_id: UUID, data: bytes, stored: Stored | None = None) -> Stored:
        """Keep `data`: when this returns it survives a power cut. The same content is kept once.

        `stored` spares the hashing when the caller has done it. Raises `OSError`.
        """
        stored = stored or Stored.of(data)
        if len(data) > LARGE:
            return self.put_pieces(patient_id, (data,))
        address = Address(patient_id, stored.sha256)
        bound = sealed.bound(*address)
        self.shelf.keep(address.name, lambda: sealed.seal(self.ring, bound, data))
        return stored

    def put_pieces(self, patient_id: UUID, pieces: Iterable[bytes]) -> Stored:
        """Keep a document that comes in pieces and is never held whole. Raises `OSError`."""
        sha256, sha1, size = hashlib.sha256(), hashlib.sha1(usedforsecurity=False), 0
        scratch = self.shelf.scratch()
        try:
            with scratch.open("wb") as file:
                writer = PiecesWriter(file, patient_id)
                for piece in pieces:
                    sha256.update(piece)
                    sha1.update(piece)
                    size += len(piece)
                    writer.write(piece)
                stored = Stored(sha256.hexdigest(), sha1.hexdigest(), size)
                address = Address(patient_id, stored.sha256)
                writer.finish(self.ring, sealed.bound(*address))
            self.shelf.adopt(address.name, scratch)
        finally:
            scratch.unlink(missing_ok=True)
        return stored

    def get(self, patient_id: UUID, sha256: str) -> bytes:
        """The content, verified. Raises `DocumentStoreError`."""
        address = Address(patient_id, sha256)
        for name in _places(address):
            try:
                found = self.shelf.read(name)
            except FileNotFoundError:
                continue
            return sealed.unseal(self.ring, sealed.bound(*address), found)
        raise DocumentStoreError("the document is not in the store")

    def pieces(self, patient_id: UUID, sha256: str) -> Iterator[bytes]:
        """The content in pieces, each verified as it comes. Raises `DocumentStoreError`."""
        address = Address(patient_id, sha256)
        with self._opened(address) as file:
            yield from sealed.stream(self.ring, sealed.bound(*address), file)

    def delete(self, patient_id: UUID, sha256: str) -> None:
        """Remove the content; nothing happens when it is not there."""
        address = Address(patient_id, sha256)
        self.shelf.delete(address.name)
        self.shelf.delete(TRASH + address.name)

    @contextmanager
    def _opened(self, address: Address) -> Iterator[Reader]:
        for name in _places(address):
            with ExitStack() as stack:
                try:
                    file = stack.enter_context(self.shelf.opened(name))
                except FileNotFoundError:
                    continue
                yield file
                return
        raise DocumentStoreError("the document is not in the store")


def _places(address: Address) -> tuple[str, str, str]:
    """Where to look, in turn: its own place again last, should it come back from the trash."""
    return address.name, TRASH + address.name, address.name


@cache
def store(place: Path | str, key: bytes | tuple[bytes, ...]) -> DocumentStore:
    """The store at a folder or an `s3://` URL, one object a process."""
    return DocumentStore(place if isinstance(place, Path) else Bucket(place), key)
