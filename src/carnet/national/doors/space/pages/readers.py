"""« Qui peut voir mon dossier ? »: who is let in, who is kept out, and the means to change it.

The holder says it (CSP L.1111-19), recognises members of their care team (R-143), and needs no
reason to refuse (R-133). Requirements: R-157.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import actions
from carnet.national.record import queries as record
from carnet.national.record.queries import Reader
from carnet.national.record.rules import Authorisation, Consent

#: For how long the holder lets somebody in, by what the form sends.
TERMS: Final[Mapping[str, timedelta | None]] = MappingProxyType(
    {"mois": timedelta(days=30), "an": timedelta(days=365), "toujours": None}
)
#: Professionals shown for a search; a longer list is narrowed by another word.
FOUND: Final = 20


class Search(forms.Form):
    """Words of a name."""

    nom = forms.CharField(max_length=100, required=False)


class Change(forms.Form):
    """What to do, and until when."""

    deed = forms.ChoiceField(choices=lambda: [(name, name) for name in DEEDS])
    terme = forms.ChoiceField(choices=lambda: [(name, name) for name in TERMS], required=False)


def _say(state: Authorisation) -> Callable[[Visit, Reader, str], None]:
    def do(visit: Visit, reader: Reader, term: str) -> None:
        lasts = TERMS[term] if state is Authorisation.VALID else None
        actions.authorise(
            visit.actor,
            visit.patient_id,
            reader.id,
            state,
            now=visit.now,
            until=visit.now + lasts if lasts else None,
        )

    return do


def _recognise(visit: Visit, reader: Reader, _term: str) -> None:
    actions.recognise(visit.actor, visit.patient_id, reader.id, now=visit.now)


def _dismiss(visit: Visit, reader: Reader, _term: str) -> None:
    actions.dismiss(visit.actor, visit.patient_id, reader.id, now=visit.now)


def _declare(visit: Visit, reader: Reader, _term: str) -> None:
    actions.declare_medecin_traitant(visit.actor, visit.patient_id, reader.id, now=visit.now)


def _withdraw(visit: Visit, _reader: Reader, _term: str) -> None:
    actions.set_choices(visit.actor, visit.patient_id, now=visit.now, medecin_traitant="")


@dataclass(frozen=True, slots=True)
class Deed:
    """What can be done about a reader, what is said once it is, and what undoes it."""

    do: Callable[[Visit, Reader, str], None]
    said: str | Promise
    undone_by: str
    fits: Callable[[Reader], bool]  #: to whom it can be done as they are now


DEEDS: Final[Mapping[str, Deed]] = MappingProxyType(
    {
        "bloquer": Deed(
            _say(Authorisation.BLOCKED),
            _("C’est fait : %(name)s ne peut plus rien lire, même en urgence."),
            "debloquer",
            lambda reader: not reader.is_blocked,
        ),
        "debloquer": Deed(
            _say(Authorisation.NONE),
            _("%(name)s n’est plus bloqué, et vous demandera votre accord pour lire."),
            "bloquer",
            lambda reader: reader.is_blocked,
        ),
        "autoriser": Deed(
            _say(Authorisation.VALID),
            _("%(name)s peut maintenant lire votre dossier."),
            "retirer",
            lambda reader: not reader.is_blocked and reader.state is not Authorisation.VALID,
        ),
        "retirer": Deed(
            _say(Authorisation.NONE),
            _("Votre accord à %(name)s est retiré."),
            "autoriser",
            lambda reader: reader.state is Authorisation.VALID,
        ),
        "reconnaitre": Deed(
            _recognise,
            _("%(name)s fait partie de votre équipe de soins."),
            "ecarter",
            lambda reader: not reader.is_structure and not reader.is_recognised,
        ),
        "ecarter": Deed(
            _dismiss,
            _("%(name)s ne fait plus partie de votre équipe de soins."),
            "reconnaitre",
            lambda reader: reader.is_recognised,
        ),
        "medecin-traitant": Deed(
            _declare,
            _("%(name)s est votre médecin traitant."),
            "plus-medecin-traitant",
            lambda reader: reader.is_physician and not reader.is_medecin_traitant,
        ),
        "plus-medecin-traitant": Deed(
            _withdraw,
            _("%(name)s n’est plus votre médecin traitant ; votre accord lui reste."),
            "medecin-traitant",
            lambda reader: reader.is_medecin_traitant,
        ),
    }
)


#: What is said above the lists once something was done.
SAID: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        Consent.GIVEN: _("Vos équipes de soins peuvent lire votre dossier."),
        Consent.REFUSED: _("Vos équipes de soins ne lisent plus votre dossier."),
        "suivi": _("C’est noté : vous n’y êtes plus suivi, son équipe ne lit plus."),
    }
)


@open_to(Visitor.CITIZEN, scope=Scope.MANAGE)
@require_safe
def readers(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Everybody who has a place in the record."""
    return frame.show(
        request,
        visit,
        "readers.html",
        place="accesses",
        tab="readers",
        said=SAID.get(request.GET.get("fait", ""), ""),
        found=record.governance(visit.actor, visit.patient_id, now=visit.now),
    )


