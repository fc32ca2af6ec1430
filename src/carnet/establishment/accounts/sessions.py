"""Sessions of the desk: opened by a proof, read at each request, ended by whoever may end them."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from carnet.establishment.accounts import situations
from carnet.establishment.accounts.models import DeskSession
from carnet.establishment.accounts.rules import (
    CHECKED_EVERY,
    LIFE,
    PATIENCE,
    WORTH,
    Method,
    assurance,
)
from carnet.establishment.accounts.sealing import seal
from carnet.establishment.clients.openid import Identified
from carnet.establishment.patients import actors


def begin(
    operator: actors.Operator,
    key: UUID,
    method: Method,
    *,
    now: datetime,
    identified: Identified | None = None,
) -> UUID:
    """A session for this operator, whose own key was `key`; its id.

    `identified` is what Pro Santé Connect said, when it did: a professional with several situations
    chooses first, by `situations.choose`. What has long been over is removed.
    """
    DeskSession.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    row = DeskSession(
        operator_id=operator.account_id,
        key=key,
        method=method,
        checked_at=now,
        started_at=now,
        expires_at=now + LIFE,
    )
    if identified is not None:
        row.level, row.idnat = identified.level, identified.professional.idnat
        row.provider_session = identified.session
        row.situations = situations.of(identified.professional)
        if row.is_waiting:
            row.expires_at = now + PATIENCE
        row.identity = seal(identified.identity_token, f"identity {row.id}")
        if identified.refresh_token:
            row.refresh = seal(identified.refresh_token, f"refresh {row.id}")
    row.save()
    return row.id


def current(session_id: UUID, *, now: datetime) -> tuple[actors.Operator, bool] | None:
    """The operator of a session that lives, and whether its provider is to be asked again."""
    row = (
        DeskSession.objects.select_related("operator", "operator__link")
        .filter(id=session_id, ended_at=None, expires_at__gt=now, operator__active=True)
        .first()
    )
    if row is None or row.key != row.operator.session_key or row.is_waiting:
        return None
    method = Method(row.method)
    link = getattr(row.operator, "link", None)
    operator = actors.Operator(
        account_id=row.operator_id,
        login=row.operator.login,
        name=row.operator.name,
        assurance=assurance(method, row.level),
        strong=WORTH[method].strong,
        ps_idnat=row.idnat or (link.idnat if link else ""),
        situation=situations.chosen(row.situations),
    )
    return operator, row.refresh is not None and now - row.checked_at > CHECKED_EVERY


def end(session_id: UUID, *, now: datetime) -> None:
    """End a session; one that is over already stays as it is."""
    DeskSession.objects.filter(id=session_id, ended_at=None).update(ended_at=now)


def end_of_provider(session: str, subject: str, *, now: datetime) -> int:
    """End what the provider's session `session` opened here, or all of the professional `subject`.

    How many ended. Either may be empty.
    """
    by_session = Q(provider_session=session) if session else Q(pk__in=[])
    by_subject = Q(idnat=subject) if subject and not session else Q(pk__in=[])
    rows = DeskSession.objects.filter(
        by_session | by_subject, method=Method.PROSANTE, ended_at=None
    )
    return rows.update(ended_at=now)
