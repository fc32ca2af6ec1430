"""Whose record a message is about: by the VIHF in profile `fr-dmp`, by what it says in `ihe`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from carnet.national.identity import queries as identity
from carnet.national.record import entries, places
from carnet.national.record.actions.refusals import same_patient
from carnet.standards.ids import IdentifierError, Ins, PatientId
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.iti18 import Kind, StoredQuery

#: What a record is asked for by: an INS, or the patient id itself.
Whose = Ins | UUID

_UUIDS: Final = frozenset({"id", "logical_id"})


def patient_id_of(whose: Whose) -> UUID | None:
    """The patient id, when there is one, of a record that is not there."""
    return identity.patient_of(whose) if isinstance(whose, Ins) else whose


def unknown_patient() -> XdsRefused:
    """Nobody has a record under this identifier."""
    return refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")


def of_domain(_declared: Ins | None, claimed: str) -> UUID:
    """The patient of the domain that the message names. Raises `XdsRefused`."""
    try:
        known_by = PatientId.from_cx(claimed)
    except IdentifierError as error:
        raise refused(ErrorCode.UNKNOWN_PATIENT_ID, str(error)) from None
    found = identity.domain_patient_of(known_by)
    if found is None:
        raise unknown_patient()
    return found


def asked_by_vihf(declared: Ins | None, query: StoredQuery) -> Ins:
    """The patient of the VIHF, who is the one that the query names if it names one.

    Raises `XdsRefused`.
    """
    if declared is None:
        raise refused(ErrorCode.PATIENT_ID_DOES_NOT_MATCH, "the VIHF names no patient")
    for named in _patients(query):
        same_patient(declared, named)
    return declared


def asked_in_domain(_declared: Ins | None, query: StoredQuery) -> UUID | None:
    """The patient that the query names, or whose objects it names; none when it finds nothing.

    Raises `XdsRefused`: XDSUnknownPatientId, and XDSResultNotSinglePatient when it names objects
    of several patients (ITI TF-2, 3.18.4.1.3).
    """
    found = {of_domain(None, named) for named in _patients(query)} or _holders(query)
    if len(found) > 1:
        raise refused(
            ErrorCode.RESULT_NOT_SINGLE_PATIENT, "the query is about objects of several patients"
        )
    return next(iter(found), None)


def _patients(query: StoredQuery) -> Iterator[str]:
    for parameter in query.definition.parameters:
        if parameter.kind is Kind.PATIENT:
            yield from map(str, query.given(parameter.name))


def _holders(query: StoredQuery) -> set[UUID]:
    """The patients of the objects that the query names, by entryUUID or uniqueId."""
    uuids: set[UUID] = set()
    unique_ids: set[str] = set()
    for parameter in query.definition.parameters:
        for value in map(str, query.given(parameter.name)):
            if parameter.attribute == "unique_id":
                unique_ids.add(value)
            elif parameter.attribute in _UUIDS or parameter.name == "$uuid":
                named = entries.known_id(value)
                uuids |= {named} if named else set()
    return {*places.patients_of(uuids).values(), *places.patients_named(unique_ids)}
