"""The contextual address: the software sends a browser here with a context that it signed.

`POST /AccesDirect/<page>/[<matricule>]` with the field `VIHF`, the signed assertion in base64: the
browser posts a form, as SAML does (SAML 2.0 bindings, HTTP POST). Source: spec dmp §2.4.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from carnet.national.doors.calls import CallRefused, open_context
from carnet.national.doors.consult import visit
from carnet.national.doors.consult.visit import Visitor
from carnet.national.doors.space.headers import protect
from carnet.national.record import actions as record
from carnet.standards.xds.errors import XdsRefused

#: The pages of Web-PS that lead to the documents; the others are not made here.
PAGES: Final = frozenset({"TableauDeBord", "DossierPatient", "Documents"})
_LONGEST: Final = 128 * 1024


# The form comes from another site: what proves it is the signature, once, not a cookie.
@csrf_exempt
@require_POST
def enter(request: HttpRequest, page: str, matricule: str = "") -> HttpResponse:
    """TD0.9, TD0.10: open the record of the context, once, and lead to its documents."""
    if page not in PAGES:
        raise Http404
    now = datetime.now(UTC)
    try:
        assertion = base64.b64decode(request.POST.get("VIHF", "")[:_LONGEST], validate=True)
        actor, vihf = open_context(assertion, now=now)
    except ValueError:
        return _unknown(request, "Le champ VIHF n'est pas en base64.")
    except CallRefused as refusal:
        return _unknown(request, refusal.reason)
    try:
        patient = record.enter_by_context(
            actor,
            vihf.patient,
            claimed=matricule,
            context_id=vihf.id,
            now=now,
            correlation=getattr(request, "correlation", ""),
        )
    except XdsRefused as refusal:
        return protect(visit.refused(request, refusal))
    visit.begin(request, actor, patient, now=now)
    return protect(redirect("consult-documents"))


def _unknown(request: HttpRequest, reason: str) -> HttpResponse:
    """Nobody is known: the reason is said in the words of the check that failed."""
    return protect(render(request, "consult/unknown.html", {"reason": reason}, status=403))


enter.access = Visitor.CONTEXT  # type: ignore[attr-defined]
