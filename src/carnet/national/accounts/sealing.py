"""Small secrets kept in the database: sealed with a key of the master key, or hashed with one."""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE: Final = 12


@cache
def _key(master: bytes, use: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"carnet.accounts.{use}".encode()).derive(master)


def seal(plain: bytes, bound_to: str) -> bytes:
    """`plain`, readable only with the master key and the same `bound_to` (AES-256-GCM)."""
    nonce = secrets.token_bytes(_NONCE)
    cipher = AESGCM(_key(settings.CARNET_MASTER_KEY, "seal"))
    return nonce + cipher.encrypt(nonce, plain, bound_to.encode())


def unseal(sealed: bytes, bound_to: str) -> bytes:
    """What was sealed. Raises `cryptography.exceptions.InvalidTag` for another key or binding."""
    cipher = AESGCM(_key(settings.CARNET_MASTER_KEY, "seal"))
    return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to.encode())


def digest(use: str, *parts: str) -> str:
    """A keyed hash, of its own for each use: what has few values cannot be found by trying."""
    key = _key(settings.CARNET_MASTER_KEY, f"digest.{use}")
    return hmac.digest(key, "\0".join(parts).encode(), "sha256").hex()
