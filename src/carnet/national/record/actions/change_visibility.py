"""The holder chooses who sees a document: masked to professionals, hidden from those who help.

It is what a professional does by TD3.3a at the patient's request (spec dmp §6.5, CSP R.1111-49),
and what no professional does: hide from representatives and carers (R.1111-50). All versions of
the document change together: a corrected letter does not leave the first one in sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, connection, transaction
from uuid_utils.compat import uuid7

from carnet.national.accounts import actions as accounts
from carnet.national.identity import queries as identity
from carnet.national.identity.queries import Person
from carnet.national.journal.actors import Citizen
from carnet.national.record import entries
from carnet.national.record.actions.change_entry import write_version
from carnet.national.record.actions.refusals import audited
from carnet.national.record.actions.updating import (
    LostRace,
    Updating,
    is_lost_race,
    lock_updates,
)
from carnet.national.record.context import context
from carnet.national.record.law import matrix
from carnet.national.record.replaced import Replaced, find_last
from carnet.national.record.rules import AccessRefused, Act, decide
from carnet.standards.ids import EntryUuid
from carnet.standards.xds.from_cda import content_type
from carnet.standards.xds.metadata import Author, Code, SubmissionSet

#: How often a change that lost a race is looked at again.
_TRIES: Final = 3
_SYSTEM: Final = "1.2.250.1.213.1.1.4.13"  # TRE_A07
_MASKED: Final = Code("MASQUE_PS", _SYSTEM, "Masqué aux professionnels de santé")
_CONCEALED: Final = Code(
    "INVISIBLE_REPRESENTANTS_LEGAUX", _SYSTEM, "Non visible par les représentants légaux du patient"
)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Gives a code to a document, or takes it away, under this name in the journal."""

    code: Code
    given: bool
    name: str


_CHOICES: Final[Mapping[Act, _Choice]] = MappingProxyType(
    {
        Act.MASK: _Choice(_MASKED, True, "document.masked"),
        Act.UNMASK: _Choice(_MASKED, False, "document.unmasked"),
        Act.CONCEAL: _Choice(_CONCEALED, True, "document.concealed"),
        Act.DISCLOSE: _Choice(_CONCEALED, False, "document.disclosed"),
    }
)

#: The documents that this one replaced, and those that replaced it; each in all its versions.
_CHAIN: Final = """
WITH RECURSIVE chain(id) AS (
    SELECT %(document)s::uuid
     UNION
    SELECT other.id FROM chain
      JOIN record_document this ON this.patient_id = %(patient)s AND this.id = chain.id
      JOIN record_document other ON other.patient_id = %(patient)s
       AND (other.replaces_id = this.id OR other.id = this.replaces_id
            OR other.unique_id = this.unique_id)
)
SELECT id FROM record_document
 WHERE patient_id = %(patient)s AND id IN (SELECT id FROM chain)
   FOR UPDATE
"""


def change_visibility(
    actor: Citizen, patient_id: UUID, document_id: UUID, act: Act, *, now: datetime
) -> bool:
    """Do `MASK`, `UNMASK`, `CONCEAL` or `DISCLOSE`; whether anything changed.

    Raises `AccessRefused`, written in the journal; `LookupError` when there is no such document for
    this actor; `LostRace` when it never stood still: it is to be tried again.
    """
    with audited(actor, _CHOICES[act].name, now=now) as attempt:
        attempt.patient_id = patient_id
        for _try in range(_TRIES):
            try:
                with transaction.atomic():
                    return _change(actor, patient_id, document_id, act, now=now)
            except LostRace:
                continue
            except OperationalError as error:
                if not is_lost_race(error):
                    raise
        raise LostRace


def _change(
    actor: Citizen, patient_id: UUID, document_id: UUID, act: Act, *, now: datetime
) -> bool:
    choice = _CHOICES[act]
    found = context(actor, patient_id, now=now)
    person = identity.person(patient_id)
    if found is None or person is None:
        raise LookupError("there is no record")
    decision = decide(actor, act, patient_id, found.facts)
    if not decision.allowed:
        raise AccessRefused(decision)
    lock_updates(patient_id)
    versions = _versions(patient_id, document_id)
    updating = Updating(
        actor=actor,
        patient_id=patient_id,
        record=found.facts,
        matrix=matrix(now),
        lot_id=uuid7(),
        now=now,
        correlation="",
        documents=find_last(patient_id, [EntryUuid.of(each) for each in versions]),
    )
    seen = [each for each in updating.documents if _sees(updating, each, act)]
    if not seen:
        raise LookupError("there is no such document")
    changed = [each for each in seen if _has(each, choice.code) is not choice.given]
    if not changed:
        return False
    lot = _lot(person, updating.lot_id, now)
    updating.begin(lot, lot.unique_id)
    for each in changed:
        _write(updating, each, choice)
    updating.finish(lot, lot.unique_id)
    if choice.code == _CONCEALED:
        accounts.withhold(patient_id, versions, hidden=choice.given)
    return True


def _versions(patient_id: UUID, document_id: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, {"document": document_id, "patient": patient_id})
        return [identifier for (identifier,) in cursor.fetchall()]


def _sees(updating: Updating, document: Replaced, act: Act) -> bool:
    """What the actor may not know of is left as it is, and not told of."""
    facts = document.facts(updating.actor, updating.matrix)
    return decide(updating.actor, act, updating.patient_id, updating.record, facts).allowed


def _has(document: Replaced, code: Code) -> bool:
    return any(each.code == code.code for each in document.entry.confidentiality)


def _write(updating: Updating, document: Replaced, choice: _Choice) -> None:
    others = tuple(each for each in document.entry.confidentiality if each.code != choice.code.code)
    entry = replace(
        document.entry,
        id=EntryUuid.of(uuid7()),
        version=(document.entry.version or 1) + 1,
        status=document.status,
        confidentiality=(*others, choice.code) if choice.given else others,
    )
    write_version(updating, document, entry)
    updating.trace(choice.name, document, entries.facts_of(entry))


def _lot(person: Person, lot_id: UUID, now: datetime) -> SubmissionSet:
    """The lot of this change, in the name of the patient: the journal says who did it."""
    ins = person.ins
    name = f"{ins.matricule}^{person.birth_name}^{person.first_given_name}"
    return SubmissionSet(
        id=EntryUuid.of(lot_id),
        unique_id=f"2.25.{lot_id.int}",
        source_id=settings.CARNET_REPOSITORY_OID,
        patient_id=ins.cx,
        submission_time=now.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
        content_type=content_type(""),
        author=(Author(person=f"{name}^^^^^^&{ins.oid}&ISO^D^^^NH"),),
    )
