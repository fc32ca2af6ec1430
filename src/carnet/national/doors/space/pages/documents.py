"""« Mes documents »: the list by category, and what is found by words and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import queries as record
from carnet.national.record.finding.found import FacetValue, Filters, Found, Order
from carnet.national.record.finding.searching import search

PER_PAGE = 25
#: Values of a facet that are shown; the others are reached by narrowing the rest.
MOST_VALUES: Final = 12

#: Field of the address, filter, what it is called.
FACETS: Final[tuple[tuple[str, str, str | Promise], ...]] = (
    ("categorie", "category", _("Catégorie")),
    ("annee", "period", _("Année")),
    ("type", "type", _("Type de document")),
    ("auteur", "author", _("Auteur")),
    ("etablissement", "structure", _("Établissement")),
    ("specialite", "specialty", _("Spécialité")),
)


class Wanted(forms.Form):
    """What the reader looks for; every field may be absent."""

    mots = forms.CharField(max_length=300, required=False)
    categorie = forms.CharField(max_length=80, required=False)
    annee = forms.CharField(max_length=4, required=False)
    type = forms.CharField(max_length=300, required=False)
    auteur = forms.CharField(max_length=300, required=False)
    etablissement = forms.CharField(max_length=300, required=False)
    specialite = forms.CharField(max_length=300, required=False)
    depuis = forms.DateField(required=False)
    jusqua = forms.DateField(required=False)
    tri = forms.ChoiceField(choices=[("date", "date")], required=False)
    avant = forms.CharField(max_length=200, required=False)
    apres = forms.CharField(max_length=200, required=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a facet: where it leads, and how many results would be left."""

    label: str
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to narrow the results: its values, or the one that is chosen and how to leave it."""

    label: str | Promise
    choices: tuple[Choice, ...]
    chosen: str
    without: str


@open_to(Visitor.CITIZEN)
@require_safe
def documents(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The documents this reader may see, newest first; or those that answer a search."""
    form = Wanted(request.GET)
    form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    if asked.keys() - {"categorie", "avant"}:
        return _search(request, visit, asked)
    category = asked.get("categorie", "")
    before = asked.get("avant", "")
    found = record.list_documents(
        visit.actor,
        visit.patient_id,
        category=category or None,
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
        before=before,
        hidden=[("categorie", category)] if category else [],
    )


def _search(request: HttpRequest, visit: Visit, asked: Mapping[str, Any]) -> HttpResponse:
    filters = Filters(
        **{name: asked.get(field, "") for field, name, _label in FACETS},
        since=asked.get("depuis"),
        until=asked.get("jusqua"),
    )
    found = search(
        visit.actor,
        visit.patient_id,
        asked.get("mots", ""),
        filters=filters,
        order=Order.DATE if "tri" in asked else Order.RELEVANCE,
        after=asked.get("apres", ""),
        now=visit.now,
        limit=PER_PAGE,
    )
    kept = {name: value for name, value in asked.items() if name not in ("avant", "apres")}
    return frame.show(
        request,
        visit,
        "search.html",
        place="documents",
        found=found,
        words=asked.get("mots", ""),
        since=filters.since,
        until=filters.until,
        by_date="tri" in asked,
        later="apres" in asked,
        facets=_facets(found, kept),
        narrowed=bool(kept.keys() - {"mots", "tri"}),
        hidden=[(name, value) for name, value in kept.items() if name not in _SHOWN],
        addresses={
            "first": _address(kept),
            "next": _address({**kept, "apres": found.next_after}),
            "everything": _address({k: v for k, v in kept.items() if k in ("mots", "tri")}),
            "by_date": _address({**kept, "tri": "date"}),
            "by_relevance": _address({k: v for k, v in kept.items() if k != "tri"}),
            "suggested": _address({"mots": found.suggestion.text}) if found.suggestion else "",
        },
    )


#: Fields that the form shows; the others it carries along.
_SHOWN: Final = frozenset({"mots", "depuis", "jusqua"})


def _facets(found: Found, kept: Mapping[str, Any]) -> tuple[Facet, ...]:
    facets = []
    for field, name, label in FACETS:
        chosen = str(kept.get(field, ""))
        values = found.facets[name]
        if chosen or len(values) > 1:
            without = _address({k: v for k, v in kept.items() if k != field})
            facets.append(
                Facet(label, _choices(values, kept, field), _label(values, chosen), without)
            )
    return tuple(facets)


def _choices(
    values: tuple[FacetValue, ...], kept: Mapping[str, Any], field: str
) -> tuple[Choice, ...]:
    return tuple(
        Choice(value.label, value.count, _address({**kept, field: value.value}))
        for value in values[:MOST_VALUES]
        if value.value != kept.get(field)
    )


def _label(values: tuple[FacetValue, ...], chosen: str) -> str:
    return next((value.label for value in values if value.value == chosen), chosen)


def _address(fields: Mapping[str, Any]) -> str:
    return f"?{urlencode({name: str(value) for name, value in fields.items() if value})}"
