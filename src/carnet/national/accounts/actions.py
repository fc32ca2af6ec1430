"""Deeds on accounts: signing in, telling, reading what was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from carnet.national.accounts.models import Account
from carnet.national.journal.actors import Actor, Citizen


class SignInRefused(Exception):
    """The login or the password is wrong, or the account is closed: never said which."""


class TooManyAttempts(Exception):
    """This login failed too often; `wait` tells how long until the next try is looked at."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


def sign_in(login: str, password: str, *, now: datetime) -> Account:
    """The account that this login and password open; give it to `django.contrib.auth.login`.

    Raises `SignInRefused` or `TooManyAttempts`; each try is counted, whoever makes it.
    """
    raise NotImplementedError


def mark_read(actor: Citizen, patient_id: UUID, notification_id: UUID, *, now: datetime) -> None:
    """Remember that the notification was seen. Raises `PermissionError` for another's space."""
    raise NotImplementedError


def mark_all_read(actor: Citizen, patient_id: UUID, *, now: datetime) -> None:
    """Remember that all notifications of this space were seen."""
    raise NotImplementedError


def set_preferences(actor: Citizen, *, email: str, by_kind: Mapping[str, bool]) -> None:
    """Keep the actor's choices. Raises `ValueError` for an unknown kind or a bad address."""
    raise NotImplementedError


def notify(
    actor: Actor,
    patient_id: UUID,
    kind: str,
    *,
    at: datetime,
    params: Mapping[str, str],
    target_id: str = "",
    correlation: str = "",
    key: str = "",
) -> None:
    """Tell the holder of a record, and their representatives when a minor, once per `key`."""
    raise NotImplementedError
