"""Codes of an application on the person's telephone (TOTP, RFC 6238: SHA-1, 6 digits, 30 s)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp
import zxingcpp
from django.db import transaction

from carnet.national.accounts import mails
from carnet.national.accounts.codes import CodeRefused
from carnet.national.accounts.models import Account
from carnet.national.accounts.sealing import seal, unseal
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen

_STEP: Final = 30
_ISSUER: Final = "Carnet"


def new_secret() -> str:
    """A secret to show to its owner; it counts once `enrol` has seen a code of it."""
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """The `otpauth:` address that applications read."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)


def picture(secret: str, login: str) -> str:
    """The same as a QR code, in SVG."""
    code = zxingcpp.create_barcode(address(secret, login), zxingcpp.BarcodeFormat.QRCode)
    return str(code.to_svg(scale=4))


def enrol(actor: Citizen, secret: str, typed: str, *, now: datetime) -> None:
    """Ask codes of this application from now on. Raises `CodeRefused` unless one is shown."""
    step = _step_of(secret, typed, now=now, after=0)
    with transaction.atomic():
        Account.objects.filter(id=actor.account_id).update(
            totp_secret=seal(secret.encode(), _bound(actor.account_id)), totp_step=step
        )
        _tell(actor, "way.added", now)


def remove(actor: Citizen, *, now: datetime) -> None:
    """Ask for codes by e-mail again. Raises `LookupError` when there is no application."""
    with transaction.atomic():
        removed = Account.objects.filter(id=actor.account_id, totp_secret__isnull=False).update(
            totp_secret=None, totp_step=0
        )
        if not removed:
            raise LookupError("there is no application")
        _tell(actor, "way.removed", now)


def use(account_id: UUID, typed: str, *, now: datetime) -> None:
    """Take a code. Raises `CodeRefused`; a code is taken once, even at the same time by two."""
    with transaction.atomic():
        account = Account.objects.select_for_update().get(id=account_id)
        if account.totp_secret is None:
            raise CodeRefused
        secret = unseal(bytes(account.totp_secret), _bound(account_id)).decode()
        step = _step_of(secret, typed, now=now, after=account.totp_step)
        Account.objects.filter(id=account_id).update(totp_step=step)


def _step_of(secret: str, typed: str, *, now: datetime, after: int) -> int:
    """The step whose code this is, one of the present, the last and the next: clocks drift."""
    totp, code = pyotp.TOTP(secret), "".join(typed.split())
    present = int(now.timestamp()) // _STEP
    for step in (present, present - 1, present + 1):
        if step > after and pyotp.utils.strings_equal(totp.generate_otp(step), code):
            return step
    raise CodeRefused


def _bound(account_id: UUID) -> str:
    return f"totp {account_id}"


def _tell(actor: Citizen, what: str, now: datetime) -> None:
    mails.queue(what, actor.patient_id, account_id=actor.account_id, now=now)
    journal.record(
        actor,
        f"account.{what}",
        at=now,
        patient_id=actor.patient_id,
        outcome="allowed",
        details={"way": "totp"},
    )
