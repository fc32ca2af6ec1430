"""One document: what it is, in plain words, and its pages; its files; who opened it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import frame, viewer
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.accesses import told_once
from carnet.national.doors.space.pages.visibility import SAID
from carnet.national.doors.space.visit import Visit
from carnet.national.journal import queries as journal
from carnet.national.record import queries as record

#: Pages shown at once; drawing one takes some 12 ms.
LEAVES = 4
#: Acts on the document shown beside it; all of them are in « Qui a consulté mon dossier ? ».
OPENINGS = 10
#: A file handed over is inert even if a browser insists on showing it.
INERT = "default-src 'none'; sandbox"


@open_to(Visitor.CITIZEN)
@require_safe
def document(request: HttpRequest, visit: Visit, document_id: UUID) -> HttpResponse:
    """The page of one document; opening it is written in the journal by the record."""
    who = (visit.actor, visit.patient_id)
    view = record.document(*who, document_id, now=visit.now)
    stored = record.content(*who, document_id, now=visit.now)
    shown = viewer.look(stored)
    first = _first_leaf(request, shown.page_count)
    return frame.show(
        request,
        visit,
        "document.html",
        place="documents",
        view=view,
        document=view.summary,
        shown=shown,
        leaves=viewer.leaves(shown, first, LEAVES),
        earlier=max(1, first - LEAVES) if first > 1 else None,
        later=first + LEAVES if first + LEAVES <= shown.page_count else None,
        seers=record.audience(*who, document_id, now=visit.now) if visit.may(Scope.MANAGE) else (),
        is_holder=visit.patient_id == visit.actor.patient_id,
        said=SAID.get(request.GET.get("fait", ""), ""),
        sentences=told_once(journal.history(*who, limit=OPENINGS, document_id=view.logical_id)),
    )


def _first_leaf(request: HttpRequest, page_count: int) -> int:
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    return number if 1 <= number <= page_count else 1


@open_to(Visitor.CITIZEN)
@require_safe
def original(_request: HttpRequest, visit: Visit, document_id: UUID) -> HttpResponse:
    """The file exactly as it was received."""
    stored = record.content(visit.actor, visit.patient_id, document_id, now=visit.now)
    return hand_over(stored.filename, stored.mime_type, stored.data)


@open_to(Visitor.CITIZEN)
@require_safe
def readable(_request: HttpRequest, visit: Visit, document_id: UUID) -> HttpResponse:
    """The file that a person can read: the PDF or the picture that the document carries."""
    stored = record.content(visit.actor, visit.patient_id, document_id, now=visit.now)
    carried = viewer.look(stored).carried
    if carried is None:
        raise Http404
    name = stored.filename.rpartition(".")[0] or stored.filename
    return hand_over(f"{name}.{carried.extension}", carried.media_type, carried.data)


def hand_over(filename: str, media_type: str, data: bytes) -> HttpResponse:
    """A file to keep: never shown in place by the browser, whatever it holds."""
    response = HttpResponse(data, content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["Content-Security-Policy"] = INERT
    return response
