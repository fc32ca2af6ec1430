"""« Mes messages »: the conversations with professionals and establishments."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.messaging import queries as messaging

PER_PAGE = 25


class Wanted(forms.Form):
    """Where the page starts."""

    avant = forms.CharField(max_length=200, required=False)


@open_to(Visitor.CITIZEN)
@require_safe
def messages(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A page of conversations, newest first."""
    form = Wanted(request.GET)
    form.is_valid()
    before = form.cleaned_data.get("avant", "")
    inbox = messaging.inbox(visit.actor, visit.patient_id, before=before, limit=PER_PAGE)
    return frame.show(request, visit, "messages.html", place="messages", inbox=inbox, before=before)
