"""The documents that the professional may know of (TD3.1), and one of them (TD3.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from carnet.national.doors.consult import visit as visits
from carnet.national.doors.consult.visit import Visit, visited
from carnet.national.doors.space import viewer
from carnet.national.identity import queries as identity
from carnet.national.record import actions, entries
from carnet.national.record import queries as record
from carnet.standards import nos, xml
from carnet.standards.habilitations import AuthorizationAction, SetAuthorization
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments, QueryName, StoredQuery, untyped
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Code, DocumentEntry, Status
from carnet.standards.xds.rules.signatures import is_signature

#: Pages of a document shown at once.
_LEAVES: Final = 4

#: What a professional is told of a document beside its title (EX_3.1-1080), by code or status.
_STATES: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        Status.ARCHIVED: _("archivé"),
        Status.DEPRECATED: _("ancienne version obsolète"),
        "MASQUE_PS": _("masqué aux professionnels de santé"),
        "INVISIBLE_PATIENT": _("non visible par le patient"),
        "INVISIBLE_REPRESENTANTS_LEGAUX": _("non visible par les représentants légaux"),
    }
)
_VISIBILITY: Final = "1.2.250.1.213.1.1.4.13"  # TRE_A07
#: Of these the reader is warned before they speak of the document (EX_3.2-1025).
_WARNED: Final = frozenset({"INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"})


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to, by its name in the address."""

    name: str
    label: Promise
    statuses: tuple[Status, ...] = (Status.APPROVED,)
    codes: tuple[Code, ...] = ()


