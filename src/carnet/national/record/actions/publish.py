"""TD2.1, TD2.2: a lot enters the record (ITI-41, ITI-42; spec dmp §3.4 to §3.10, §4.4).

Checks first, in the order of spec dmp §4.4; then the bytes, durably; then one statement that
writes entries, lot, links, locators, journal and outbox at once, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction

from carnet.national.clients.documents import Stored, store
from carnet.national.journal.actors import Establishment, Member, Professional
from carnet.national.record import entries, places
from carnet.national.record.actions.content import check_content
from carnet.national.record.actions.lines import Lines
from carnet.national.record.actions.links import check_links
from carnet.national.record.actions.refusals import told
from carnet.national.record.actions.updating import is_lost_race
from carnet.national.record.context import Context, Known, context
from carnet.national.record.profiles import RegistryProfile, profile_of
from carnet.national.record.rules import AccessRefused, decide, feeding
from carnet.national.record.whose import Whose, patient_id_of, unknown_patient
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds import rules as metadata_rules
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Submission, SubmissionSet
from carnet.standards.xds.rules.signatures import is_signature

Feeder = Professional | Establishment | Member

#: How often a statement that lost a race is looked at again.
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Published:
    """What was registered: entryUUID by uniqueId. `replayed`: it had been, nothing was done."""

    entry_uuids: Mapping[str, str]
    replayed: bool = False


def publish(
    actor: Feeder,
    request: ProvideRequest,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> Published:
    """Register a lot, its documents and folders in the record of `patient`, the INS of the VIHF.

    The same lot again is answered as the first time and stores nothing (in profile `fr-dmp`).
    Raises `XdsRefused`, and then nothing is stored but the trace of the attempt; `OSError` when
    the disk refuses.
    """
    stored = {name: Stored.of(data) for name, data in request.documents.items()}
    return _submit(
        actor,
        request.submission,
        request.documents,
        stored,
        patient=patient,
        now=now,
        correlation=correlation,
    )


def register(
    actor: Feeder,
    submission: Submission,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> Published:
    """Register a lot whose documents another repository holds (ITI-42). Raises `XdsRefused`.

    What this repository would hold comes with its bytes, by ITI-41.
    """
    for entry in submission.documents:
        if entry.repository_unique_id == settings.CARNET_REPOSITORY_OID:
            raise refused(
                ErrorCode.REGISTRY_METADATA_ERROR,
                "this repository does not hold the document of the entry",
                location=entry.id,
            )
    stored = {
        entry.id: Stored("", entry.hash.lower(), entry.size or 0) for entry in submission.documents
    }
    return _submit(
        actor, submission, None, stored, patient=patient, now=now, correlation=correlation
    )


def _submit(
    actor: Feeder,
    submission: Submission,
    documents: Mapping[str, bytes] | None,
    stored: Mapping[str, Stored],
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str,
) -> Published:
    """Register a lot with its documents, or without: looked at again when a race is lost."""
    profile = profile_of(actor)
    with told(actor, "document.published", now=now, correlation=correlation) as attempt:
        lot = submission.submission_set
        if lot is None:
            raise refused(ErrorCode.REGISTRY_METADATA_ERROR, "the lot has no SubmissionSet")
        whose = profile.whose(patient, lot.patient_id)
        for _try in range(_TRIES):
            found = context(actor, whose, now=now, unique_ids=_unique_ids(submission, lot))
            if found is None:
                attempt.patient_id = patient_id_of(whose)
                raise unknown_patient()
            attempt.patient_id = found.patient_id
            try:
                return _publish(
                    actor,
                    submission,
                    documents,
                    profile,
                    lot=lot,
                    whose=whose,
                    found=found,
                    stored=stored,
                    now=now,
                    correlation=correlation,
                )
            except IntegrityError:
                continue  # a concurrent request took an id: what it stored decides
            except OperationalError as error:
                if not is_lost_race(error):
                    raise
        raise refused(ErrorCode.REGISTRY_BUSY, "the same objects are being registered, try again")


def _publish(
    actor: Feeder,
    submission: Submission,
    documents: Mapping[str, bytes] | None,
    profile: RegistryProfile,
    *,
    lot: SubmissionSet,
    whose: Whose,
    found: Context,
    stored: Mapping[str, Stored],
    now: datetime,
    correlation: str,
) -> Published:
    ins = whose if isinstance(whose, Ins) else None
    _check_rights(actor, submission, found, profile)
    problems = (
        *metadata_rules.check(
            submission,
            patient=ins,
            profile=profile.registered if documents is None else profile.provided,
        ),
        *profile.domain().check(submission),
    )
    if any(problem.severity == "Error" for problem in problems):
        raise XdsRefused(*problems)
    if documents is not None:
        _check_documents(submission, documents)
    digest = entries.digest(submission, stored)
    if replay := _replay(submission, lot, found, stored, digest if profile.replays else ""):
        return replay
    for entry in submission.documents:
        if documents is not None:
            data = documents[entry.id]
            check_content(entry, data, stored[entry.id], ins, profile.contents)
    if documents is not None:
        profile.check_signature(actor, submission, documents, now)
    ids = {
        each.id: profile.new_id(each.id)
        for group in ((lot,), submission.documents, submission.folders, submission.associations)
        for each in group
        if each.id
    }
    links = check_links(actor, found.patient_id, submission, ids, own=profile.own_authors)
    lines = Lines(
        actor,
        found.patient_id,
        ids,
        now,
        correlation,
        repository="" if documents is None else settings.CARNET_REPOSITORY_OID,
        announces=profile.announces,
    )
    statement = lines.statement(submission, lot, stored, digest, links)
    if documents:
        kept = store(settings.CARNET_DOCUMENTS_URL, settings.CARNET_MASTER_KEY)
        for name, data in documents.items():
            kept.put(found.patient_id, data, stored[name])
    if profile.places:
        _write_in_domain(statement, found.patient_id, ids, ids[lot.id])
    else:
        with connection.cursor() as cursor:
            cursor.execute(*statement)
    return Published({entry.unique_id: str(ids[entry.id]) for entry in submission.documents})


def _write_in_domain(
    statement: tuple[str, list[Any]], patient_id: UUID, ids: Mapping[str, UUID], lot_id: UUID
) -> None:
    """Also remember where the objects are, unless one has an entryUUID that another has."""
    if taken := places.taken(ids.values()):
        raise refused(
            ErrorCode.REGISTRY_METADATA_ERROR,
            "this entryUUID is already registered",
            location=EntryUuid.of(min(taken)),
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(*statement)
        places.keep_places(patient_id, lot_id)


def _unique_ids(submission: Submission, lot: SubmissionSet) -> list[str]:
    """What the lot would be known by."""
    return [
        lot.unique_id,
        *(entry.unique_id for entry in submission.documents),
        *(folder.unique_id for folder in submission.folders),
    ]


def _check_rights(
    actor: Feeder, submission: Submission, found: Context, profile: RegistryProfile
) -> None:
    """Spec dmp §4.4, 8 to 12 and 14; then that an author is of the caller's structure (§3.12)."""
    for entry in submission.documents or (None,):
        decision = decide(
            actor,
            feeding(actor),
            found.patient_id,
            found.facts,
            entries.facts_of(entry) if entry and not is_signature(entry) else None,
        )
        if not decision.allowed:
            raise AccessRefused(decision)
    if not profile.own_authors:
        return
    mine = {actor.struct_idnat, actor.holder} if isinstance(actor, Establishment) else set()
    mine |= {actor.structure} if isinstance(actor, Professional) else set()
    if not mine & entries.structures_of(submission):
        raise refused(
            ErrorCode.DMP_ACCESS_DENIED,
            "Aucun AuthorInstitution ne correspond à l'utilisateur du VIHF",
        )


