"""Sessions of personas: how they begin, and how all of one ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from carnet.national.clients import backchannel
from carnet.national.doors.signin import clients, tokens
from carnet.national.doors.signin.models import Persona, Request, SeenAssertion, Session
from carnet.national.doors.signin.providers import PROVIDERS, Provider
from carnet.national.doors.signin.troubles import Trouble

#: How long what is over is kept, to tell a second use from an unknown code.
_KEPT: Final = timedelta(days=1)


def begin(
    provider: Provider,
    persona: Persona,
    *,
    client_id: str,
    scope: str,
    acr: str,
    nonce: str,
    trouble: Trouble,
    now: datetime,
) -> Session:
    """A session that is not kept yet."""
    return Session(
        provider=provider.key,
        persona=persona,
        client_id=client_id,
        scope=scope,
        acr=provider.weak if trouble is Trouble.WEAK else acr,
        nonce=nonce,
        trouble=trouble,
        started_at=now,
        expires_at=now + timedelta(seconds=provider.session_seconds),
    )


def end(session: Session, *, now: datetime) -> None:
    """End a session once, and tell its client afterwards, if it wants to know."""
    if Session.objects.filter(id=session.id, ended_at=None).update(ended_at=now):
        transaction.on_commit(lambda: _tell(session, now))


def forget(*, now: datetime) -> None:
    """Remove what has been over for a day."""
    Session.objects.filter(expires_at__lt=now - _KEPT).delete()
    Request.objects.filter(expires_at__lt=now - _KEPT).delete()
    SeenAssertion.objects.filter(seen_at__lt=now - _KEPT).delete()


def _tell(session: Session, now: datetime) -> None:
    known = clients.client(PROVIDERS[session.provider], session.client_id)
    if known is not None and known.backchannel_logout_uri:
        backchannel.tell(known.backchannel_logout_uri, tokens.logout(session, now=now))
