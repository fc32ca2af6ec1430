"""Send again, give up: asked once, confirmed once, written in the history."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.places import back_to
from carnet.establishment.exchange import actions, queries
from carnet.establishment.patients.actors import Operator


@open_to(Visitor.OPERATOR)
def retry(request: HttpRequest, operator: Operator, delivery_id: UUID) -> HttpResponse:
    """Send again as soon as possible."""
    return _confirm(
        request,
        operator,
        delivery_id,
        act=lambda: actions.retry(operator, delivery_id, now=timezone.now()),
        words={
            "title": _("Relancer cet envoi ?"),
            "lead": _("L’identité et les règles sont vérifiées à nouveau avant l’envoi."),
            "button": _("Relancer l’envoi"),
            "done": _("L’envoi est relancé."),
        },
    )


@open_to(Visitor.OPERATOR)
def cancel(request: HttpRequest, operator: Operator, delivery_id: UUID) -> HttpResponse:
    """Give up this delivery."""
    return _confirm(
        request,
        operator,
        delivery_id,
        act=lambda: actions.cancel(operator, delivery_id, now=timezone.now()),
        words={
            "title": _("Annuler cet envoi ?"),
            "lead": _("Le document ne partira pas vers ce destinataire."),
            "button": _("Annuler l’envoi"),
            "done": _("L’envoi est annulé."),
            "danger": "1",
        },
    )


def _confirm(
    request: HttpRequest,
    operator: Operator,
    delivery_id: UUID,
    *,
    act: Callable[[], None],
    words: dict[str, str],
) -> HttpResponse:
    message_id, delivery = queries.message_of(operator, delivery_id)
    if request.method != "POST":
        return render(
            request,
            "desk/confirm.html",
            {
                "operator": operator,
                "place": "flow",
                "message_id": message_id,
                "delivery": delivery,
                "words": words,
            },
        )
    try:
        act()
    except actions.NotAllowed:
        messages.error(
            request, _("Ce n’est plus possible : l’envoi est en cours, ou son état a changé.")
        )
    else:
        messages.success(request, words["done"])
    return back_to("message", message_id)
