"""TD1.3a: the administrative data of a record (PRPA_IN201307UV02; spec dmp §2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from carnet.national.doors.soap.gdp import answering, traits
from carnet.national.doors.soap.service import Answer, Call
from carnet.national.record import queries as record
from carnet.national.record.actions.refusals import same_patient
from carnet.standards.gdp import td13a
from carnet.standards.gdp.people import Address, Person, Representative, Telecom
from carnet.standards.gdp.td13a import AdministrativeData
from carnet.standards.xds.errors import XdsRefused

#: personalRelationship by the sex of the representative (HL7 PersonalRelationshipRoleType).
_RELATIONSHIPS: Final[Mapping[str, str]] = MappingProxyType({"M": "FTH", "F": "MTH", "I": "PRN"})


def administrative(call: Call) -> Answer:
    """The answer to a question asked for CNSLT_DATA."""
    query = td13a.read_query(call.payload)
    frame = answering(call, query.frame)
    try:
        ins = same_patient(call.session.patient, query.ins.cx)
        found = record.administrative(
            call.session.actor, ins, now=call.now, correlation=call.correlation
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        return Answer(td13a.write_refusal(frame, query, code=error.code, reason=error.context))
    return Answer(td13a.write_answer(frame, query, _data(found)))


def _data(found: record.Administrative | None) -> AdministrativeData:
    if found is None:
        return AdministrativeData(None)
    holder = found.holder
    birth_place = holder.person.birth_place
    return AdministrativeData(
        "active",
        Person(
            traits(holder.person, holder.prefix),
            _telecoms(holder),
            _address(holder),
            Address(city=birth_place) if birth_place else None,
        ),
        tuple(map(_representative, found.representatives)),
        internet_account=found.internet_account,
        mes=found.linked_to_mes,
        opposed_to_bris_de_glace=found.opposes_bris_de_glace,
        opposed_to_centre_15=found.opposes_centre_15,
    )


def _representative(contact: record.Contact) -> Representative:
    person = contact.person
    return Representative(
        relationship=_RELATIONSHIPS[person.sex],
        family=person.used_name or person.birth_name,
        given=person.used_given_name or person.first_given_name,
        prefix=contact.prefix,
        telecoms=_telecoms(contact),
        address=_address(contact),
    )


def _telecoms(contact: record.Contact) -> tuple[Telecom, ...]:
    return tuple(Telecom(**one) for one in contact.telecoms)


def _address(contact: record.Contact) -> Address | None:
    if not contact.address:
        return None
    return Address(**{**contact.address, "lines": tuple(contact.address["lines"])})
