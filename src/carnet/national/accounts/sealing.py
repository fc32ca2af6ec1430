"""Small secrets kept in the database: sealed with a key of the master key, or hashed with one.

The master key may be replaced (`CARNET_MASTER_KEY` then holds the former ones too): what was sealed
with a former key opens, provisional codes are still known; a code of ten minutes is asked again.
"""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE: Final = 12


class SealedByAnotherKey(Exception):  # noqa: N818 - says what is the case
    """The master key has changed and the former one was not kept, or the bytes are damaged."""


@cache
def _key(master: bytes, use: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"carnet.accounts.{use}".encode()).derive(master)


def _keys(use: str) -> tuple[bytes, ...]:
    """The keys for this use, the present one first."""
    masters = settings.CARNET_MASTER_KEY
    return tuple(
        _key(master, use) for master in ((masters,) if isinstance(masters, bytes) else masters)
    )


def seal(plain: bytes, bound_to: str) -> bytes:
    """`plain`, readable only with the master key and the same `bound_to` (AES-256-GCM)."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(_keys("seal")[0]).encrypt(nonce, plain, bound_to.encode())


def unseal(sealed: bytes, bound_to: str) -> bytes:
    """What was sealed. Raises `SealedByAnotherKey`."""
    for key in _keys("seal"):
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())
        except InvalidTag:
            continue
    raise SealedByAnotherKey


def digest(use: str, *parts: str) -> str:
    """A keyed hash, of its own for each use: what has few values cannot be found by trying."""
    return digests(use, *parts)[0]


def digests(use: str, *parts: str) -> tuple[str, ...]:
    """The same with each key, the present one first: by which of them something kept is known."""
    said = "\0".join(parts).encode()
    return tuple(hmac.digest(key, said, "sha256").hex() for key in _keys(f"digest.{use}"))
