"""« Mes documents »: the list, by category and by words."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import queries as record

PER_PAGE = 25


class Wanted(forms.Form):
    """What the reader looks for; every field may be absent."""

    categorie = forms.CharField(max_length=80, required=False)
    mots = forms.CharField(max_length=200, required=False)
    avant = forms.CharField(max_length=200, required=False)


@open_to(Visitor.CITIZEN)
@require_safe
def documents(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A page of the documents this reader may see, newest first."""
    form = Wanted(request.GET)
    form.is_valid()
    category = form.cleaned_data.get("categorie", "")
    words = form.cleaned_data.get("mots", "")
    before = form.cleaned_data.get("avant", "")
    found = record.list_documents(
        visit.actor,
        visit.patient_id,
        category=category or None,
        words=words,
        before=before,
        limit=PER_PAGE,
    )
    return frame.show(
        request,
        visit,
        "documents.html",
        place="documents",
        found=found,
        category=next((c for c in found.categories if c.code == category), None),
        everything=sum(c.count for c in found.categories),
        words=words,
        before=before,
    )
