"""Signing in by Pro Santé Connect: whose account it is here, whether its session still lives."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from uuid import UUID

from django.conf import settings

from carnet.establishment.accounts import sessions
from carnet.establishment.accounts.models import DeskSession, Link
from carnet.establishment.accounts.rules import CHECKED_EVERY, Method
from carnet.establishment.accounts.sealing import SealedByAnotherKey, seal, unseal
from carnet.establishment.clients.openid import Identified, OpenIdError, Provider
from carnet.establishment.patients import actors


class NotOfTheHouse(Exception):  # noqa: N818 - the name is the fact
    """Pro Santé Connect knows this professional, the establishment has given them no account."""


def provider() -> Provider | None:
    """Pro Santé Connect as it is configured, or none."""
    if not settings.CARNET_PSC_ISSUER:
        return None
    return _provider(
        settings.CARNET_PSC_ISSUER,
        settings.CARNET_PSC_DISCOVERY,
        settings.CARNET_PSC_CLIENT_ID,
        settings.CARNET_PSC_CLIENT_SECRET,
        tuple(settings.CARNET_PSC_ACR),
    )


@cache
def _provider(
    issuer: str, discovery: str, client_id: str, secret: str, levels: tuple[str, ...]
) -> Provider:
    return Provider(issuer, discovery, client_id, secret, "openid scope_all", levels)


def link(operator_id: UUID, idnat: str) -> None:
    """From now on whoever is `idnat` (idNat_PS) at Pro Santé Connect is this operator."""
    Link.objects.update_or_create(operator_id=operator_id, defaults={"idnat": idnat})


def sign_in(identified: Identified, *, now: datetime) -> UUID:
    """Open a session for a professional who has proved who they are. Raises `NotOfTheHouse`."""
    row = (
        Link.objects.select_related("operator")
        .filter(idnat=identified.professional.idnat, operator__active=True)
        .first()
    )
    if row is None:
        raise NotOfTheHouse
    operator = actors.Operator(row.operator_id, row.operator.login, row.operator.name)
    return sessions.begin(
        operator, row.operator.session_key, Method.PROSANTE, now=now, identified=identified
    )


def still_lives(session_id: UUID, *, now: datetime) -> bool:
    """Refresh the tokens of a session; whether it goes on. One request at a time asks.

    The provider refuses: the session ends here too. It cannot be reached: the session goes on, the
    desk must work while the country's services do not, and it is asked again later.
    """
    claimed = DeskSession.objects.filter(
        id=session_id, ended_at=None, checked_at__lt=now - CHECKED_EVERY
    ).update(checked_at=now)
    row = DeskSession.objects.filter(id=session_id, ended_at=None).first()
    asked = provider()
    if not claimed or row is None or row.refresh is None or asked is None:
        return row is not None
    try:
        identified = asked.refresh(unseal(row.refresh, f"refresh {row.id}"), row.idnat, now=now)
    except OpenIdError as error:
        if error.code == "unreachable":
            return True
        sessions.end(session_id, now=now)
        return False
    except SealedByAnotherKey:
        sessions.end(session_id, now=now)
        return False
    DeskSession.objects.filter(id=session_id, ended_at=None).update(
        refresh=seal(identified, f"refresh {row.id}")
    )
    return True


def way_out(session_id: UUID, back_to: str) -> str:
    """Where to lead a browser so that the provider's session ends too; empty when there is none."""
    row = DeskSession.objects.filter(id=session_id).first()
    asked = provider()
    if row is None or row.identity is None or asked is None:
        return ""
    try:
        return asked.way_out(unseal(row.identity, f"identity {row.id}"), back_to)
    except (OpenIdError, SealedByAnotherKey):
        return ""  # ours has ended; theirs ends by itself


def ended_elsewhere(logout_token: str, *, now: datetime) -> int:
    """What the provider's back channel says: sessions end. Raises `OpenIdError`; how many ended."""
    asked = provider()
    if asked is None:
        raise OpenIdError("metadata", "no provider")
    session, subject = asked.ended(logout_token, now=now)
    return sessions.end_of_provider(session, subject, now=now)
