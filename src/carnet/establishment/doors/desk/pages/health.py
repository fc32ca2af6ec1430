"""« Destinations » : whether the country answers, and what waits for it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.exchange import queries
from carnet.establishment.patients.actors import Operator


@open_to(Visitor.OPERATOR)
def health(request: HttpRequest, operator: Operator) -> HttpResponse:
    """One card a circuit."""
    names = {"record": _("Dossier partagé (DMP)"), "mail": _("Messagerie sécurisée (MSSanté)")}
    return render(
        request,
        "desk/health.html",
        {
            "operator": operator,
            "place": "health",
            "destinations": [
                (names[one.name], one) for one in queries.health(operator, now=timezone.now())
            ],
        },
    )
