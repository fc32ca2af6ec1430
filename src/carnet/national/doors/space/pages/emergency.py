"""« En urgence »: the three choices of the holder, each said with what it changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import actions
from carnet.national.record import queries as record


@dataclass(frozen=True, slots=True)
class Choice:
    """A question, in two sentences; `column` holds the answer, turned round when it `opposes`."""

    name: str
    column: str
    opposes: bool
    title: str | Promise
    sentences: tuple[str | Promise, ...]
    yes: str | Promise
    no: str | Promise


CHOICES: Final = (
    Choice(
        "samu",
        "opposes_centre_15",
        True,
        _("Le médecin du 15 (SAMU)"),
        (
            _("Quand vous appelez le 15, le médecin qui répond peut lire votre dossier."),
            _("Sans cela, il ne saura de vos maladies et traitements que ce qu’on lui dira."),
        ),
        _("Il peut lire mon dossier"),
        _("Il ne peut pas le lire"),
    ),
    Choice(
        "professionnels",
        "opposes_bris_de_glace",
        True,
        _("Un professionnel, si je ne peux pas répondre"),
        (
            _(
                "Si votre vie est en danger et que vous ne pouvez pas parler, un professionnel"
                " peut ouvrir votre dossier en déclarant l’urgence."
            ),
            _("Vous et votre médecin traitant en êtes prévenus aussitôt."),
        ),
        _("Il peut lire mon dossier"),
        _("Il ne peut pas le lire"),
    ),
    Choice(
        "masques",
        "masked_in_emergency",
        False,
        _("Mes documents masqués, en urgence"),
        (
            _("Vos documents masqués peuvent aussi être lus dans ces deux cas, s’ils sont permis."),
            _("Sans cela, ils restent masqués, même s’ils pouvaient aider à vous soigner."),
        ),
        _("Ils peuvent être lus"),
        _("Ils restent masqués"),
    ),
)


class Answer(forms.Form):
    """One choice, and the answer."""

    choix = forms.ChoiceField(choices=[(each.name, each.name) for each in CHOICES])
    reponse = forms.ChoiceField(choices=[("oui", "oui"), ("non", "non")])


@open_to(Visitor.CITIZEN, scope=Scope.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The three choices; each is saved alone."""
    if request.method == "POST":
        form = Answer(request.POST)
        if not form.is_valid():
            raise Http404
        chosen = next(each for each in CHOICES if each.name == form.cleaned_data["choix"])
        value = (form.cleaned_data["reponse"] == "oui") is not chosen.opposes
        said: dict[str, Any] = {chosen.column: value}
        actions.set_choices(visit.actor, visit.patient_id, now=visit.now, **said)
        address = reverse("space:emergency")
        return HttpResponseRedirect(f"{address}?fait={chosen.name}#{chosen.name}")
    now = record.choices(visit.actor, visit.patient_id, now=visit.now)
    return frame.show(
        request,
        visit,
        "emergency.html",
        place="accesses",
        tab="emergency",
        choices=[(each, getattr(now, each.column) is not each.opposes) for each in CHOICES],
        done=request.GET.get("fait", ""),
    )
