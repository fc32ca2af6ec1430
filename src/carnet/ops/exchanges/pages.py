"""The pages of the exchange log: open for an hour to whoever has a link that the command signed.

Requirements: R-041, R-129.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, Final
from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from carnet.national.exchanges import queries
from carnet.national.exchanges.actions import is_kept
from carnet.national.exchanges.queries import ExchangeNotFound, SealedByAnotherKey
from carnet.ops.exchanges.reading import explain

#: How long a link can be followed, and how long the pages stay open after it.
OPEN_FOR: Final = timedelta(hours=1)
_SALT: Final = "carnet.exchanges"
_SESSION: Final = "exchanges_until"
_PAGE: Final = 50

View = Callable[..., HttpResponse]


class Visitor(StrEnum):
    """Who may come."""

    LINK = "whoever holds a link signed by carnet exchanges link"


def ticket() -> str:
    """What proves that a link comes from this sandbox: signed, with its time."""
    return signing.TimestampSigner(salt=_SALT).sign("open")


def _open(view: View) -> View:
    """A page of the log: not found where nothing is kept, forbidden without a link."""

    @require_GET
    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        if not is_kept():
            raise Http404
        until = request.session.get(_SESSION, "")
        if until <= datetime.now(UTC).isoformat():
            return HttpResponseForbidden("carnet exchanges link", content_type="text/plain")
        response = view(request, **arguments)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    guarded.access = Visitor.LINK  # type: ignore[attr-defined]
    return guarded


@require_GET
def enter(request: HttpRequest) -> HttpResponse:
    """Open the pages to this browser, when the link is good."""
    if not is_kept():
        raise Http404
    try:
        signing.TimestampSigner(salt=_SALT).unsign(request.GET.get("jeton", ""), max_age=OPEN_FOR)
    except signing.BadSignature:
        return HttpResponseForbidden("carnet exchanges link", content_type="text/plain")
    request.session.cycle_key()
    request.session[_SESSION] = (datetime.now(UTC) + OPEN_FOR).isoformat()
    return redirect("exchanges-list")


enter.access = Visitor.LINK  # type: ignore[attr-defined]


@_open
def exchanges(request: HttpRequest) -> HttpResponse:
    """The latest exchanges."""
    try:
        before = parse_datetime(request.GET.get("avant", ""))
    except ValueError:
        before = None
    lines = queries.lines(
        service=request.GET.get("service", ""),
        before=before.replace(tzinfo=before.tzinfo or UTC) if before else None,
        limit=_PAGE,
    )
    older = lines[-1].at.isoformat() if len(lines) == _PAGE else ""
    return render(request, "exchanges/list.html", {"lines": lines, "older": older})


@_open
def exchange(request: HttpRequest, id_: UUID) -> HttpResponse:
    """One exchange: verdict, what the assertion says, envelopes."""
    found = _find(id_)
    context = {"line": found.line, "explained": explain(found)}
    return render(request, "exchanges/exchange.html", context)


@_open
def raw(_request: HttpRequest, id_: UUID, side: str) -> HttpResponse:
    """One side as it was on the wire, to keep as a file."""
    found = _find(id_)
    sides = {"request": found.request, "answer": found.answer}
    if side not in sides:
        raise Http404
    return HttpResponse(
        sides[side],
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{side}-{id_}.bin"'},
    )


def _find(id_: UUID) -> queries.Exchanged:
    try:
        return queries.exchange(id_)
    except (ExchangeNotFound, SealedByAnotherKey):
        raise Http404 from None
