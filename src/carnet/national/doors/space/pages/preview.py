"""« Voir mon dossier comme… »: what a kind of reader would see, and what it would not, and why.

The matrix (R-148) as a patient can look at it: on their own documents.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import queries as record
from carnet.national.record.readers import IMAGINED

#: Documents shown at once.
PER_PAGE = 50


@open_to(Visitor.CITIZEN, scope=Scope.MANAGE)
@require_safe
def preview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The documents, each with whether that reader would open it."""
    asked = request.GET.get("comme", "")
    name = asked if asked in IMAGINED else next(iter(IMAGINED))
    reader = IMAGINED[name]
    before = request.GET.get("avant", "")
    return frame.show(
        request,
        visit,
        "preview.html",
        place="accesses",
        tab="preview",
        readers=IMAGINED.items(),
        chosen=name,
        reader=reader,
        before=before,
        seen=record.preview(
            visit.actor,
            visit.patient_id,
            reader.profession,
            now=visit.now,
            specialty=reader.specialty,
            purpose=reader.purpose,
            consented=reader.consented,
            is_medecin_traitant=reader.is_medecin_traitant,
            before=before,
            limit=PER_PAGE,
        ),
    )