#: The first is that of a list that nothing narrows (EX_3.1-1030).
_FILTERS: Final = (
    Filter("", _("En vigueur")),
    Filter("archives", _("Archivés"), (Status.ARCHIVED,)),
    Filter("obsoletes", _("Anciennes versions"), (Status.DEPRECATED,)),
    Filter("masques", _("Masqués aux professionnels"), codes=(Code("MASQUE_PS", _VISIBILITY),)),
    Filter(
        "non-visibles-patient",
        _("Non visibles par le patient"),
        codes=(Code("INVISIBLE_PATIENT", _VISIBILITY),),
    ),
    Filter(
        "non-visibles-representants",
        _("Non visibles par les représentants légaux"),
        codes=(Code("INVISIBLE_REPRESENTANTS_LEGAUX", _VISIBILITY),),
    ),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as the list and its page tell it."""

    id: str
    unique_id: str
    title: str
    type_label: str
    author: str
    structure: str
    at: datetime
    states: tuple[Promise, ...]
    warned: bool
    from_patient: bool  #: looks different (EX_3.1-1040)


@visited
@require_safe
def documents(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What may be read, newest act first: what is current, unless something else is asked."""
    asked = request.GET.get("voir", "")
    chosen = next((one for one in _FILTERS if one.name == asked), _FILTERS[0])
    query = FindDocuments(
        visit.patient.cx,
        chosen.statuses,
        confidentiality=(chosen.codes,) if chosen.codes else (),
    )
    return _page(
        request,
        visit,
        "documents.html",
        documents=_find(visit, untyped(query)),
        filters=_FILTERS,
        chosen=chosen,
    )


@visited
@require_safe
def document(request: HttpRequest, visit: Visit, unique_id: str) -> HttpResponse:
    """One document, opened by hand (EX_3.2-1010)."""
    listed = next(iter(_named(visit, unique_id)), None)
    stored = _content(visit, unique_id)
    shown = viewer.look(stored)
    first = _first_leaf(request, shown.page_count)
    return _page(
        request,
        visit,
        "document.html",
        document=listed,
        unique_id=unique_id,
        shown=shown,
        leaves=viewer.leaves(shown, first, _LEAVES),
        earlier=max(1, first - _LEAVES) if first > 1 else None,
        later=first + _LEAVES if first + _LEAVES <= shown.page_count else None,
    )


@visited
@require_safe
def lot(request: HttpRequest, visit: Visit, unique_id: str) -> HttpResponse:
    """The documents that came in the same lots as this one (REC_3.2-1080)."""
    named = _named(visit, unique_id)
    if not named:
        raise Http404
    lots = _ask(visit, QueryName.GET_SUBMISSION_SETS, "$uuid", *(each.id for each in named))
    found = {
        each.unique_id: each
        for one in lots
        if one.kind == "submission_set"
        for each in _listed_of(
            _ask(
                visit,
                QueryName.GET_SUBMISSION_SET_AND_CONTENTS,
                "$XDSSubmissionSetEntryUUID",
                EntryUuid.of(one.id),
            )
        )
        if each.unique_id != unique_id
    }
    documents = sorted(found.values(), key=lambda each: each.at, reverse=True)
    return _page(request, visit, "documents.html", documents=documents, of=named[0])


@visited
@require_safe
def original(_request: HttpRequest, visit: Visit, unique_id: str) -> HttpResponse:
    """The file as it was received, to keep: never shown in place."""
    stored = _content(visit, unique_id)
    response = HttpResponse(stored.data, content_type=stored.mime_type)
    name = content_disposition_header(True, stored.filename)
    response["Content-Disposition"] = name or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@visited
@require_POST
def authorise(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """TD0.3, once the professional says that the patient agreed (EX_0.3-1010)."""
    actions.set_authorization(
        visit.actor,
        SetAuthorization(AuthorizationAction.AJOUT),
        patient=visit.patient,
        now=visit.now,
        correlation=visit.correlation,
    )
    return redirect("consult-documents")


@visited
@require_POST
def leave(request: HttpRequest, _visit: Visit) -> HttpResponse:
    """End the visit."""
    visits.end(request)
    return render(request, "consult/ended.html")


def _page(request: HttpRequest, visit: Visit, template: str, **context: object) -> HttpResponse:
    """A page about the holder, who is named on each: nobody reads the wrong record."""
    holder = identity.find_by_ins(visit.patient)
    facts = {"visit": visit, "now": visit.now, "holder": holder, **context}
    return render(request, f"consult/{template}", facts)


def _named(visit: Visit, unique_id: str) -> list[Listed]:
    """The document of this uniqueId, if it may be known of."""
    return _find(visit, untyped(GetDocuments(unique_ids=(unique_id,))))


def _ask(visit: Visit, name: QueryName, parameter: str, *ids: str) -> list[record.Fragment]:
    """What a stored query finds of these objects."""
    return _search(visit, StoredQuery(name, {parameter: (ids,)}))


def _find(visit: Visit, query: StoredQuery) -> list[Listed]:
    return _listed_of(_search(visit, query))


def _search(visit: Visit, query: StoredQuery) -> list[record.Fragment]:
    return record.find(
        visit.actor,
        query,
        patient=visit.patient,
        now=visit.now,
        correlation=visit.correlation,
    )


def _listed_of(found: Iterable[record.Fragment]) -> list[Listed]:
    """The documents of an answer, but for the signatures of lots."""
    read = (read_entry(xml.parse(each.text)) for each in found if each.kind == "document")
    return [_listed(entry) for entry in read if not is_signature(entry)]


def _listed(entry: DocumentEntry) -> Listed:
    author = entry.authors[0] if entry.authors else None
    institutions = author.institutions if author else ()
    codes = [code.code for code in entry.confidentiality]
    told = [*codes, *filter(None, [entry.status])]
    return Listed(
        id=entry.id,
        unique_id=entry.unique_id,
        title=entry.title,
        type_label=_label(entry.type_code),
        author=entries.person_name(author.person) if author else "",
        structure=entries.xon_name(institutions[0]) if institutions else "",
        at=entries.moment(entry.service_start_time or entry.creation_time),
        states=tuple(_STATES[each] for each in told if each in _STATES),
        warned=not _WARNED.isdisjoint(codes),
        from_patient=entries.is_from_patient(entry),
    )


def _label(code: Code | None) -> str:
    return (nos.display(code.scheme, code.code) or code.display) if code else ""


def _content(visit: Visit, unique_id: str) -> record.StoredDocument:
    """The bytes, read as TD3.2. Raises `Http404` for what may not be read or does not exist."""
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, unique_id)
    try:
        retrieved, _errors = actions.retrieve(
            visit.actor,
            [ref],
            patient=visit.patient,
            now=visit.now,
            correlation=visit.correlation,
        )
    except XdsRefused:
        raise Http404 from None
    if not retrieved:
        raise Http404
    kind = viewer.KINDS.get(retrieved[0].mime_type)
    extension = kind.extension if kind else "xml"
    return record.StoredDocument(
        retrieved[0].mime_type, retrieved[0].data, f"{unique_id}.{extension}"
    )


def _first_leaf(request: HttpRequest, page_count: int) -> int:
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    return number if 1 <= number <= page_count else 1
