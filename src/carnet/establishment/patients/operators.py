"""The accounts of the desk: who may sign in, and the session they open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.contrib.auth.hashers import check_password, make_password
from django.db.models import F

from carnet.establishment.patients import actors
from carnet.establishment.patients.models import Operator

#: Wrong passwords in a row before the account rests, and for how long.
MOST_FAILURES: Final = 5
REST: Final = timedelta(minutes=5)
#: Hashed when the login is unknown, so that the time of the answer tells nothing.
_NOBODY: Final = "no such operator"


class SignInRefused(Exception):  # noqa: N818 - the name is the fact
    """The login or the password is wrong, the account is closed, or it rests."""


def create(login: str, name: str, password: str) -> actors.Operator:
    """A new operator, or a new name and password for the one of this login; ends their sessions."""
    row, _ = Operator.objects.update_or_create(
        login=login,
        defaults={
            "name": name,
            "password": make_password(password),
            "active": True,
            "failures": 0,
            "locked_until": None,
            "session_key": uuid4(),
        },
    )
    return _actor(row)


def exists(login: str) -> bool:
    """Whether somebody has this login."""
    return Operator.objects.filter(login=login).exists()


def of_login(login: str) -> actors.Operator | None:
    """The operator who has this login."""
    row = Operator.objects.filter(login=login).first()
    return _actor(row) if row else None


def sign_in(login: str, password: str, *, now: datetime) -> tuple[actors.Operator, UUID]:
    """The operator, and the key of their sessions. Raises `SignInRefused`, always the same."""
    row = Operator.objects.filter(login=login, active=True).first()
    if row is None or (row.locked_until is not None and row.locked_until > now):
        make_password(password or _NOBODY)
        raise SignInRefused
    if not check_password(password, row.password):
        Operator.objects.filter(pk=row.pk).update(
            failures=F("failures") + 1,
            locked_until=now + REST if row.failures + 1 >= MOST_FAILURES else None,
        )
        raise SignInRefused
    if row.failures:
        Operator.objects.filter(pk=row.pk).update(failures=0, locked_until=None)
    return _actor(row), row.session_key


def of_session(account_id: UUID, session_key: UUID) -> actors.Operator | None:
    """The operator of an open session, unless it was ended."""
    row = Operator.objects.filter(pk=account_id, session_key=session_key, active=True).first()
    return _actor(row) if row else None


def _actor(row: Operator) -> actors.Operator:
    return actors.Operator(account_id=row.pk, login=row.login, name=row.name)
