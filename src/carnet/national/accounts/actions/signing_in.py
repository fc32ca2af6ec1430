"""Signing in with a password, then a code unless the browser is trusted.

Every refusal is the same, takes the same time and is counted, whether the login exists or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from carnet.national.accounts import attempts, codes, mails
from carnet.national.accounts.actions import devices, totp
from carnet.national.accounts.attempts import Counted
from carnet.national.accounts.codes import CodeRefused, Purpose
from carnet.national.accounts.models import Account
from carnet.national.accounts.rules import Method
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen, System


class SignInRefused(Exception):  # noqa: N818 - says what happened
    """The login, the password or the code is wrong, or there is no such account: never which."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Whose password was right. Without `method` a code is still asked, from `code_from`."""

    account_id: UUID
    method: Method | None
    code_from: str  #: "totp", "email", or "" when none is asked
    device_id: UUID | None = None


def sign_in(
    login: str, password: str, *, now: datetime, source: str = "", device: str = ""
) -> Recognised:
    """Whose login and password these are, and whether a code is still asked.

    `source` is the address the request comes from, `device` the cookie of a trusted browser.
    Raises `SignInRefused` or `TooManyAttempts`. Nothing is open yet: see `sessions.open_session`.
    """
    login = login.strip()[:150]
    trusted = devices.recognise(device, now=now)
    account = Account.objects.filter(login=login).first()
    known_here = trusted is not None and account is not None and trusted.account_id == account.id
    counted = (
        Counted(attempts.DEVICE, str(trusted.id))
        if trusted and known_here
        else Counted(attempts.LOGIN, login),
        Counted(attempts.SOURCE, source),
    )
    attempts.take(*counted, now=now)
    if account is None:
        make_password(password)  # as long as looking at one
    if account is None or not check_password(password, account.password) or not _may(account):
        _write(account, now, "credentials")
        raise SignInRefused
    attempts.give_back(*counted[1:])
    if trusted and known_here:
        attempts.forget(counted[0])
        return Recognised(account.id, Method.TRUSTED_DEVICE, "", trusted.id)
    # Failures stay until the code is right too: a known password gives no new tries.
    attempts.give_back(counted[0])
    code_from = _code_from(account)
    if not code_from:
        attempts.forget(counted[0])
        return Recognised(account.id, Method.PASSWORD, "")
    if code_from == "email":
        send_code(account.id, now=now)
    return Recognised(account.id, None, code_from)


def _may(account: Account) -> bool:
    """A closed account may come back; one that was shut by somebody else may not."""
    return account.is_active or account.closed_at is not None


def _code_from(account: Account) -> str:
    if account.totp_secret:
        return "totp"
    if settings.CARNET_SECOND_FACTOR == "optional":
        return ""
    return "email"


def send_code(account_id: UUID, *, now: datetime) -> None:
    """Send a code to the address of the account. Raises `TooManyAttempts` past a few.

    An account without an address gets none: it comes in by a passkey, or by recovery.
    """
    account = Account.objects.get(id=account_id)
    attempts.take(Counted(attempts.SENDING, str(account_id)), now=now)
    if not account.email:
        return
    with transaction.atomic():
        code = codes.make(Purpose.SECOND_FACTOR, str(account_id), now=now)
        mails.queue(
            "code.second-factor", account.patient_id, account_id=account_id, code=code, now=now
        )


def confirm_code(account_id: UUID, typed: str, *, now: datetime, source: str = "") -> Method:
    """Take the code of somebody whose password was right; how they have signed in.

    Raises `SignInRefused` or `TooManyAttempts`.
    """
    account = Account.objects.get(id=account_id)
    counted = (Counted(attempts.LOGIN, account.login), Counted(attempts.SOURCE, source))
    attempts.take(*counted, now=now)
    try:
        if account.totp_secret:
            totp.use(account_id, typed, now=now)
            method = Method.TOTP
        else:
            codes.use(Purpose.SECOND_FACTOR, str(account_id), typed, now=now)
            method = Method.EMAIL_CODE
    except CodeRefused:
        _write(account, now, "code")
        raise SignInRefused from None
    attempts.give_back(counted[1])
    attempts.forget(counted[0], Counted(attempts.SENDING, str(account_id)))
    return method


def check_own_password(
    actor: Citizen, password: str, *, now: datetime, source: str = ""
) -> Account:
    """The actor's account, when this is its password.

    Raises `SignInRefused` or `TooManyAttempts`: a session left open gives no free tries.
    """
    account = Account.objects.get(id=actor.account_id)
    counted = (Counted(attempts.DEVICE, str(account.id)), Counted(attempts.SOURCE, source))
    attempts.take(*counted, now=now)
    if not check_password(password, account.password):
        _write(account, now, "credentials")
        raise SignInRefused
    attempts.give_back(counted[1])
    attempts.forget(counted[0])
    return account


def _write(account: Account | None, now: datetime, reason: str) -> None:
    journal.record(
        System("sign-in"),
        "space.signed_in",
        at=now,
        patient_id=account.patient_id if account else None,
        outcome="refused",
        reasons=[reason],
    )
