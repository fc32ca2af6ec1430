"""« Je ne veux pas d’espace »: the opposition before opening, and its proof."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import papers
from carnet.national.accounts.actions import Opposition
from carnet.national.doors.space import entering, fields, frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.sign_in import told_to_wait

#: Session key of what the proof says.
_PROOF: Final = "opposition"


@open_to(Visitor.EVERYBODY)
def oppose(request: HttpRequest) -> HttpResponse:
    """Say what it means, ask for the card, keep the opposition."""
    form = fields.CardForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Refuser l’ouverture de mon espace"),
        "lead": gettext(
            "Aucun document n’y sera déposé et personne ne pourra le consulter. Vos soins et vos"
            " remboursements n’en dépendent pas. Vous pourrez changer d’avis."
        ),
        "button": gettext("Je m’oppose à l’ouverture"),
    }
    if request.method != "POST":
        return frame.plain(request, "form.html", form=form, **named)
    if not form.is_valid():
        return frame.plain(request, "form.html", form=form, status=400, **named)
    try:
        kept = accounts.oppose(form.card, now=timezone.now(), source=entering.source(request))
    except accounts.OppositionRefused:
        return frame.plain(
            request,
            "form.html",
            form=form,
            status=403,
            refusal=gettext("L’opposition n’a pas été enregistrée."),
            remedy=gettext(
                "Vérifiez chaque champ. Si votre espace est déjà activé, fermez-le depuis"
                " « Mon compte » ; pour un enfant, un parent le demande."
            ),
            **named,
        )
    except accounts.TooManyAttempts as stop:
        return frame.plain(
            request, "form.html", form=form, status=429, **named, **told_to_wait(stop)
        )
    request.session.cycle_key()
    request.session[_PROOF] = {
        "patient_id": str(kept.patient_id),
        "name": kept.name,
        "birth_date_hl7": kept.birth_date_hl7,
        "since": kept.since.isoformat(),
        "reference": kept.reference,
    }
    return HttpResponseRedirect(reverse("space:opposed"))


@open_to(Visitor.EVERYBODY)
@require_safe
def opposed(request: HttpRequest) -> HttpResponse:
    """It is kept; here is the proof."""
    if _PROOF not in request.session:
        return HttpResponseRedirect(reverse("space:opposition"))
    return frame.plain(
        request,
        "told.html",
        title=gettext("Votre opposition est enregistrée"),
        lead=gettext("Gardez l’attestation : elle porte la référence de votre demande."),
        link=(reverse("space:opposition-proof"), gettext("Télécharger l’attestation (PDF)")),
    )


@open_to(Visitor.EVERYBODY)
@require_safe
def proof(request: HttpRequest) -> HttpResponse:
    """The proof, as a PDF."""
    kept = request.session.get(_PROOF)
    if kept is None:
        return HttpResponseRedirect(reverse("space:opposition"))
    said = Opposition(
        UUID(kept["patient_id"]),
        kept["name"],
        kept["birth_date_hl7"],
        datetime.fromisoformat(kept["since"]),
        kept["reference"],
    )
    response = HttpResponse(papers.opposition_proof(said), content_type="application/pdf")
    response["Content-Disposition"] = 'attachment; filename="attestation-opposition.pdf"'
    return response
