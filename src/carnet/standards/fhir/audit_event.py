"""A trace as an AuditEvent of FHIR R4.

Shaped by the French "Traçabilité des évènements" (TDEAuditEvent: a period with its start, one
subtype, at most two agents who are identified) and by the patient's entity of IHE BALP. Kinds of
events are those of DICOM (PS3.15 A.5, PS3.16 CID 400), subtypes the IHE transaction where the act
is one (spec dmp §6.7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from carnet.standards.fhir import systems
from carnet.standards.fhir.data_types import Resource, instant
from carnet.standards.ids import PS_AUTHORITY, STRUCT_AUTHORITY, Ins

#: The French profile.
PROFILE: Final = "https://interop.esante.gouv.fr/ig/fhir/tde/StructureDefinition/tde-auditevent"

_DICOM: Final = "http://dicom.nema.org/resources/ontology/DCM"
_IHE: Final = "urn:ihe:event-type-code"
#: Acts that are no transaction of a standard, by the code that the journal gives them.
ACTIONS: Final = "urn:carnet:journal:action"
_ENTITY_TYPES: Final = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ENTITY_ROLES: Final = "http://terminology.hl7.org/CodeSystem/object-role"
_SOURCE_TYPES: Final = "http://terminology.hl7.org/CodeSystem/security-source-type"
_PURPOSES: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"


class _Kind(NamedTuple):
    event: str
    display: str
    action: Literal["C", "R", "U", "D", "E"]
    transaction: str = ""
    name: str = ""


_IMPORT: Final = ("110107", "Import")
_EXPORT: Final = ("110106", "Export")
_QUERY: Final = ("110112", "Query")
_RECORD: Final = ("110110", "Patient Record")
_SIGN_IN: Final = ("110114", "User Authentication")
_OTHER: Final = _Kind("110100", "Application Activity", "E")

_KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        "document.published": _Kind(*_IMPORT, "C", "ITI-41", "Provide and Register Document Set-b"),
        "document.replaced": _Kind(*_IMPORT, "C", "ITI-41", "Provide and Register Document Set-b"),
        "document.read": _Kind(*_EXPORT, "R", "ITI-43", "Retrieve Document Set"),
        "document.status": _Kind(*_RECORD, "U", "ITI-57", "Update Document Set"),
        "document.deleted": _Kind(*_RECORD, "D", "ITI-57", "Update Document Set"),
        "documents.searched": _Kind(*_QUERY, "E", "ITI-18", "Registry Stored Query"),
        "documents.looked_up": _Kind(*_QUERY, "E", "ITI-18", "Registry Stored Query"),
        "record.existence": _Kind(*_QUERY, "E"),
        "record.administrative": _Kind(*_RECORD, "R"),
        "record.administrative_changed": _Kind(*_RECORD, "U"),
        "record.opened": _Kind(*_RECORD, "C"),
        "record.reopened": _Kind(*_RECORD, "U"),
        "record.closed": _Kind(*_RECORD, "U"),
        "records.listed": _Kind(*_QUERY, "E"),
        "authorisation.changed": _Kind(*_RECORD, "U"),
        "authorisations.listed": _Kind(*_QUERY, "E"),
        "message.received": _Kind(*_IMPORT, "C"),
        "message.read": _Kind(*_EXPORT, "R"),
        "history.downloaded": _Kind(*_EXPORT, "R"),
        "space.signed_in": _Kind(*_SIGN_IN, "E"),
    }
)
_OUTCOMES: Final[Mapping[str, str]] = MappingProxyType(
    {"allowed": "0", "failed": "4", "refused": "8"}
)
_REASONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "normal": ("TREAT", "treatment"),
        "bris_de_glace": ("BTG", "break the glass"),
        "centre_15": ("ETREAT", "Emergency Treatment"),
    }
)


@dataclass(frozen=True, slots=True)
class Act:
    """What a trace says. Codes are those of the journal; `reasons` say why it was not done.

    `actor_id` is a PS_IdNat, a Struct_IdNat, the UUID of an account or the name of a system,
    according to `actor_kind`; `structure` a Struct_IdNat or empty.
    """

    id: str
    at: datetime
    action: str
    outcome: Literal["allowed", "refused", "failed"]
    actor_kind: Literal["citizen", "professional", "establishment", "system"]
    actor_id: str
    actor_label: str
    structure: str = ""
    purpose: str = ""
    reasons: tuple[str, ...] = ()
    object_type: str = ""
    object_id: str = ""
    patient: Ins | None = None
    correlation: str = ""


def audit_event(act: Act, *, observer: str) -> Resource:
    """The resource; `observer` is the OID of the register that writes the trace (no prefix).

    No title, no content of a document: who may read the event need not be who may read those.
    """
    kind = _KINDS.get(act.action, _OTHER)
    moment = instant(act.at)
    made: Resource = {
        "resourceType": "AuditEvent",
        "id": act.id,
        "meta": {"profile": [PROFILE]},
        "type": {"system": _DICOM, "code": kind.event, "display": kind.display},
        "subtype": [_subtype(act, kind)],
        "action": kind.action,
        "period": {"start": moment, "end": moment},
        "recorded": moment,
        "outcome": _OUTCOMES[act.outcome],
    }
    if act.reasons:
        made["outcomeDesc"] = ", ".join(act.reasons)
    if act.purpose in _REASONS:
        made["purposeOfEvent"] = [{"coding": [_purpose(act.purpose)]}]
    made["agent"] = _agents(act)
    made["source"] = {
        "observer": {"identifier": {"system": systems.URI, "value": f"urn:oid:{observer}"}},
        "type": [{"system": _SOURCE_TYPES, "code": "4", "display": "Application Server"}],
    }
    if entities := _entities(act):
        made["entity"] = entities
    return made


def _subtype(act: Act, kind: _Kind) -> Resource:
    if kind.transaction:
        return {"system": _IHE, "code": kind.transaction, "display": kind.name}
    return {"system": ACTIONS, "code": act.action}


def _purpose(purpose: str) -> Resource:
    code, display = _REASONS[purpose]
    return {"system": _PURPOSES, "code": code, "display": display}


def _agents(act: Act) -> list[Resource]:
    """Who acted, then the structure they acted for."""
    agents: list[Resource] = [
        {
            "who": {**_identified(act), "display": act.actor_label or act.actor_id},
            "requestor": True,
        }
    ]
    if act.structure and act.actor_kind != "establishment":
        agents.append(
            {"who": _reference("Organization", STRUCT_AUTHORITY, act.structure), "requestor": False}
        )
    return agents


def _identified(act: Act) -> Resource:
    if act.actor_kind == "professional":
        return _reference("Practitioner", PS_AUTHORITY, act.actor_id)
    if act.actor_kind == "establishment":
        return _reference("Organization", STRUCT_AUTHORITY, act.actor_id)
    if act.actor_kind == "citizen":
        account = {"system": systems.URI, "value": f"urn:uuid:{act.actor_id}"}
        return {"type": "Person", "identifier": account}
    return {"type": "Device", "identifier": {"value": act.actor_id}}


def _reference(kind: str, authority: str, value: str) -> Resource:
    return {"type": kind, "identifier": {"system": f"urn:oid:{authority}", "value": value}}


def _entities(act: Act) -> list[Resource]:
    """The patient, what was acted upon, and the thread that links the acts of one request."""
    entities: list[Resource] = []
    if act.patient is not None:
        entities.append(
            {
                "what": _reference("Patient", act.patient.oid, act.patient.matricule),
                "type": {"system": _ENTITY_TYPES, "code": "1", "display": "Person"},
                "role": {"system": _ENTITY_ROLES, "code": "1", "display": "Patient"},
            }
        )
    if act.object_id:
        entities.append(_object(act))
    if act.correlation:
        # As BALP tells X-Request-Id.
        entities.append(
            {
                "what": {"identifier": {"value": act.correlation}},
                "type": {
                    "system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType",
                    "code": "XrequestId",
                },
            }
        )
    return entities


def _object(act: Act) -> Resource:
    what: Resource
    if act.object_type == "document":
        identifier = {"system": systems.URI, "value": f"urn:uuid:{act.object_id}"}
        what = {"type": "DocumentReference", "identifier": identifier}
        role = {"system": _ENTITY_ROLES, "code": "3", "display": "Report"}
    else:
        what = {"identifier": {"value": act.object_id}}
        role = {"system": _ENTITY_ROLES, "code": "4", "display": "Domain Resource"}
    made: Resource = {
        "what": what,
        "type": {"system": _ENTITY_TYPES, "code": "2", "display": "System Object"},
        "role": role,
    }
    return {**made, "name": act.object_type} if act.object_type else made
