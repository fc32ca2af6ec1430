"""The frame around each page: the places, what waits in them, whose space is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from carnet.national.accounts import queries as accounts
from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import display
from carnet.national.messaging import queries as messaging
from carnet.national.record import queries as record

if TYPE_CHECKING:
    from carnet.national.doors.space.visit import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """A place always in reach: its page, its name, its icon, how many things wait there."""

    name: str
    label: Promise
    icon: str
    waiting: int = 0


PLACES = (
    Place("home", _("Accueil"), "home"),
    Place("documents", _("Documents"), "documents"),
    Place("messages", _("Messages"), "message"),
    Place("accesses", _("Accès"), "eye"),
)


def show(
    request: HttpRequest, visit: Visit, template: str, *, place: str, **context: Any
) -> HttpResponse:
    """A page of a signed-in citizen; `place` names the one it belongs to."""
    spaces = accounts.spaces(visit.actor)
    waiting = {
        "documents": record.new_count(visit.actor, visit.patient_id),
        "messages": messaging.unread_count(visit.actor, visit.patient_id),
    }
    framed: dict[str, Any] = {
        "visit": visit,
        "now": visit.now,
        "here": place,
        "governs": visit.may(Scope.MANAGE),
        "places": [Place(p.name, p.label, p.icon, waiting.get(p.name, 0)) for p in PLACES],
        "open_space": next(s for s in spaces if s.patient_id == visit.patient_id),
        "other_spaces": [s for s in spaces if s.patient_id != visit.patient_id],
    }
    return plain(request, template, **framed, **context)


def plain(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A page for anybody: only what the reader chose about the display is added."""
    shown = {
        "same_page": context.get("same_page") or _same_page(request),
        "language": display.language(request),
        "languages": display.LANGUAGES,
        "text_size": display.text_size(request),
    }
    return render(request, f"space/{template}", shown | context, status=status)


def _same_page(request: HttpRequest) -> str:
    return request.get_full_path() if request.method == "GET" else way_back(request)


def way_back(request: HttpRequest) -> str:
    """The page that the field `next` names; the home page when it leads out of this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    inside = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if inside else reverse("space:home")
