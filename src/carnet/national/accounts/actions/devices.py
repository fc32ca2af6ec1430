"""Browsers that their owner trusts: bound by a cookie, for sixty days, revoked one by one."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from carnet.national.accounts import mails
from carnet.national.accounts.models import Account, Device, SpaceSession
from carnet.national.accounts.rules import DEVICE_TRUSTED, MOST_DEVICES
from carnet.national.accounts.sealing import digest, digests
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen

_SEEN_AGAIN = timedelta(hours=1)


def trust(actor: Citizen, session_id: UUID, *, name: str, now: datetime) -> str:
    """Trust the browser of this session; the value of the cookie to give it.

    The one trusted longest ago is trusted no more when there would be too many; the owner is told.
    """
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        Account.objects.select_for_update().get(id=actor.account_id)
        device = Device.objects.create(
            account_id=actor.account_id,
            secret_hash=digest("device", secret),
            name=name[:80],
            trusted_at=now,
            seen_at=now,
            expires_at=now + DEVICE_TRUSTED,
        )
        live = Device.objects.filter(
            account_id=actor.account_id, revoked_at__isnull=True, expires_at__gt=now
        ).order_by("-trusted_at", "-id")
        surplus = list(live.values_list("id", flat=True)[MOST_DEVICES:])
        Device.objects.filter(id__in=surplus).update(revoked_at=now)
        SpaceSession.objects.filter(id=session_id, account_id=actor.account_id).update(
            device=device
        )
        mails.queue(
            "device.trusted",
            actor.patient_id,
            account_id=actor.account_id,
            name=device.name,
            now=now,
        )
        journal.record(
            actor, "device.trusted", at=now, patient_id=actor.patient_id, outcome="allowed"
        )
    return f"{device.id}.{secret}"


def recognise(cookie: str, *, now: datetime) -> Device | None:
    """The trusted browser that this cookie is of; none when it is forged, too old or revoked."""
    identifier, _dot, secret = cookie.partition(".")
    try:
        wanted = UUID(identifier)
    except ValueError:
        return None
    device = Device.objects.filter(id=wanted, revoked_at__isnull=True, expires_at__gt=now).first()
    if device is None or not any(
        hmac.compare_digest(device.secret_hash, known) for known in digests("device", secret)
    ):
        return None
    if now - device.seen_at > _SEEN_AGAIN:
        Device.objects.filter(id=device.id).update(seen_at=now)
    return device


def revoke(actor: Citizen, device_id: UUID, *, now: datetime, keep: UUID | None = None) -> None:
    """Trust a browser no more, end the sessions opened there but `keep`. Raises `LookupError`."""
    with transaction.atomic():
        revoked = Device.objects.filter(
            id=device_id, account_id=actor.account_id, revoked_at__isnull=True
        ).update(revoked_at=now)
        if not revoked:
            raise LookupError("no such device")
        opened = SpaceSession.objects.filter(device_id=device_id, ended_at__isnull=True)
        if keep is not None:
            opened = opened.exclude(id=keep)
        opened.update(ended_at=now)
        journal.record(
            actor, "device.revoked", at=now, patient_id=actor.patient_id, outcome="allowed"
        )
