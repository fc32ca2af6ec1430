"""The HL7 v2 data types of XDS attributes, written from CDA and HL7 v2 objects: CX, XCN, XON, DTM.

Source: ITI TF-3, 4.2.3.1; forms of the CI-SIS: spec dmp §3.7.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from carnet.standards.cda.header import Id, Name, Organization, Participant
from carnet.standards.hl7v2.messages import Party
from carnet.standards.ids import INS_OIDS, PS_AUTHORITY, STRUCT_AUTHORITY

#: Authority of a SIREN, for referenced digital services (spec dmp §3.7).
SIREN_AUTHORITY: Final = "1.3.2"

_TS: Final = re.compile(r"([1-9][0-9]{3,13})(?:\.[0-9]+)?([+-][0-9]{4})?")
_FORMATS: Final[Mapping[int, str]] = MappingProxyType(
    {10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
)
_ESCAPES: Final = str.maketrans(
    {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
)
#: XPN-7 by the qualifier of a family name, and the given names that go with it.
_NAME_TYPES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "BR": ("L", ("BR", "")),
        "CL": ("S", ("CL", "BR", "")),
        "SP": ("D", ("CL", "BR", "")),
        "": ("U", ("", "BR", "CL")),
    }
)
#: The type of a structure's identifier by its authority (spec dmp §3.7).
_STRUCTURE_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {STRUCT_AUTHORITY: "IDNST", SIREN_AUTHORITY: "SIREN"}
)


def dtm(time: str) -> str:
    """A time of HL7 v3 (`YYYYMMDDhhmmss.uuuu+zzzz`, cut anywhere) in UTC without fraction.

    A date, or a time without offset, is kept as it is: nothing says where it was told. Text that is
    no time is kept too, for the rules to refuse.
    """
    match = _TS.fullmatch(time)
    if match is None:
        return time
    digits, offset = match[1], match[2]
    form = _FORMATS.get(len(digits))
    if form is None or offset is None:
        return digits
    try:
        moment = datetime.strptime(digits + offset, f"{form}%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return time
    return moment.strftime(form if offset.endswith("00") else _FORMATS[max(len(digits), 12)])


def cx(id_: Id, kind: str) -> str:
    """CX: `id^^^&authority&ISO^kind`."""
    return f"{_escape(id_.extension)}^^^&{id_.root}&ISO^{kind}"


def person(participant: Participant | None) -> str:
    """XCN of a professional, a patient or a system; empty when there is no identifier."""
    if participant is None or not participant.ids:
        return ""
    ids = participant.ids
    id_ = next((one for one in ids if one.root == PS_AUTHORITY), ids[0])
    if participant.device or participant.device_model:
        return _xcn(id_, participant.device, participant.device_model, "U", "RI")
    name = participant.name or Name()
    family, given = name.family("", "CL", "SP", "BR"), name.given("", "CL", "BR")
    if id_.root in INS_OIDS:
        birth = not name.family("", "CL", "SP")
        return _xcn(id_, family, given, "L" if birth else "D", "NH")
    return _xcn(id_, family, given, "D", "EI" if "/" in id_.extension else "IDNPS")


def person_of_party(party: Party) -> str:
    """XCN of the sender of a message: a professional, a local user or a system (§3.7).

    A system is told by its number inside its structure.
    """
    if party.ps_idnat:
        id_ = Id(PS_AUTHORITY, party.ps_idnat)
        return _xcn(id_, party.family, party.given, "D", "EI" if "/" in id_.extension else "IDNPS")
    if not party.struct_idnat or not (party.device_id or party.person_id):
        return ""
    local = Id(PS_AUTHORITY, f"{_holder(party.struct_idnat)}/{party.device_id or party.person_id}")
    if party.device_id:
        return _xcn(local, party.device_id, "", "U", "RI")
    return _xcn(local, party.family, party.given, "D", "EI")


#: Prefix of a number given by a structure, by the prefix of the structure (TRE_G08, TRE_G07).
_HOLDERS: Final[Mapping[str, str]] = MappingProxyType({"1": "3", "2": "4", "3": "5", "4": "6"})


def _holder(struct_idnat: str) -> str:
    return _HOLDERS.get(struct_idnat[0], struct_idnat[0]) + struct_idnat[1:]


def structure(organization: Organization | None) -> str:
    """XON of a structure; empty when it has neither name nor identifier."""
    if organization is None:
        return ""
    ids = organization.ids
    chosen = next((one for one in ids if one.root in _STRUCTURE_TYPES), ids[0] if ids else None)
    return _xon(organization.name, chosen)


def structure_of_party(party: Party) -> str:
    """XON of the structure of a sender."""
    idnat = party.struct_idnat
    return _xon(party.structure_name, Id(STRUCT_AUTHORITY, idnat) if idnat else None)


def patient_names(name: Name) -> Iterator[str]:
    """XPN of each family name with the given name of its kind: birth, used, spouse's, unsaid."""
    for qualifier, family in name.families:
        kind, givens = _NAME_TYPES.get(qualifier, _NAME_TYPES[""])
        yield f"{_escape(family)}^{_escape(name.given(*givens))}^^^^^{kind}"


def _xcn(id_: Id, family: str, given: str, name_type: str, id_type: str) -> str:
    return (
        f"{_escape(id_.extension or id_.root)}^{_escape(family)}^{_escape(given)}"
        f"^^^^^^&{id_.root}&ISO^{name_type}^^^{id_type}"
    )


def _xon(name: str, id_: Id | None) -> str:
    if id_ is None or not id_.extension:
        return f"{_escape(name)}^^^^^^^^^" if name else ""
    kind = _STRUCTURE_TYPES.get(id_.root, "XX")
    return f"{_escape(name)}^^^^^&{id_.root}&ISO^{kind}^^^{_escape(id_.extension)}"


def _escape(text: str) -> str:
    """HL7 v2 escapes of the separators (HL7 v2.5, 2.7)."""
    return text.translate(_ESCAPES)
