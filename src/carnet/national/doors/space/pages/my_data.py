"""« Mes données »: a copy of the whole record, and what becomes of it when the space is closed."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import queries as record
from carnet.national.record.archive.taking import MOST_COPIES, CopyRefused, take_copy


@open_to(Visitor.CITIZEN, scope=Scope.HOLDER)
@require_safe
def my_data(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What a copy holds, and the way to it."""
    return frame.show(
        request,
        visit,
        "my_data.html",
        place="account",
        record=record.summary(visit.actor, visit.patient_id),
    )


@open_to(Visitor.CITIZEN, scope=Scope.HOLDER, proved=True)
@require_http_methods(["GET", "HEAD", "POST"])
def copy(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """The copy itself, for who proved a short while ago that it is them."""
    if request.method != "POST":
        return _ask(request, visit)
    try:
        file = take_copy(visit.actor, visit.patient_id, now=visit.now)
    except CopyRefused as refusal:
        under_way = gettext("Une copie est déjà en préparation : attendez qu’elle se termine.")
        enough = gettext("Vous pourrez en demander une autre demain.")
        return _ask(
            request,
            visit,
            status=429,
            refusal=gettext("Cette copie n’a pas été faite."),
            remedy=under_way if refusal.under_way else enough,
        )
    name = f"carnet-{visit.now:%Y%m%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


def _ask(request: HttpRequest, visit: Visit, **context: object) -> HttpResponse:
    return frame.show(request, visit, "copy.html", place="account", most=MOST_COPIES, **context)
