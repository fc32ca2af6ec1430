"""How a document is sealed: a key of its own, wrapped by the master key (envelope encryption).

Two forms, which begin alike::

    b"CARNET1\\n" | nonce (12) | document key, wrapped (48) | nonce (12) | content, encrypted (+16)
    b"CARNET2\\n" | nonce (12) | document key, wrapped (48) | start (7) | pieces

The second is for what is too large to be held whole: pieces of 1 MiB (+16), each under the nonce
`start | number (4) | 1 if it is the last else 0`, so that none can be moved, left out or added
(STREAM, Hoang et al. 2015). Every layer is AES-256-GCM; the wrapping is bound to the patient and
to the content's digest, so that no file can stand for another.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

WHOLE: Final = b"CARNET1\n"
PIECES: Final = b"CARNET2\n"
PIECE: Final = 1024 * 1024
_NONCE: Final = 12
_TAG: Final = 16
_WRAPPED: Final = 32 + _TAG
#: Length of what a rotation of keys replaces: the mark and the wrapped key.
HEAD: Final = len(WHOLE) + _NONCE + _WRAPPED
_START: Final = 7


class DocumentStoreError(Exception):
    """A stored document cannot be given back: absent, damaged, or sealed by another key."""


class Reader(Protocol):
    """What is read from: a file, or an object of a bucket."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


class KeyRing:
    """The master keys, 32 bytes each: the first seals, all open."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Raises `ValueError` for a key of another length or no key at all."""
        if not keys:
            raise ValueError("there is no master key")
        self._keys = [AESGCM(key) for key in keys]

    def wrap(self, mark: bytes, key: bytes, bound: bytes) -> bytes:
        """The head of a file whose document key is `key`."""
        nonce = secrets.token_bytes(_NONCE)
        return mark + nonce + self._keys[0].encrypt(nonce, key, bound)

    def unwrap(self, head: bytes, bound: bytes) -> tuple[bytes, bool]:
        """The document key, and whether the present master key wraps it.

        Raises `DocumentStoreError`.
        """
        if len(head) != HEAD or not head.startswith((WHOLE, PIECES)):
            raise DocumentStoreError("the file is not one of this store")
        at = len(WHOLE)
        nonce, wrapped = head[at : at + _NONCE], head[at + _NONCE :]
        for place, master in enumerate(self._keys):
            try:
                return master.decrypt(nonce, wrapped, bound), place == 0
            except InvalidTag:
                continue
        raise DocumentStoreError("the file is damaged or was sealed by another key")


def bound(patient_id: UUID, sha256: str) -> bytes:
    """What the wrapping of a document's key is bound to."""
    return patient_id.bytes + bytes.fromhex(sha256)


def seal(ring: KeyRing, bound: bytes, data: bytes) -> bytes:
    """A document of the first form."""
    key = AESGCM.generate_key(256)
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, data, bound)
    return b"".join((ring.wrap(WHOLE, key, bound), nonce, sealed))


def unseal(ring: KeyRing, bound: bytes, sealed: bytes) -> bytes:
    """The content of a document of either form. Raises `DocumentStoreError`."""
    head = sealed[:HEAD]
    key, _present = ring.unwrap(head, bound)
    if head.startswith(PIECES):
        return b"".join(_pieces(key, bound, _Bytes(memoryview(sealed)[HEAD:])))
    return _whole(key, bound, sealed[HEAD:])


def stream(ring: KeyRing, bound: bytes, file: Reader) -> Iterator[bytes]:
    """The content of a document of either form, a piece at a time, each one verified.

    A damage is told when it is reached: what came before is true. Raises `DocumentStoreError`.
    """
    head = file.read(HEAD)
    key, _present = ring.unwrap(head, bound)
    if head.startswith(PIECES):
        yield from _pieces(key, bound, file)
    else:
        yield _whole(key, bound, b"".join(iter(lambda: file.read(PIECE), b"")))


class PiecesWriter:
    """Writes the pieces of a document of the second form after room for its head.

    The head needs the digest of the whole, which is known last: `finish` writes it in front.
    """

    def __init__(self, file: BinaryIO, patient_id: UUID) -> None:
        self._file = file
        self._key = AESGCM.generate_key(256)
        self._cipher = AESGCM(self._key)
        self._patient = patient_id.bytes
        self._start = secrets.token_bytes(_START)
        self._number = 0
        self._held = bytearray()
        file.write(bytes(HEAD) + self._start)

    def write(self, data: bytes) -> None:
        """More of the content."""
        self._held += data
        # One byte more than a piece: only then is a piece known not to be the last.
        while len(self._held) > PIECE:
            self._put(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]

    def finish(self, ring: KeyRing, bound: bytes) -> None:
        """Write the last piece, then the head."""
        self._put(bytes(self._held), last=True)
        self._file.seek(0)
        self._file.write(ring.wrap(PIECES, self._key, bound))

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._start, self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, piece, self._patient))
        self._number += 1


class _Bytes:
    """Bytes read as a file."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int, /) -> bytes:
        found = bytes(self._data[self._at : self._at + size])
        self._at += len(found)
        return found


def _whole(key: bytes, bound: bytes, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound)
    except (InvalidTag, ValueError):
        raise _damaged() from None


def _pieces(key: bytes, bound: bytes, file: Reader) -> Iterator[bytes]:
    cipher, patient = AESGCM(key), bound[:16]
    start = _exactly(file, _START)
    number, piece = 0, _exactly(file, PIECE + _TAG)
    while True:
        after = _exactly(file, PIECE + _TAG)
        try:
            yield cipher.decrypt(_nonce(start, number, last=not after), piece, patient)
        except (InvalidTag, ValueError):
            raise _damaged() from None
        if not after:
            return
        number, piece = number + 1, after


def _exactly(file: Reader, size: int) -> bytes:
    """`size` bytes, fewer only at the end."""
    found = bytearray()
    while len(found) < size and (more := file.read(size - len(found))):
        found += more
    return bytes(found)


def _nonce(start: bytes, number: int, *, last: bool) -> bytes:
    return start + number.to_bytes(4, "big") + bytes([last])


def _damaged() -> DocumentStoreError:
    return DocumentStoreError("the file is damaged or was sealed by another key")
