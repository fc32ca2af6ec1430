"""« Volontés » : what the patient says at the desk of the shared record."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carnet.establishment.doors.desk import deeds
from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.places import back_to, patient_at
from carnet.establishment.patients import vigilance
from carnet.establishment.patients.actors import Operator
from carnet.standards.hl7v2.messages import Consultation, Feeding


class Choice(NamedTuple):
    """One answer of a patient: what is kept, what is read, what follows."""

    feeding: Feeding
    consultation: Consultation
    label: str | Promise
    effect: str | Promise

    @property
    def code(self) -> str:
        """What names it in the form."""
        return f"{self.feeding}-{self.consultation}"


#: The answers that have a sense together (PAM.FR 6.14, spec identity §5.7), in the order shown.
CHOICES: Final = (
    Choice(
        Feeding.NOT_OPPOSED,
        Consultation.CONSENTED,
        gettext_lazy("Ne s’oppose pas à l’envoi, et accepte que l’on consulte"),
        gettext_lazy("Les documents vont dans Mon espace santé, qui peut être consulté ici."),
    ),
    Choice(
        Feeding.NOT_OPPOSED,
        Consultation.REFUSED,
        gettext_lazy("Ne s’oppose pas à l’envoi, mais refuse que l’on consulte"),
        gettext_lazy("Les documents vont dans Mon espace santé, qui n’est pas consulté ici."),
    ),
    Choice(
        Feeding.NOT_OPPOSED,
        Consultation.NOT_COLLECTED,
        gettext_lazy("Ne s’oppose pas à l’envoi ; la consultation n’a pas été demandée"),
        gettext_lazy("Les documents vont dans Mon espace santé."),
    ),
    Choice(
        Feeding.OPPOSED,
        Consultation.REFUSED,
        gettext_lazy("S’oppose à l’envoi, pour un motif légitime"),
        gettext_lazy("Rien ne va dans Mon espace santé, qui n’est pas consulté ici."),
    ),
    Choice(
        Feeding.NOT_COLLECTED,
        Consultation.NOT_COLLECTED,
        gettext_lazy("Rien n’a été recueilli"),
        gettext_lazy("Informer le patient ; en attendant, les documents partent."),
    ),
)


@open_to(Visitor.OPERATOR)
def wishes(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """Ask, and keep the answer."""
    patient = patient_at(patient_id)
    said = request.POST.get("wish", "")
    chosen = next((choice for choice in CHOICES if choice.code == said), None)
    if request.method == "POST" and chosen is not None:
        deeds.do(
            request,
            lambda now: vigilance.wish(
                operator, patient_id, chosen.feeding, chosen.consultation, now=now
            ),
            _("Les volontés du patient sont enregistrées."),
        )
        return back_to("patient", patient_id)
    return render(
        request,
        "desk/wishes.html",
        {
            "operator": operator,
            "place": "identities",
            "patient": patient,
            "choices": CHOICES,
            "now": f"{patient.feeding}-{patient.consultation}",
            "missing": request.method == "POST",
        },
        status=400 if request.method == "POST" else 200,
    )


def spoken(feeding: Feeding, consultation: Consultation) -> str:
    """What a patient said, in a sentence; a pair that no form proposes is told by its codes."""
    found = (c.label for c in CHOICES if (c.feeding, c.consultation) == (feeding, consultation))
    return str(next(found, f"{feeding} / {consultation}"))