def _check_documents(submission: Submission, documents: Mapping[str, bytes]) -> None:
    """Each entry has its bytes and each part its entry; none too large (ITI TF-2, 3.41.4.1.3)."""
    entry_ids = {entry.id for entry in submission.documents}
    if missing := entry_ids - documents.keys():
        raise refused(ErrorCode.MISSING_DOCUMENT, "an entry has no document", location=min(missing))
    if strangers := documents.keys() - entry_ids:
        raise refused(
            ErrorCode.MISSING_DOCUMENT_METADATA,
            "a document has no entry",
            location=min(strangers),
        )
    limit = settings.CARNET_MAX_DOCUMENT_BYTES
    for name, data in documents.items():
        if len(data) > limit:
            raise refused(
                ErrorCode.REPOSITORY_OUT_OF_RESOURCES,
                f"a document exceeds {limit} bytes",
                location=name,
            )


def _replay(
    submission: Submission,
    lot: SubmissionSet,
    found: Context,
    stored: Mapping[str, Stored],
    digest: str,
) -> Published | None:
    """The answer to a lot that is already there; raises when its ids are those of others.

    An empty digest is that of no lot.
    """
    known = found.known.get(lot.unique_id)
    if known and digest and known.digest == digest and known.patient_id == found.patient_id:
        return Published(
            {
                entry.unique_id: str(found.known[entry.unique_id].entry_uuid)
                for entry in submission.documents
            },
            replayed=True,
        )
    for entry in submission.documents:
        other = found.known.get(entry.unique_id)
        if other and not _is_same(other, stored[entry.id]):
            raise refused(
                ErrorCode.NON_IDENTICAL_HASH,
                "this uniqueId is registered with another content",
                location=entry.unique_id,
            )
    for unique_id in _unique_ids(submission, lot):
        if unique_id in found.known:
            raise refused(
                ErrorCode.DUPLICATE_UNIQUE_ID_IN_REGISTRY,
                "this uniqueId is already registered",
                location=unique_id,
            )
    return None


def _is_same(known: Known, stored: Stored) -> bool:
    return known.kind != "document" or known.digest == stored.sha1
