"""The gate of the space: every page says who may come, and nobody else does.

`open_to` declares it and holds it; `page` is the only way to route a view and refuses one that
declares nothing. What the rooms refuse becomes one answer, "this page does not exist", so that a
stranger cannot tell another's document from none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import auth
from django.core.exceptions import ImproperlyConfigured
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils import translation

from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import display, errors, visit
from carnet.national.doors.space.headers import protect
from carnet.national.doors.space.visit import Visit
from carnet.national.journal import actions as journal
from carnet.national.messaging.queries import MessageNotFound
from carnet.national.record.queries import DocumentNotFound
from carnet.national.record.rules import AccessRefused

View = Callable[..., HttpResponseBase]

#: What the rooms raise when there is nothing to show to this reader.
REFUSALS = (DocumentNotFound, MessageNotFound, AccessRefused, PermissionError)


class Visitor(StrEnum):
    """Who may come to a page."""

    EVERYBODY = "everybody"
    CITIZEN = "citizen"


def open_to(
    visitor: Visitor, *, scope: Scope | None = None, own: bool = False, proved: bool = False
) -> Callable[[View], View]:
    """Declare who may come to a view; a citizen's view receives its `Visit` after the request.

    Somebody not signed in is led to the sign-in page and back afterwards. A carer must have
    `scope` in the open space; when it is not told, reading asks `Scope.READ` and anything else
    `Scope.MANAGE`. `own`: the page is about the reader's own account, whatever space is open.
    `proved`: the reader must have proved who they are a short while ago.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
            language = display.language(request)
            with translation.override(language):
                response = protect(_answer(guarded, request, arguments))
            response.headers.setdefault("Content-Language", language)
            return response

        guarded.access = visitor  # type: ignore[attr-defined]
        guarded.rule = Rule(view, scope, own, proved)  # type: ignore[attr-defined]
        return guarded

    return decorate


@dataclass(frozen=True, slots=True)
class Rule:
    """A view, and what `open_to` asks besides its visitor."""

    view: View
    scope: Scope | None
    own: bool
    proved: bool

    def allows(self, current: Visit, method: str) -> bool:
        """Whether a carer may, with the mandate they hold in the open space."""
        reading = method in ("GET", "HEAD")
        return self.own or current.may(self.scope or (Scope.READ if reading else Scope.MANAGE))


def _answer(guarded: View, request: HttpRequest, arguments: dict[str, Any]) -> HttpResponseBase:
    rule: Rule = guarded.rule  # type: ignore[attr-defined]
    if guarded.access is Visitor.EVERYBODY:  # type: ignore[attr-defined]
        return rule.view(request, **arguments)
    current = visit.of(request)
    if current is None:
        return _to_sign_in(request)
    if current.left and not rule.own and request.method not in ("GET", "HEAD"):
        return errors.stale_form(request)  # it was about the space that was left
    if not rule.allows(current, request.method or ""):
        _write_refusal(request, current, arguments, PermissionError())
        return errors.forbidden(request)
    if rule.proved and not current.is_proved:
        return _to_proof(request)
    try:
        return rule.view(request, current, **arguments)
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
    asked: dict[str, str] = {}
    if request.user.is_authenticated:  # the session came to its end by itself
        auth.logout(request)
        asked["fin"] = "temps"
    if request.method == "GET" and request.path != reverse("space:home"):
        asked["next"] = request.get_full_path()
    address = reverse("space:sign-in")
    return HttpResponseRedirect(f"{address}?{urlencode(asked)}" if asked else address)


def _to_proof(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password again; a form is then to be sent anew."""
    back = request.get_full_path() if request.method == "GET" else reverse("space:account")
    return HttpResponseRedirect(f"{reverse('space:proof')}?{urlencode({'next': back})}")


def page(route: str, view: View, name: str) -> URLPattern:
    """A route of the space. Raises `ImproperlyConfigured` for a view that declares no visitor."""
    if not isinstance(getattr(view, "access", None), Visitor):
        raise ImproperlyConfigured(f"{name}: say who may come with @open_to")
    return path(route, view, name=name)
