"""TD3.3: registered objects change (ITI-57; spec dmp §3.9): all that a request asks, or nothing.

One update at a time in a record: who comes second finds what the first one left, and is told so by
the error of the standard. What each operation does is in a file of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction

from carnet.national.journal.actors import Establishment, Member, Professional
from carnet.national.record import entries, places
from carnet.national.record.actions.refusals import Attempt, told
from carnet.national.record.actions.updating import (
    LostRace,
    Updating,
    is_lost_race,
    lock_updates,
)
from carnet.national.record.context import Known, context
from carnet.national.record.law import matrix
from carnet.national.record.profiles import RegistryProfile, profile_of
from carnet.national.record.replaced import find_last
from carnet.national.record.whose import Whose, patient_id_of, unknown_patient
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds import rules as metadata_rules
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    Operation,
    StatusUpdate,
    UpdateRequest,
    submission,
)

#: How often a request that lost a race is looked at again.
_TRIES: Final = 3


def update(
    actor: Professional | Establishment | Member,
    request: UpdateRequest,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> None:
    """Do what an ITI-57 request asks of the record of `patient`, the INS of the VIHF.

    The same request again is answered as the first time and changes nothing more (in profile
    `fr-dmp`). Raises `XdsRefused`, and then nothing is changed; the attempt is written in the
    journal.
    """
    profile = profile_of(actor)
    with told(actor, _ATTEMPTED[type(request.operations[0])], now=now, correlation=correlation) as (
        attempt
    ):
        whose = profile.whose(patient, request.submission_set.patient_id)
        problems = (
            *metadata_rules.check_update(
                request,
                patient=whose if isinstance(whose, Ins) else None,
                profile=profile.updated,
            ),
            *profile.domain().check(submission(request)),
        )
        if any(problem.severity == "Error" for problem in problems):
            attempt.patient_id = patient_id_of(whose)
            raise XdsRefused(*problems)
        for _try in range(_TRIES):
            try:
                with transaction.atomic():
                    _update(
                        actor, request, profile, whose, attempt, now=now, correlation=correlation
                    )
                return
            except (LostRace, IntegrityError):
                continue  # what the other one stored decides
            except OperationalError as error:
                if not is_lost_race(error):
                    raise
        raise refused(ErrorCode.REGISTRY_BUSY, "the same objects are being changed, try again")


#: What a request that is refused has attempted, by its first operation.
_ATTEMPTED: Final[Mapping[type[Operation], str]] = MappingProxyType(
    {
        EntryUpdate: "document.updated",
        FolderUpdate: "document.updated",
        StatusUpdate: "document.status",
        AssociationSubmission: "document.updated",
    }
)


def _update(
    actor: Professional | Establishment | Member,
    request: UpdateRequest,
    profile: RegistryProfile,
    whose: Whose,
    attempt: Attempt,
    *,
    now: datetime,
    correlation: str,
) -> None:
    lot = request.submission_set
    found = context(actor, whose, now=now, unique_ids=[lot.unique_id])
    if found is None:
        attempt.patient_id = patient_id_of(whose)
        raise unknown_patient()
    attempt.patient_id = patient_id = found.patient_id
    digest = _digest(request)
    same = digest if profile.replays else ""
    if _is_replay(found.known.get(lot.unique_id), patient_id, same, lot.unique_id):
        return
    lock_updates(patient_id)
    if profile.places:
        _check_ids(request)
    updating = Updating(
        actor=actor,
        patient_id=patient_id,
        record=found.facts,
        matrix=matrix(now),
        lot_id=profile.new_id(lot.id),
        now=now,
        correlation=correlation,
        documents=find_last(patient_id, [_named(each) for each in request.operations]),
    )
    updating.begin(lot, digest)
    for operation in request.operations:
        profile.operations[type(operation)](updating, operation)
    updating.finish(lot, digest)
    if profile.places:
        places.keep_places(patient_id, updating.lot_id)


def _check_ids(request: UpdateRequest) -> None:
    """Raises `XdsRefused` when an entryUUID that is submitted is another object's."""
    made = submission(request)
    groups = ((request.submission_set,), made.documents, made.folders, made.associations)
    ids = (each.id for group in groups for each in group)
    if taken := places.taken([found for each in ids if (found := entries.known_id(each))]):
        raise refused(
            ErrorCode.REGISTRY_METADATA_ERROR,
            "this entryUUID is already registered",
            location=EntryUuid.of(min(taken)),
        )


def _named(operation: Operation) -> str:
    """The id by which an operation names what it changes."""
    match operation:
        case StatusUpdate(target):
            return target
        case EntryUpdate(entry):
            return entry.logical_id
        case FolderUpdate(folder):
            return folder.logical_id
        case AssociationSubmission(association):
            return association.id


def _digest(request: UpdateRequest) -> str:
    """What tells that two requests of one uniqueId are the same: all but symbolic ids and hour."""
    parts = [repr(replace(request.submission_set, id="", submission_time=""))]
    for each in request.operations:
        nameless = each
        if isinstance(each, EntryUpdate):
            nameless = replace(each, entry=replace(each.entry, id=""))
        parts.append(repr(nameless))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_replay(known: Known | None, patient_id: UUID, digest: str, unique_id: str) -> bool:
    if known is None:
        return False
    if digest and known.patient_id == patient_id and known.digest == digest:
        return True
    raise refused(
        ErrorCode.DUPLICATE_UNIQUE_ID_IN_REGISTRY,
        "this uniqueId is already registered",
        location=unique_id,
    )
