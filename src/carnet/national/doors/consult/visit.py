"""The visit of a professional: who they are, whose record they consult, until when.

It lies in the session, which the context alone begins: nobody signs in here, and a visit opens one
record. Requirements: EX_0.2-1050, EX_0.3-1050.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render

from carnet.national.doors.space.headers import protect
from carnet.national.journal.actors import Professional
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.metadata import Code

#: How long a visit lasts, whatever is done in it.
LASTS: Final = timedelta(hours=1)
_SESSION: Final = "consultation"


class Visitor(StrEnum):
    """Who may come."""

    CONTEXT = "a professional, by a context that their software signed"


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit under way."""

    actor: Professional
    patient: Ins
    now: datetime
    correlation: str


def begin(request: HttpRequest, actor: Professional, patient: Ins, *, now: datetime) -> None:
    """Begin a visit; whatever the session held is forgotten.

    The forms of the visit before, left in another tab, are good no more: what they say of one
    patient must not be done to another.
    """
    request.session.flush()
    rotate_token(request)
    request.session[_SESSION] = {
        "actor": asdict(actor),
        "patient": patient.cx,
        "until": (now + LASTS).isoformat(),
    }


def current(request: HttpRequest, *, now: datetime) -> Visit | None:
    """The visit of this session, while it lasts."""
    held = request.session.get(_SESSION)
    if held is None or held["until"] <= now.isoformat():
        return None
    fields = dict(held["actor"])
    fields["profession"] = Code(**fields["profession"])
    fields["specialty"] = Code(**fields["specialty"]) if fields["specialty"] else None
    return Visit(
        Professional(**fields),
        Ins.from_cx(held["patient"]),
        now,
        getattr(request, "correlation", ""),
    )


def end(request: HttpRequest) -> None:
    """End the visit of this session."""
    request.session.flush()


View = Callable[..., HttpResponse]


def visited(view: View) -> View:
    """A page of a visit: the view receives it; what the record refuses is told in its words."""

    @wraps(view)
    def guarded(request: HttpRequest, **arguments: Any) -> HttpResponse:
        visit = current(request, now=datetime.now(UTC))
        if visit is None:
            return protect(render(request, "consult/ended.html", status=403))
        try:
            response = view(request, visit, **arguments)
        except XdsRefused as refusal:
            response = refused(request, refusal, visit)
        return protect(response)

    guarded.access = Visitor.CONTEXT  # type: ignore[attr-defined]
    return guarded


def refused(request: HttpRequest, refusal: XdsRefused, visit: Visit | None = None) -> HttpResponse:
    """The page of a refusal."""
    error = refusal.errors[0]
    return render(request, "consult/refused.html", {"error": error, "visit": visit}, status=403)
