"""The store of documents: content-addressed for each patient, encrypted, durable (DESIGN §3).

A file is `root/<2 characters>/<patient>/<sha256 of the content>` and holds::

    b"CARNET1\\n" | nonce (12) | document key, wrapped (48) | nonce (12) | content, encrypted (+16)

Each document has its own AES-256 key, wrapped by the master key; both layers are AES-GCM bound
to the patient and to the content's digest, so that no file can stand for another.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MAGIC: Final = b"CARNET1\n"
_NONCE: Final = 12
_WRAPPED: Final = 32 + 16


class DocumentStoreError(Exception):
    """A stored document cannot be given back: absent, damaged, or sealed by another key."""


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
    """Documents under `root`; `key` is the master key, 32 bytes."""

    def __init__(self, root: Path, key: bytes) -> None:
        self._root = root
        self._master = AESGCM(key)

    def put(self, patient_id: UUID, data: bytes, stored: Stored | None = None) -> Stored:
        """Keep `data`: when this returns it survives a power cut. The same content is kept once.

        `stored` spares the hashing when the caller has done it. Raises `OSError`.
        """
        stored = stored or Stored.of(data)
        path = self._path(patient_id, stored.sha256)
        self._make_folder(path.parent)
        if not path.exists():
            partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            try:
                _write(partial, self._seal(patient_id, stored.sha256, data))
                partial.rename(path)
            except OSError:
                with suppress(FileNotFoundError):
                    partial.unlink()
                raise
        # Also when the file was there: who renamed it may not have flushed the folder yet.
        _flush_folder(path.parent)
        return stored

    def get(self, patient_id: UUID, sha256: str) -> bytes:
        """The content, verified. Raises `DocumentStoreError`."""
        try:
            sealed = self._path(patient_id, sha256).read_bytes()
        except FileNotFoundError:
            raise DocumentStoreError("the document is not in the store") from None
        if not sealed.startswith(_MAGIC):
            raise DocumentStoreError("the file is not one of this store")
        bound = _bound(patient_id, sha256)
        at = len(_MAGIC)
        try:
            key = self._master.decrypt(
                sealed[at : at + _NONCE],
                sealed[at + _NONCE : at + _NONCE + _WRAPPED],
                bound,
            )
            at += _NONCE + _WRAPPED
            return AESGCM(key).decrypt(sealed[at : at + _NONCE], sealed[at + _NONCE :], bound)
        except (InvalidTag, ValueError):
            raise DocumentStoreError("the file is damaged or was sealed by another key") from None

    def delete(self, patient_id: UUID, sha256: str) -> None:
        """Remove the content; nothing happens when it is not there."""
        path = self._path(patient_id, sha256)
        with suppress(FileNotFoundError):
            path.unlink()
            _flush_folder(path.parent)

    def _seal(self, patient_id: UUID, sha256: str, data: bytes) -> bytes:
        bound = _bound(patient_id, sha256)
        key = AESGCM.generate_key(256)
        first, second = secrets.token_bytes(_NONCE), secrets.token_bytes(_NONCE)
        return b"".join(
            (
                _MAGIC,
                first,
                self._master.encrypt(first, key, bound),
                second,
                AESGCM(key).encrypt(second, data, bound),
            )
        )

    def _path(self, patient_id: UUID, sha256: str) -> Path:
        # The last characters of a UUIDv7 are chance, the first are the time.
        return self._root / patient_id.hex[-2:] / str(patient_id) / sha256

    def _make_folder(self, folder: Path) -> None:
        """Make the patient's folder, flushing each parent so that the way to it is durable too."""
        if folder.is_dir():
            return
        for step in (folder.parent, folder):
            step.mkdir(mode=0o700, exist_ok=True)
            _flush_folder(step.parent)


def _bound(patient_id: UUID, sha256: str) -> bytes:
    return patient_id.bytes + bytes.fromhex(sha256)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@cache
def store(root: Path, key: bytes) -> DocumentStore:
    """The store at `root`, one object a process."""
    return DocumentStore(root, key)
