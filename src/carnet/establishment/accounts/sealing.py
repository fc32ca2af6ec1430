"""Secrets kept in the database, sealed with a key made of the site's secret key.

Another `CARNET_SECRET_KEY` opens none of them: telephones are then enrolled again.
"""

from __future__ import annotations

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
    """The site's secret key has changed, or the bytes are damaged."""


@cache
def _key(secret: str) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"carnet.desk.seal").derive(secret.encode()))


def seal(plain: str, bound_to: str) -> bytes:
    """`plain`, readable only with the site's key and the same `bound_to` (AES-256-GCM)."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + _key(settings.SECRET_KEY).encrypt(nonce, plain.encode(), bound_to.encode())


def unseal(sealed: bytes | memoryview, bound_to: str) -> str:
    """What was sealed. Raises `SealedByAnotherKey`."""
    sealed = bytes(sealed)
    try:
        plain = _key(settings.SECRET_KEY).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], bound_to.encode()
        )
    except InvalidTag as error:
        raise SealedByAnotherKey from error
    return plain.decode()
