"""« Destinations » : whether the country answers, what waits for it, and what we call it with.

The software is told by the name and the version that each VIHF holds (EX_GEN-1180). Requirements:
R-018, R-040.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.words import PAPERS
from carnet.establishment.exchange import queries
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.patients.actors import Operator


@open_to(Visitor.OPERATOR)
def health(request: HttpRequest, operator: Operator) -> HttpResponse:
    """One card a circuit, then the certificates and the software."""
    here, now = configuration(), timezone.now()
    names = {"record": _("Dossier partagé (DMP)"), "mail": _("Messagerie sécurisée (MSSanté)")}
    return render(
        request,
        "desk/health.html",
        {
            "operator": operator,
            "place": "health",
            "destinations": [(names[one.name], one) for one in queries.health(operator, now=now)],
            "papers": [
                (PAPERS[paper.use], paper) for paper in queries.papers(operator, here, now=now)
            ],
            "software": here.software,
        },
    )
