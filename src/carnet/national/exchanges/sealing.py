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
    return nonce + _ciphers()[0].encrypt(nonce, data, _bound(id_, part))


def unseal(id_: UUID, part: str, sealed: bytes) -> bytes:
    """What was sealed, by the present master key or a former one. Raises `SealedByAnotherKey`."""
    for cipher in _ciphers():
        try:
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(id_, part))
        except InvalidTag:
            continue
    raise SealedByAnotherKey


def _bound(id_: UUID, part: str) -> bytes:
    return id_.bytes + part.encode()


def _ciphers() -> tuple[AESGCM, ...]:
    """Of each master key, the present one first."""
    masters = settings.CARNET_MASTER_KEY
    return tuple(map(_cipher, (masters,) if isinstance(masters, bytes) else masters))


@cache
def _cipher(master: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"carnet exchanges").derive(master))
