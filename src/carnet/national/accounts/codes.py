"""One-time codes: six digits for one purpose and one subject, ten minutes, five tries.

A code made for one purpose opens nothing else: purpose and subject are part of what is hashed and
of what is looked up.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import transaction

from carnet.national.accounts.models import OneTimeCode
from carnet.national.accounts.sealing import digest, digests

LASTS: Final = timedelta(minutes=10)
MOST_FAILURES: Final = 5
#: No 0, O, 1, I, L: a provisional code is read on paper.
_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class Purpose(StrEnum):
    """What a code is for."""

    SECOND_FACTOR = "second-factor"
    ACTIVATION_EMAIL = "activation-email"
    NEW_EMAIL = "new-email"
    RECOVERY = "recovery"


class CodeRefused(Exception):  # noqa: N818 - says what happened
    """The code is wrong, used, too old, or was tried too often: never said which."""


def make(purpose: Purpose, subject: str, *, now: datetime) -> str:
    """A new code; the one before it, for the same purpose and subject, is good no more."""
    code = f"{secrets.randbelow(1_000_000):06d}"
    OneTimeCode.objects.update_or_create(
        purpose=purpose,
        subject=subject,
        defaults={
            "code_hash": digest("code", purpose, subject, code),
            "expires_at": now + LASTS,
            "failures": 0,
        },
    )
    return code


def use(purpose: Purpose, subject: str, code: str, *, now: datetime) -> None:
    """Use up a code. Raises `CodeRefused`; the failure is counted whatever the caller does next.

    Must not be called inside a transaction that a refusal would roll back.
    """
    typed = digest("code", purpose, subject, "".join(code.split()))
    with transaction.atomic():
        live = (
            OneTimeCode.objects.select_for_update().filter(purpose=purpose, subject=subject).first()
        )
        good = hmac.compare_digest(typed, live.code_hash if live else digest("code"))
        if live and good and live.expires_at > now and live.failures < MOST_FAILURES:
            live.delete()
            return
        if live:
            live.failures += 1
            live.save(update_fields=["failures"])
    raise CodeRefused


def sweep(*, now: datetime) -> None:
    """Remove the codes that are too old."""
    OneTimeCode.objects.filter(expires_at__lt=now).delete()


def provisional() -> str:
    """Twelve characters in three groups, about 59 bits: for a letter, an invitation."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def provisional_hash(use_: str, code: str) -> str:
    """What is kept of a provisional code."""
    return provisional_hashes(use_, code)[0]


def provisional_hashes(use_: str, typed: str) -> tuple[str, ...]:
    """By what a provisional code may be known, however it is typed."""
    return digests(f"provisional.{use_}", "".join(c for c in typed.upper() if c.isalnum()))
