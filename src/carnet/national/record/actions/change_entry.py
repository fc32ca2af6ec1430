"""TD3.3a and TD3.3b: a document is masked, unmasked, made visible (a new version of its entry)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from django.db import connection
from uuid_utils.compat import uuid7

from carnet.national.record import entries, fragments, outbox
from carnet.national.record.actions.updating import LostRace, Updating
from carnet.national.record.replaced import Replaced
from carnet.national.record.rules import Act
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import rules as metadata_rules
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.iti57 import EntryUpdate
from carnet.standards.xds.metadata import AssociationType, DocumentEntry, Status

#: What giving or taking away a visibility code is (spec dmp §3.9), and its name in the journal.
#: Nobody hides from the patient or representatives what was not so when it was deposited.
_GIVEN: Final[Mapping[str, tuple[Act, str]]] = MappingProxyType(
    {"MASQUE_PS": (Act.MASK, "document.masked")}
)
_TAKEN: Final[Mapping[str, tuple[Act, str]]] = MappingProxyType(
    {
        "MASQUE_PS": (Act.UNMASK, "document.unmasked"),
        "INVISIBLE_PATIENT": (Act.REVEAL, "document.revealed"),
        "INVISIBLE_REPRESENTANTS_LEGAUX": (Act.REVEAL, "document.revealed"),
    }
)

#: The new version has the line of the old one, but for what is told. Who may see it holds for all.
_NEW_VERSION: Final = """
WITH version AS (
    INSERT INTO record_document
    SELECT line.* FROM record_document old, jsonb_populate_record(old, %s::jsonb) AS line
     WHERE old.patient_id = %s AND old.id = %s AND old.status = %s
    RETURNING id
), chain AS (
    UPDATE record_document SET replaces_id = %s WHERE patient_id = %s AND replaces_id = %s
)
UPDATE record_locator SET entry_uuid = (SELECT id FROM version)
 WHERE unique_id = %s AND EXISTS (SELECT FROM version)
"""
_OLD_VERSION: Final = """
UPDATE record_document SET status = 'DEPRECATED', replaces_id = NULL
 WHERE patient_id = %s AND id = %s AND status = %s
"""
_VISIBILITY: Final = """
UPDATE record_document SET masked = %s, invisible_patient = %s, invisible_representatives = %s
 WHERE patient_id = %s AND unique_id = %s
"""


def change_entry(updating: Updating, change: EntryUpdate) -> None:
    """Register the next version of a document's entry: another entryUUID, the same logicalId.

    Raises `XdsRefused` (UnresolvedReferenceException, XDSMetadataVersionError,
    UnmodifiableMetadataError, XDSMetadataUpdateError), `AccessRefused`, `LostRace`.
    """
    current = _current(updating, change)
    facts = current.facts(updating.actor, updating.matrix)
    deeds = _deeds(current.entry, change.entry)
    # Who may do none of it learns nothing of the document by the error.
    for act in [act for act, _name in deeds] or [Act.SEARCH]:
        updating.require(act, facts)
    if change.previous_version != current.entry.version:
        raise refused(
            ErrorCode.METADATA_VERSION_ERROR,
            "PreviousVersion is not the last version of this document",
            location=change.entry.id,
        )
    if problems := metadata_rules.check_change(change, current.entry):
        raise XdsRefused(*problems)
    if not deeds:
        raise refused(
            ErrorCode.UNMODIFIABLE_METADATA,
            "confidentialityCode changes to mask, unmask or make visible, and nothing else",
            location=change.entry.id,
        )
    entry = replace(
        current.entry,
        id=EntryUuid.of(uuid7()),
        version=change.previous_version + 1,
        status=current.status,
        confidentiality=change.entry.confidentiality,
    )
    write_version(updating, current, entry)
    new_facts = entries.facts_of(entry)
    for name in dict.fromkeys(name for _act, name in deeds):
        updating.trace(name, current, new_facts)
    if facts.invisible_patient and not new_facts.invisible_patient:
        updating.events.append(_news(updating, entry))


def _current(updating: Updating, change: EntryUpdate) -> Replaced:
    """The last version of the document of this logicalId, which is not deleted."""
    for each in updating.documents:
        if each.entry.logical_id == change.entry.logical_id and each.status is not Status.DELETED:
            return each
    raise refused(
        ErrorCode.UNRESOLVED_REFERENCE,
        "lid is the logicalId of no document of this record",
        location=change.entry.id,
    )


def _deeds(old: DocumentEntry, new: DocumentEntry) -> list[tuple[Act, str]]:
    """What the change of the confidentiality codes amounts to; none when it is not all of that."""
    before = {(code.code, code.scheme) for code in old.confidentiality}
    after = {(code.code, code.scheme) for code in new.confidentiality}
    deeds = [_GIVEN.get(code) for code, _scheme in sorted(after - before)]
    deeds += [_TAKEN.get(code) for code, _scheme in sorted(before - after)]
    known = [deed for deed in deeds if deed is not None]
    return known if len(known) == len(deeds) else []


def write_version(updating: Updating, old: Replaced, entry: DocumentEntry) -> None:
    """Make `entry` the last version of a document. Raises `LostRace`."""
    facts = entries.facts_of(entry)
    line = {
        "id": EntryUuid(entry.id).text,
        "submission_set_id": str(updating.lot_id),
        "version": entry.version,
        "confidentiality": [entries.coded(code) for code in entry.confidentiality],
        "fragment": fragments.in_json(fragments.pack(entry_fragment(entry))),
    }
    patient_id, unique_id, status = updating.patient_id, entry.unique_id, old.status.name
    with connection.cursor() as cursor:
        cursor.execute(
            _NEW_VERSION,
            [
                *(json.dumps(line), patient_id, old.id, status),
                *(line["id"], patient_id, old.id),
                unique_id,
            ],
        )
        cursor.execute(_OLD_VERSION, [patient_id, old.id, status])
        if cursor.rowcount != 1:
            raise LostRace
        cursor.execute(
            _VISIBILITY,
            [
                facts.masked,
                facts.invisible_patient,
                facts.invisible_representatives,
                patient_id,
                unique_id,
            ],
        )
    updating.link(
        AssociationType.HAS_MEMBER,
        EntryUuid(entry.id).uuid,
        (
            ("SubmissionSetStatus", ("Original",)),
            ("PreviousVersion", (str(old.entry.version),)),
        ),
    )


def _news(updating: Updating, entry: DocumentEntry) -> dict[str, object]:
    """A document that its patient could not see is new to them the day they can."""
    return outbox.row(
        updating.patient_id,
        "document.published",
        {
            "document": EntryUuid(entry.id).text,
            "title": entry.title,
            "actor": updating.actor.label,
            "hidden_for": entries.hidden_for(entries.facts_of(entry)),
            "replaces": "",
        },
        at=updating.now,
        correlation=updating.correlation,
    )
