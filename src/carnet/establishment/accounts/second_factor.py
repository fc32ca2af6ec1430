"""The second factor of the establishment's own sign-in: a code of the operator's telephone."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import pyotp
import zxingcpp
from django.db import transaction

from carnet.establishment.accounts.models import SecondFactor
from carnet.establishment.accounts.rules import MOST_FAILURES, REST
from carnet.establishment.accounts.sealing import SealedByAnotherKey, seal, unseal

_STEP: Final = 30
_ISSUER: Final = "Passerelle Carnet"


class CodeRefused(Exception):  # noqa: N818 - the name is the fact
    """The code is wrong, was used, or too many were tried."""


def new_secret() -> str:
    """A secret to show to its owner; it counts once `enrol` has seen a code of it."""
    return pyotp.random_base32()


def picture(secret: str, login: str) -> str:
    """What an application reads, as a QR code in SVG."""
    address = pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)
    code = zxingcpp.create_barcode(address, zxingcpp.BarcodeFormat.QRCode)
    return str(code.to_svg(scale=4))


def is_enrolled(operator_id: UUID) -> bool:
    """Whether this operator has an application."""
    return SecondFactor.objects.filter(operator_id=operator_id).exists()


def enrol(operator_id: UUID, secret: str, typed: str, *, now: datetime) -> None:
    """Ask codes of this application from now on. Raises `CodeRefused` unless one is shown.

    An operator who has one already keeps it: only who runs the desk may remove it.
    """
    step = _step_of(secret, typed, now=now, after=0)
    _row, made = SecondFactor.objects.get_or_create(
        operator_id=operator_id,
        defaults={"secret": seal(secret, f"totp {operator_id}"), "step": step},
    )
    if not made:
        raise CodeRefused


def remove(operator_id: UUID) -> bool:
    """Forget a lost telephone; whether there was one."""
    return bool(SecondFactor.objects.filter(operator_id=operator_id).delete()[0])


def check(operator_id: UUID, typed: str, *, now: datetime) -> None:
    """Take a code, once. Raises `CodeRefused`, after five wrong ones for five minutes."""
    if not _taken(operator_id, typed, now):
        raise CodeRefused


@transaction.atomic
def _taken(operator_id: UUID, typed: str, now: datetime) -> bool:
    row = SecondFactor.objects.select_for_update().filter(operator_id=operator_id).first()
    if row is None or (row.locked_until is not None and row.locked_until > now):
        return False
    try:
        secret = unseal(row.secret, f"totp {operator_id}")
        row.step = _step_of(secret, typed, now=now, after=row.step)
    except (CodeRefused, SealedByAnotherKey):
        row.failures += 1
        if row.failures >= MOST_FAILURES:
            row.failures, row.locked_until = 0, now + REST
        row.save()
        return False
    row.failures, row.locked_until = 0, None
    row.save()
    return True


def _step_of(secret: str, typed: str, *, now: datetime, after: int) -> int:
    """The step of a good code, this one's or a neighbour's. Raises `CodeRefused`."""
    present = int(now.timestamp()) // _STEP
    totp = pyotp.TOTP(secret)
    for step in (present, present - 1, present + 1):
        good = pyotp.utils.strings_equal(totp.at(step * _STEP), typed.replace(" ", ""))
        if good and step > after:
            return step
    raise CodeRefused
