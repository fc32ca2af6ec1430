"""Opening another space: a parent opens a child's, and comes back to their own."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from carnet.national.doors.space import visit as visits
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit


class SpaceForm(forms.Form):
    """The patient whose space is to be opened."""

    patient = forms.UUIDField()


@open_to(Visitor.CITIZEN, own=True)
@require_POST
def open_space(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Open one's own space or that of somebody one represents; anything else does not exist."""
    form = SpaceForm(request.POST)
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data["patient"]
    if chosen not in {visit.actor.patient_id, *visit.actor.represents}:
        raise Http404
    visits.open_space(request, chosen)
    return HttpResponseRedirect(reverse("space:home"))
