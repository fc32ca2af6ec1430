"""« Vigilance » : what waits for whoever looks after identities, and what they do about it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from carnet.establishment.doors.desk import deeds
from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.forms import TraitsForm, initial
from carnet.establishment.doors.desk.places import back_to, patient_at
from carnet.establishment.doors.desk.printing import label, symbol
from carnet.establishment.exchange import actions, corrections, queries
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.queries import MessageNotFound
from carnet.establishment.patients import files, vigilance, worklist
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.policy import policy
from carnet.standards.ins import StatusEvent

#: What may be declared of an identity at the desk, and what is said once it is done.
DECLARATIONS: Final = {
    StatusEvent.DOUBT.value: gettext_lazy("L’identité est douteuse : rien ne part plus pour elle."),
    StatusEvent.DECLARED_FICTIVE.value: gettext_lazy("L’identité est fictive."),
    StatusEvent.CLEARED.value: gettext_lazy(
        "Le doute est levé : l’identité est à prouver à nouveau."
    ),
    StatusEvent.DISCORDANCE.value: gettext_lazy(
        "La discordance est notée : l’identité est provisoire."
    ),
}


@open_to(Visitor.OPERATOR)
def work(request: HttpRequest, operator: Operator) -> HttpResponse:
    """Everything that waits: what, why, what to do, in one list."""
    return render(
        request,
        "desk/vigilance.html",
        {
            "operator": operator,
            "place": "vigilance",
            "alerts": worklist.alerts(),
            "cases": worklist.cases(),
            "unattributed": queries.unattributed(operator),
            "feeds": queries.stuck_feeds(operator),
            "corrections": queries.corrections(operator),
        },
    )


@open_to(Visitor.OPERATOR)
@require_POST
def distinct(request: HttpRequest, operator: Operator, alert_id: UUID) -> HttpResponse:
    """The people of an alert are not one person."""
    deeds.do(
        request,
        lambda now: vigilance.distinct(operator, alert_id, now=now),
        _("C’est noté : ce ne sont pas les mêmes personnes."),
    )
    return back_to("vigilance")


@open_to(Visitor.OPERATOR)
@require_POST
def declare(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """A doubt, its end, a fictive identity, a discordance."""
    wanted = request.POST.get("event", "")
    if wanted in DECLARATIONS:
        deeds.do(
            request,
            lambda now: vigilance.declare(
                operator,
                patient_id,
                StatusEvent(wanted),
                policy=policy(),
                seen=deeds.seen(request),
                now=now,
            ),
            str(DECLARATIONS[wanted]),
        )
    return back_to("patient", patient_id)


@open_to(Visitor.OPERATOR)
@sensitive_post_parameters()
def traits(request: HttpRequest, operator: Operator, patient_id: UUID) -> HttpResponse:
    """Correct an identity."""
    patient, file = patient_at(patient_id), files.file_of(patient_id, policy())
    if file is None:
        raise MessageNotFound(patient_id)
    form = TraitsForm(
        request.POST if request.method == "POST" else None,
        initial={
            **(initial(file.traits) if file.traits else {"birth_name": patient.birth_name}),
            "used_name": patient.used_name,
            "used_given_name": patient.used_given_name,
            "address": file.address,
            "phone": next(iter(file.phones), ""),
        },
    )
    if request.method == "POST" and form.is_valid():
        declared = form.cleaned_data["declared"]
        deeds.do(
            request,
            lambda now: vigilance.change_traits(
                operator,
                patient_id,
                declared,
                policy=policy(),
                seen=deeds.seen(request),
                now=now,
            ),
            _("L’identité est corrigée."),
        )
        return back_to("arrival-steps", patient_id)
    return render(
        request,
        "desk/traits.html",
        {
            "operator": operator,
            "place": "arrival",
            "form": form,
            "patient": patient,
            "seen": request.POST.get("seen") or file.seen.isoformat(),
        },
        status=400 if request.method == "POST" else 200,
    )


@open_to(Visitor.OPERATOR)
@require_POST
def resend(request: HttpRequest, operator: Operator, feed_id: UUID) -> HttpResponse:
    """Tell an application again what it refused."""
    try:
        actions.resend_feed(operator, feed_id, now=timezone.now())
    except actions.NotAllowed:
        messages.error(request, _("Ce n’est plus possible."))
    else:
        messages.success(request, _("Le message d’identité est renvoyé."))
    return back_to("vigilance")


@open_to(Visitor.OPERATOR)
@require_POST
def correct(request: HttpRequest, operator: Operator, correction_id: UUID) -> HttpResponse:
    """Withdraw the documents that left under a former INS, or leave them where they are."""
    now = timezone.now()
    try:
        if request.POST.get("decision") == "withdraw":
            corrections.start(operator, correction_id, configuration(), now=now)
            said = _("Le retrait des documents est lancé.")
        else:
            corrections.drop(operator, correction_id, now=now)
            said = _("Les documents restent où ils sont.")
    except corrections.NotProposed:
        messages.error(request, _("Ce n’est plus possible."))
    else:
        messages.success(request, said)
    return back_to("vigilance")


@open_to(Visitor.OPERATOR)
def picture(_request: HttpRequest, _operator: Operator, patient_id: UUID) -> HttpResponse:
    """The datamatrix INS of a patient whose identity is qualifiée, as PNG."""
    drawn = symbol(patient_at(patient_id))
    if drawn is None:
        raise MessageNotFound(patient_id)
    return HttpResponse(drawn, content_type="image/png")


@open_to(Visitor.OPERATOR)
def sticker(_request: HttpRequest, _operator: Operator, patient_id: UUID) -> HttpResponse:
    """A label of a patient, as PDF."""
    response = HttpResponse(label(patient_at(patient_id)), content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="etiquette.pdf"'
    return response
