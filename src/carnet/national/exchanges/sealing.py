"""The bytes of exchanges are sealed like documents, by a key of their own (DESIGN §3)."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE: Final = 12


class SealedByAnotherKey(Exception):  # noqa: N818 - says what is the case
    """The master key has changed since, or the bytes are damaged."""


def seal(id_: UUID, part: str, data: bytes) -> bytes:
    """`data` as it is kept: AES-256-GCM, bound to the exchange and to which `part` it is."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _cipher(settings.CARNET_MASTER_KEY).encrypt(nonce, data, _bound(id_, part))


def unseal(id_: UUID, part: str, sealed: bytes) -> bytes:
    """What was sealed. Raises `SealedByAnotherKey`."""
    cipher = _cipher(settings.CARNET_MASTER_KEY)
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(id_, part))
    except (InvalidTag, ValueError):
        raise SealedByAnotherKey from None


def _bound(id_: UUID, part: str) -> bytes:
    return id_.bytes + part.encode()


@cache
def _cipher(master: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"carnet exchanges").derive(master))
