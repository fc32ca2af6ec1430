"""From the metadata of XDS to the lines of the tables: no decision, no SQL."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import filterfalse
from typing import Any, Final
from uuid import UUID

from uuid_utils.compat import uuid7

from carnet.national.clients.documents import Stored
from carnet.national.record import fragments
from carnet.national.record.rules import DocumentFacts
from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.nos import category_of
from carnet.standards.xds.ebrim import (
    association_fragment,
    entry_fragment,
    folder_fragment,
    submission_set_fragment,
)
from carnet.standards.xds.metadata import (
    Association,
    Author,
    Code,
    DocumentEntry,
    Folder,
    Status,
    Submission,
    SubmissionSet,
)

#: classCode of what a patient deposits (spec dmp §3.11).
PATIENT_CLASS: Final = "90"
_PATIENT_TYPES: Final = ("DOCPAT", "EXPPAT")


def facts_of(entry: DocumentEntry, *, own: bool = False) -> DocumentFacts:
    """What the rules look at in these metadata."""
    codes = {code.code for code in entry.confidentiality}
    return DocumentFacts(
        status=entry.status or Status.APPROVED,
        masked="MASQUE_PS" in codes,
        invisible_patient="INVISIBLE_PATIENT" in codes,
        invisible_representatives="INVISIBLE_REPRESENTANTS_LEGAUX" in codes,
        own=own,
        from_patient=is_from_patient(entry),
    )


def is_from_patient(entry: DocumentEntry) -> bool:
    """Whether the patient deposited it (spec dmp §3.11, EX_3.1-1040)."""
    kind = entry.type_code.code if entry.type_code else ""
    class_ = entry.class_code.code if entry.class_code else ""
    return class_ == PATIENT_CLASS or kind.startswith(_PATIENT_TYPES)


def hidden_for(facts: DocumentFacts) -> list[str]:
    """To whom the journal must not show what was done with such a document (spec dmp §6.5)."""
    if facts.invisible_patient:
        return ["patient", "representatives"]
    return ["representatives"] if facts.invisible_representatives else []


def registered(
    entry: DocumentEntry, entry_uuid: UUID, stored: Stored, repository: str
) -> DocumentEntry:
    """The entry as the registry answers it: ids, status, hash, size and repository set here."""
    urn = EntryUuid.of(entry_uuid)
    return replace(
        entry,
        id=urn,
        logical_id=urn,
        version=1,
        status=Status.APPROVED,
        hash=stored.sha1,
        size=stored.size,
        repository_unique_id=repository,
    )


def document_row(
    entry: DocumentEntry,
    stored: Stored,
    *,
    patient_id: UUID,
    submission_set_id: UUID,
    senders: Iterable[Author],
    replaces: UUID | None,
    received_at: datetime,
) -> dict[str, Any]:
    """The line of `record_document` for a registered entry.

    Raises `ValueError` on a bad time, or when the metadata are too long to be kept.
    """
    facts = facts_of(entry)
    type_code, class_code = entry.type_code, entry.class_code
    kind = type_code.code if type_code else ""
    class_ = class_code.code if class_code else ""
    creation = moment(entry.creation_time)
    start = moment(entry.service_start_time) if entry.service_start_time else None
    return {
        "patient_id": str(patient_id),
        "id": EntryUuid(entry.id).text,
        "submission_set_id": str(submission_set_id),
        "unique_id": entry.unique_id,
        "logical_id": EntryUuid(entry.logical_id).text,
        "version": entry.version,
        "status": (entry.status or Status.APPROVED).name,
        "title": entry.title,
        "type_code": coded(type_code),
        "class_code": coded(class_code),
        "category": category_of(kind, class_).slug,
        "format_code": coded(entry.format_code),
        "facility_type": coded(entry.facility_type),
        "practice_setting": coded(entry.practice_setting),
        "confidentiality": [coded(code) for code in entry.confidentiality],
        "events": [coded(code) for code in entry.events],
        "author_persons": [author.person for author in entry.authors if author.person],
        "author_ids": [xcn_id(author.person) for author in entry.authors if author.person],
        "structures": sorted({*_structures(entry.authors), *_structures(senders)}),
        "words": plain(
            " ".join(
                (
                    entry.title,
                    type_code.display if type_code else "",
                    *(person_name(author.person) for author in entry.authors),
                    *(xon_name(each) for author in entry.authors for each in author.institutions),
                )
            )
        ),
        "masked": facts.masked,
        "invisible_patient": facts.invisible_patient,
        "invisible_representatives": facts.invisible_representatives,
        "from_patient": facts.from_patient,
        "replaces_id": str(replaces) if replaces else None,
        "creation_time": creation.isoformat(),
        "service_start": (start or creation).isoformat(),
        "service_start_time": start.isoformat() if start else None,
        "service_stop": moment(entry.service_stop_time).isoformat()
        if entry.service_stop_time
        else None,
        "received_at": received_at.isoformat(),
        "mime_type": entry.mime_type,
        "size": stored.size,
        "sha1": stored.sha1,
        "sha256": stored.sha256,
        "reference_ids": list(entry.reference_ids),
        "availability": entry.document_availability,
        "fragment": fragments.in_json(fragments.pack(entry_fragment(entry))),
    }


def lot_row(
    lot: SubmissionSet, lot_id: UUID, *, patient_id: UUID, digest: str, received_at: datetime
) -> dict[str, Any]:
    """The line of `record_submissionset` for a lot, which gets its id and its status here."""
    sender = lot.author[0] if lot.author else None
    institution = sender.institutions[0] if sender and sender.institutions else ""
    return {
        "patient_id": str(patient_id),
        "id": str(lot_id),
        "unique_id": lot.unique_id,
        "source_id": lot.source_id,
        "content_type": coded(lot.content_type),
        "submission_time": lot.submission_time,
        "sender_name": person_name(sender.person) if sender else "",
        "sender_structure": xon_name(institution),
        "title": lot.title,
        "digest": digest,
        "received_at": received_at.isoformat(),
        "status": Status.APPROVED.name,
        "author_persons": [author.person for author in lot.author if author.person],
        "fragment": submission_set_fragment(
            replace(lot, id=EntryUuid.of(lot_id), status=Status.APPROVED)
        ),
    }


def registered_folder(folder: Folder, entry_uuid: UUID, time: str) -> Folder:
    """The folder as the registry answers it; `time` is the DTM of its lastUpdateTime."""
    urn = EntryUuid.of(entry_uuid)
    return replace(
        folder,
        id=urn,
        logical_id=urn,
        version=1,
        status=Status.APPROVED,
        last_update_time=time,
    )


def folder_row(
    folder: Folder, *, patient_id: UUID, submission_set_id: UUID, received_at: datetime
) -> dict[str, Any]:
    """The line of `record_folder` for a registered folder."""
    return {
        "patient_id": str(patient_id),
        "id": EntryUuid(folder.id).text,
        "submission_set_id": str(submission_set_id),
        "unique_id": folder.unique_id,
        "logical_id": EntryUuid(folder.logical_id).text,
        "version": folder.version,
        "status": (folder.status or Status.APPROVED).name,
        "codes": [coded(code) for code in folder.codes],
        "last_update_time": folder.last_update_time,
        "received_at": received_at.isoformat(),
        "fragment": folder_fragment(folder),
    }


def association_row(
    link: Association, *, patient_id: UUID, submission_set_id: UUID
) -> dict[str, Any]:
    """The line of `record_association` for a registered association."""
    return {
        "patient_id": str(patient_id),
        "id": EntryUuid(link.id).text,
        "submission_set_id": str(submission_set_id),
        "type": link.type,
        "source_id": EntryUuid(link.source).text,
        "target_id": EntryUuid(link.target).text,
        "slots": dict(link.slots),
        "status": (link.status or Status.APPROVED).name,
        "fragment": association_fragment(link),
    }


def locator_row(
    unique_id: str, entry_uuid: str, *, patient_id: UUID, kind: str, digest: str
) -> dict[str, str]:
    """The line of `record_locator` for a document or a lot."""
    return {
        "unique_id": unique_id,
        "entry_uuid": entry_uuid,
        "patient_id": str(patient_id),
        "kind": kind,
        "digest": digest,
    }


def digest(submission: Submission, stored: Mapping[str, Stored]) -> str:
    """What tells that two lots under one uniqueId are the same: all but symbolic ids and the hour.

    `stored` is by entry id.
    """
    lot = submission.submission_set
    names = {entry.id: entry.unique_id for entry in submission.documents}
    names |= {folder.id: folder.unique_id for folder in submission.folders}
    if lot is not None:
        names[lot.id] = lot.unique_id
    parts = [
        repr(lot and replace(lot, id="", submission_time="")),
        *sorted(repr(replace(folder, id="")) for folder in submission.folders),
        *sorted(
            repr((replace(entry, id="", hash="", size=None), _content(stored[entry.id])))
            for entry in submission.documents
        ),
        *sorted(
            repr(
                (
                    each.type,
                    names.get(each.source, each.source),
                    names.get(each.target, each.target),
                )
            )
            for each in submission.associations
        ),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _content(stored: Stored) -> str:
    """What tells that two documents are the same; those held elsewhere are known by SHA-1."""
    return stored.sha256 or stored.sha1


def known_id(reference: str) -> UUID | None:
    """The UUID of an entryUUID; none of a symbolic id, which names nothing that is registered."""
    try:
        return EntryUuid(reference).uuid
    except IdentifierError:
        return None


def kept_id(submitted: str) -> UUID:
    """The entryUUID that is submitted; a symbolic id gets one (ITI TF-3, 4.2.3.1.6)."""
    return known_id(submitted) or uuid7()


def coded(code: Code | None) -> str:
    """`code^^codingScheme`, the form in which ITI-18 asks for codes."""
    return f"{code.code}^^{code.scheme}" if code else ""


def moment(dtm: str) -> datetime:
    """The first instant of a DTM, which is UTC and may stop after any part. Raises `ValueError`."""
    if not dtm.isascii() or not dtm.isdigit() or len(dtm) not in (4, 6, 8, 10, 12, 14):
        raise ValueError("a time is not of the form YYYY[MM[DD[hh[mm[ss]]]]]")
    year, month, day = int(dtm[:4]), int(dtm[4:6] or 1), int(dtm[6:8] or 1)
    hour, minute, second = int(dtm[8:10] or 0), int(dtm[10:12] or 0), int(dtm[12:] or 0)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def plain(text: str) -> str:
    """The text in lower case and without accents, as words are searched."""
    decomposed = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    return "".join(filterfalse(unicodedata.combining, decomposed)).lower()


def xcn_id(xcn: str) -> str:
    """The identifier of a person (XCN.1)."""
    return xcn.split("^", 1)[0]


def person_name(xcn: str) -> str:
    """The name of a person (XCN.2 and XCN.3) as it is shown: given name, FAMILY NAME."""
    parts = [*xcn.split("^"), "", ""]
    return f"{parts[2]} {parts[1]}".strip()


def xon_name(xon: str) -> str:
    """The name of a structure (XON.1)."""
    return xon.split("^", 1)[0]


def xon_id(xon: str) -> str:
    """The Struct_IdNat of a structure (XON.10), or an empty text."""
    parts = xon.split("^")
    return parts[9] if len(parts) > 9 else ""


def _structures(authors: Iterable[Author]) -> list[str]:
    return [xon_id(each) for author in authors for each in author.institutions if xon_id(each)]


def structures_of(submission: Submission) -> frozenset[str]:
    """The Struct_IdNat of all authors of a submission, lot and documents."""
    lot = submission.submission_set
    found = set(_structures(lot.author if lot else ()))
    for entry in submission.documents:
        found.update(_structures(entry.authors))
    return frozenset(found)