@open_to(Visitor.CITIZEN, scope=Scope.MANAGE)
@require_safe
def search(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Professionals of the directory by name, to let them in or keep them out in advance."""
    form = Search(request.GET)
    words = form.cleaned_data["nom"].strip() if form.is_valid() else ""
    found = (
        record.readers_called(visit.actor, visit.patient_id, words, now=visit.now, limit=FOUND + 1)
        if words
        else ()
    )
    return frame.show(
        request,
        visit,
        "reader_search.html",
        place="accesses",
        words=words,
        found=found[:FOUND],
        more=len(found) > FOUND,
    )


@open_to(Visitor.CITIZEN, scope=Scope.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def reader(request: HttpRequest, visit: Visit, reader_id: str) -> HttpResponse:
    """One professional: whether they may read and why, and what can be changed of it."""
    who = (visit.actor, visit.patient_id)
    if not reader_id.isprintable():
        raise Http404
    try:
        found = record.reader(*who, reader_id, now=visit.now)
    except LookupError:
        raise Http404 from None
    if request.method == "POST":
        return _change(request, visit, found)
    done = request.GET.get("fait", "")
    undo = DEEDS[done].undone_by if done in DEEDS else ""
    return frame.show(
        request,
        visit,
        "reader.html",
        place="accesses",
        reader=found,
        explained=_explained(visit, found),
        deeds=[name for name, deed in DEEDS.items() if deed.fits(found)],
        said=DEEDS[done].said % {"name": found.name} if done in DEEDS else "",
        undo=undo if undo and DEEDS[undo].fits(found) else "",
    )


def _change(request: HttpRequest, visit: Visit, found: Reader) -> HttpResponse:
    form = Change(request.POST)
    if not form.is_valid():
        raise Http404
    name = form.cleaned_data["deed"]
    deed = DEEDS[name]
    if deed.fits(found):  # what was done meanwhile is not done twice
        deed.do(visit, found, form.cleaned_data["terme"] or "toujours")
    address = reverse("space:reader", args=[found.id])
    return HttpResponseRedirect(f"{address}?fait={name}")


def _explained(visit: Visit, found: Reader) -> record.Explanation | None:
    """The decision for this professional as they would come; none for a structure."""
    try:
        known = record.known_reader(found.id)
    except LookupError:
        return None
    return record.explain(visit.actor, visit.patient_id, known, now=visit.now)


@open_to(Visitor.CITIZEN)
@require_POST
def team_consent(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say whether care teams may read."""
    answer = request.POST.get("accord")
    if answer not in (Consent.GIVEN, Consent.REFUSED):
        raise Http404
    actions.set_team_consent(visit.actor, visit.patient_id, Consent(answer), now=visit.now)
    return HttpResponseRedirect(f"{reverse('space:readers')}?fait={answer}")


@open_to(Visitor.CITIZEN)
@require_POST
def end_episode(_request: HttpRequest, visit: Visit, episode_id: UUID) -> HttpResponse:
    """Say that a structure no longer follows me."""
    try:
        actions.end_episode(visit.actor, visit.patient_id, episode_id, now=visit.now)
    except LookupError:
        raise Http404 from None
    return HttpResponseRedirect(f"{reverse('space:readers')}?fait=suivi")
