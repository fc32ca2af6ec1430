"""« Qui a consulté mon dossier ? »: every act on the record, a day at a time, refusals included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.reasons import in_words
from carnet.national.doors.space.visit import Visit
from carnet.national.journal import queries as journal
from carnet.national.journal import receipts
from carnet.national.journal.queries import Trace
from carnet.national.record import queries as record

#: Acts shown at once.
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Filter:
    """A way to look at the acts: its name in the address, its words, what `history` keeps."""

    name: str
    label: Promise
    keeps: Mapping[str, Any]


FILTERS = (
    Filter("", _("Tout"), {}),
    Filter("soignants", _("Soignants"), {"actor_kinds": ["professional"]}),
    Filter("etablissements", _("Établissements"), {"actor_kinds": ["establishment"]}),
    Filter("nous", _("Moi et mes proches"), {"actor_kinds": ["citizen"]}),
    Filter("refus", _("Accès refusés"), {"outcome": "refused"}),
    Filter("urgences", _("Urgences"), {"emergencies": True}),
)


class Wanted(forms.Form):
    """What the reader looks for."""

    voir = forms.ChoiceField(choices=[(f.name, f.name) for f in FILTERS], required=False)
    avant = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z"])


@dataclass(frozen=True, slots=True)
class Sentence:
    """One act as it is told: how often the very same happened that day, why it was refused."""

    trace: Trace
    times: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day, newest first. `at` is a moment of that day."""

    at: datetime
    sentences: tuple[Sentence, ...]


@open_to(Visitor.CITIZEN)
@require_safe
def accesses(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The acts on the record, newest first."""
    form = Wanted(request.GET)
    form.is_valid()
    chosen = next(f for f in FILTERS if f.name == form.cleaned_data.get("voir", ""))
    before = form.cleaned_data.get("avant")
    traces = journal.history(
        visit.actor,
        visit.patient_id,
        before=before,
        limit=PER_PAGE,
        concealed=record.concealed(visit.actor, visit.patient_id),
        **chosen.keeps,
    )
    return frame.show(
        request,
        visit,
        "accesses.html",
        place="accesses",
        days=by_day(traces),
        filters=FILTERS,
        chosen=chosen,
        before=before,
        next_before=_cursor(traces),
    )


@open_to(Visitor.CITIZEN)
@require_safe
def proof(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every act and its proof, as one file that is checked without us (R-150, R-151)."""
    who = (visit.actor, visit.patient_id)
    made = receipts.receipt(*who, now=visit.now, concealed=record.concealed(*who))
    response = JsonResponse(made, json_dumps_params={"ensure_ascii": False})
    name = f"acces-{visit.now:%Y%m%d}.json"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


def _cursor(traces: Sequence[Trace]) -> str:
    return traces[-1].at.strftime("%Y-%m-%dT%H:%M:%S.%f%z") if len(traces) >= PER_PAGE else ""


def by_day(traces: Iterable[Trace]) -> tuple[Day, ...]:
    """The acts, newest first, a day at a time in the reader's time zone, repeats told once."""
    days = (list(acts) for _date, acts in groupby(traces, key=_date_of))
    return tuple(Day(acts[0].at, told_once(acts)) for acts in days)


def told_once(traces: Iterable[Trace]) -> tuple[Sentence, ...]:
    """The acts of each day, newest first; the very same act of a day is told once and counted."""
    times: dict[tuple[date, str, str], list[Trace]] = {}
    for trace in traces:
        times.setdefault((_date_of(trace), trace.sentence, trace.outcome), []).append(trace)
    return tuple(Sentence(same[0], len(same), in_words(same[0].reasons)) for same in times.values())


def _date_of(trace: Trace) -> date:
    return timezone.localdate(trace.at)
