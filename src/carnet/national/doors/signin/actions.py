"""What whoever runs a sandbox does: say who the personas are, change the keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from carnet.national.doors.signin import keys
from carnet.national.doors.signin.models import Persona
from carnet.national.doors.signin.providers import PROVIDERS


def register_persona(
    provider: str, key: str, *, name: str, what: str, claims: Mapping[str, Any], position: int
) -> None:
    """Let one be this persona at `provider` (`psc` or `franceconnect`), from now on as told here.

    `key` is what a client may give as `login_hint`. Raises `KeyError` for another provider.
    """
    Persona.objects.update_or_create(
        provider=PROVIDERS[provider].key,
        key=key,
        defaults={"name": name, "what": what, "claims": dict(claims), "position": position},
    )


def rotate_keys(provider: str, *, now: datetime) -> str:
    """Sign with a new key; the `kid`. Raises `KeyError` for an unknown provider."""
    return keys.rotate(PROVIDERS[provider], now=now)
