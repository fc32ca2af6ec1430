"""The gate of the desk: every page says who may come, and nobody else does.

`open_to` declares it and holds it; `page` is the only way to route a view and refuses one that
declares nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from carnet.establishment.accounts import prosante, sessions
from carnet.establishment.exchange.queries import MessageNotFound
from carnet.establishment.patients.actors import Operator

View = Callable[..., HttpResponse]

#: What the browser's session holds: the id of the desk's session.
SESSION: Final = "desk_session"

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store, private",
}


class Visitor(StrEnum):
    """Who may come to a page."""

    EVERYBODY = "everybody"
    OPERATOR = "operator"


def open_to(visitor: Visitor) -> Callable[[View], View]:
    """Declare who may come to a view; an operator's view receives its `Operator` first.

    Somebody not signed in is led to the sign-in page and back afterwards.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
            response = _answer(view, visitor, request, arguments)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        guarded.access = visitor  # type: ignore[attr-defined]
        return guarded

    return decorate


def _answer(
    view: View, visitor: Visitor, request: HttpRequest, arguments: dict[str, Any]
) -> HttpResponse:
    if visitor is Visitor.EVERYBODY:
        return view(request, **arguments)
    operator = operator_of(request)
    if operator is None:
        query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(f"{reverse('desk:sign-in')}?{query}")
    try:
        return view(request, operator, **arguments)
    except MessageNotFound:
        return render(request, "desk/not_found.html", {"operator": operator}, status=404)


def operator_of(request: HttpRequest) -> Operator | None:
    """The operator of this session, while it lasts here and at the provider that opened it."""
    held = session_of(request)
    now = timezone.now()
    found = sessions.current(held, now=now) if held else None
    if held is None or found is None:
        return None
    operator, to_check = found
    return operator if not to_check or prosante.still_lives(held, now=now) else None


def session_of(request: HttpRequest) -> UUID | None:
    """The desk's session that this browser holds, perhaps over."""
    held = request.session.get(SESSION)
    return UUID(held) if held else None


def enter(request: HttpRequest, session_id: UUID) -> None:
    """Give the browser a session of its own, new, that holds the desk's."""
    request.session.flush()
    request.session[SESSION] = str(session_id)


def page(route: str, view: View, name: str) -> URLPattern:
    """A route of the desk. Raises `ImproperlyConfigured` for a view that declares no visitor."""
    if not isinstance(getattr(view, "access", None), Visitor):
        raise ImproperlyConfigured(f"{name}: say who may come with @open_to")
    return path(route, view, name=name)
