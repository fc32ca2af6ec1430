"""The gate of the space: every page says who may come, and nobody else does.

`open_to` declares it and holds it; `page` is the only way to route a view and refuses one that
declares nothing. What the rooms refuse becomes one answer, "this page does not exist", so that a
stranger cannot tell another's document from none.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import translation

from carnet.national.doors.space import display, errors, visit
from carnet.national.doors.space.headers import protect
from carnet.national.doors.space.visit import Visit
from carnet.national.journal import actions as journal
from carnet.national.messaging.queries import MessageNotFound
from carnet.national.record.queries import DocumentNotFound
from carnet.national.record.rules import AccessRefused

View = Callable[..., HttpResponse]

#: What the rooms raise when there is nothing to show to this reader.
REFUSALS = (DocumentNotFound, MessageNotFound, AccessRefused, PermissionError)


class Visitor(StrEnum):
    """Who may come to a page."""

    EVERYBODY = "everybody"
    CITIZEN = "citizen"


def open_to(visitor: Visitor) -> Callable[[View], View]:
    """Declare who may come to a view; a citizen's view receives its `Visit` after the request.

    Somebody not signed in is led to the sign-in page and back afterwards.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
            language = display.language(request)
            with translation.override(language):
                response = protect(_answer(view, visitor, request, arguments))
            response.headers.setdefault("Content-Language", language)
            return response

        guarded.access = visitor  # type: ignore[attr-defined]
        return guarded

    return decorate


def _answer(
    view: View, visitor: Visitor, request: HttpRequest, arguments: dict[str, Any]
) -> HttpResponse:
    if visitor is Visitor.EVERYBODY:
        return view(request, **arguments)
    current = visit.of(request)
    if current is None:
        return _to_sign_in(request)
    try:
        return view(request, current, **arguments)
    except Http404:
        return errors.not_found(request)
    except REFUSALS as refusal:
        _write_refusal(request, current, arguments, refusal)
        return errors.not_found(request)


def _write_refusal(
    request: HttpRequest, current: Visit, arguments: dict[str, Any], refusal: Exception
) -> None:
    """Refusals are written too (DESIGN §1, rule 4), for those who watch over the space."""
    journal.record(
        current.actor,
        "space.refused",
        at=current.now,
        patient_id=current.patient_id,
        outcome="refused",
        reasons=(type(refusal).__name__,),
        object_type=request.resolver_match.view_name if request.resolver_match else "",
        object_id=" ".join(str(value) for value in arguments.values()),
    )


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    address = reverse("space:sign-in")
    if request.method == "GET" and request.path != reverse("space:home"):
        address = f"{address}?{urlencode({'next': request.get_full_path()})}"
    return HttpResponseRedirect(address)


def page(route: str, view: View, name: str) -> URLPattern:
    """A route of the space. Raises `ImproperlyConfigured` for a view that declares no visitor."""
    if not isinstance(getattr(view, "access", None), Visitor):
        raise ImproperlyConfigured(f"{name}: say who may come with @open_to")
    return path(route, view, name=name)
