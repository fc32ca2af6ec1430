"""The keys that the providers sign with: one signs, the former ones are still published a while."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import Q
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeyParameters, KeySet, RSAKey
from uuid_utils.compat import uuid7

from carnet.national.accounts.sealing import seal, unseal
from carnet.national.doors.signin.models import SigningKey
from carnet.national.doors.signin.providers import Provider

#: How long a former key is published: longer than any token it signed lives.
PUBLISHED: Final = timedelta(hours=24)


def rotate(provider: Provider, *, now: datetime) -> str:
    """Sign with a new key from now on; its `kid`. Two rotations at once make one new key."""
    drawn = _draw(provider)
    kid = str(drawn.kid)
    sealed = seal(json.dumps(drawn.as_dict(private=True)).encode(), f"signin {kid}")
    try:
        with transaction.atomic():
            SigningKey.objects.filter(retires_at__lt=now).delete()
            SigningKey.objects.filter(provider=provider.key, retires_at=None).update(
                retires_at=now + PUBLISHED
            )
            SigningKey.objects.create(
                kid=kid, provider=provider.key, private=sealed, created_at=now
            )
    except IntegrityError:
        return SigningKey.objects.get(provider=provider.key, retires_at=None).kid
    return kid


def published(provider: Provider, *, now: datetime) -> KeySet:
    """The keys by which tokens are verified: the one that signs first."""
    rows = SigningKey.objects.filter(
        Q(retires_at=None) | Q(retires_at__gt=now), provider=provider.key
    ).order_by("-created_at")
    return KeySet([_opened(row) for row in rows] or [_signing(provider, now)])


def sign(
    provider: Provider, claims: dict[str, Any], *, now: datetime, typ: str = "JWT", forged: bool
) -> str:
    """A JWS of the provider; `forged`: by a key drawn for the occasion, under the real one's id."""
    key = _signing(provider, now)
    header = {"alg": provider.algorithm, "kid": key.kid, "typ": typ}
    return jwt.encode(header, claims, _draw(provider) if forged else key, [provider.algorithm])


def _signing(provider: Provider, now: datetime) -> Key:
    row = SigningKey.objects.filter(provider=provider.key, retires_at=None).first()
    return _opened(row or SigningKey.objects.get(kid=rotate(provider, now=now)))


def _draw(provider: Provider) -> Key:
    parameters: KeyParameters = {
        "kid": str(uuid7()),
        "use": "sig",
        "alg": provider.algorithm,
    }
    if provider.algorithm == "ES256":
        return ECKey.generate_key("P-256", parameters)
    return RSAKey.generate_key(2048, parameters)


def _opened(row: SigningKey) -> Key:
    return _imported(row.kid, bytes(row.private))


@lru_cache(maxsize=16)
def _imported(kid: str, sealed: bytes) -> Key:
    described = json.loads(unseal(sealed, f"signin {kid}"))
    return ECKey.import_key(described) if described["kty"] == "EC" else RSAKey.import_key(described)
