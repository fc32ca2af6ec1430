"""A stored query as an object: any of the sixteen, and a form of its own for the two most used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti18.parameters import QUERIES, Definition, QueryName
from carnet.standards.xds.metadata import Code, Status

ReturnType = Literal["LeafClass", "ObjectRef"]
#: What a parameter may hold; a Status and an AssociationType are texts.
Value = str | Code
#: Alternatives in each group, all groups together.
Groups = tuple[tuple[Value, ...], ...]
CodeGroups = tuple[tuple[Code, ...], ...]

_DEFINITIONS: Final[Mapping[QueryName, Definition]] = MappingProxyType(
    {definition.name: definition for definition in QUERIES}
)


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """Any stored query: `values` by the name of the parameter (`$…`), those that are given.

    Each is a conjunction of alternatives, one group unless the parameter may be repeated.
    """

    name: QueryName
    values: Mapping[str, Groups] = field(default_factory=dict)
    return_type: ReturnType = "LeafClass"

    @property
    def definition(self) -> Definition:
        """Its line of the table."""
        return _DEFINITIONS[self.name]

    def given(self, name: str) -> tuple[Value, ...]:
        """The alternatives of a parameter that is not repeated; none when it is not given."""
        return next(iter(self.values.get(name, ())), ())


@dataclass(frozen=True, slots=True)
class FindDocuments:
    """The documents of a patient. Codes of one field are alternatives, fields are conjunctions.

    `events` and `confidentiality` are conjunctions of alternatives. Times are DTM text in UTC:
    `…_from` is included, `…_to` excluded. `author_persons` are SQL LIKE patterns, alternatives.
    `entry_types` are objectType URNs; empty means stable documents.
    """

    patient_id: str  #: CX
    statuses: tuple[Status, ...]
    class_codes: tuple[Code, ...] = ()
    type_codes: tuple[Code, ...] = ()
    format_codes: tuple[Code, ...] = ()
    facility_types: tuple[Code, ...] = ()
    practice_settings: tuple[Code, ...] = ()
    events: CodeGroups = ()
    confidentiality: CodeGroups = ()
    creation_from: str = ""
    creation_to: str = ""
    service_start_from: str = ""
    service_start_to: str = ""
    service_stop_from: str = ""
    service_stop_to: str = ""
    author_persons: tuple[str, ...] = ()
    entry_types: tuple[str, ...] = ()
    return_type: ReturnType = "LeafClass"


@dataclass(frozen=True, slots=True)
class GetDocuments:
    """Documents by entryUUID or by uniqueId: one of the two, never both."""

    entry_uuids: tuple[str, ...] = ()
    unique_ids: tuple[str, ...] = ()
    return_type: ReturnType = "LeafClass"


Query = FindDocuments | GetDocuments

_PREFIX: Final = "$XDSDocumentEntry"
#: The parameter that each field holds.
_FIELDS: Final[Mapping[type[Query], Mapping[str, str]]] = MappingProxyType(
    {
        FindDocuments: {
            "patient_id": "PatientId",
            "statuses": "Status",
            "class_codes": "ClassCode",
            "type_codes": "TypeCode",
            "format_codes": "FormatCode",
            "facility_types": "HealthcareFacilityTypeCode",
            "practice_settings": "PracticeSettingCode",
            "events": "EventCodeList",
            "confidentiality": "ConfidentialityCode",
            "creation_from": "CreationTimeFrom",
            "creation_to": "CreationTimeTo",
            "service_start_from": "ServiceStartTimeFrom",
            "service_start_to": "ServiceStartTimeTo",
            "service_stop_from": "ServiceStopTimeFrom",
            "service_stop_to": "ServiceStopTimeTo",
            "author_persons": "AuthorPerson",
            "entry_types": "Type",
        },
        GetDocuments: {"entry_uuids": "EntryUUID", "unique_ids": "UniqueId"},
    }
)
_NAMES: Final[Mapping[type[Query], QueryName]] = MappingProxyType(
    {FindDocuments: QueryName.FIND_DOCUMENTS, GetDocuments: QueryName.GET_DOCUMENTS}
)


def untyped(query: Query) -> StoredQuery:
    """The same query in the form of all; what is empty is not given."""
    make = type(query)
    held = {
        f"{_PREFIX}{name}": tuple(_groups(getattr(query, field)))
        for field, name in _FIELDS[make].items()
    }
    values = {name: groups for name, groups in held.items() if groups}
    return StoredQuery(_NAMES[make], values, query.return_type)


def _groups(held: Any) -> Iterator[tuple[Value, ...]]:
    """A text is one value, a tuple is alternatives, a tuple of tuples is already groups."""
    if isinstance(held, tuple) and held and isinstance(held[0], tuple):
        yield from held
    elif held:
        yield held if isinstance(held, tuple) else (held,)


def typed(query: StoredQuery) -> Query:
    """The query in its own form.

    Raises `XdsRefused` for a query that has none, or a parameter that this form does not hold:
    passing over a filter would answer more than was asked.
    """
    make = next((make for make, name in _NAMES.items() if name is query.name), None)
    if make is None:
        raise refused(ErrorCode.UNKNOWN_STORED_QUERY, "this stored query is not served here")
    by_parameter = {f"{_PREFIX}{name}": field for field, name in _FIELDS[make].items()}
    fields: dict[str, Any] = {"return_type": query.return_type}
    for parameter in query.definition.parameters:
        groups = query.values.get(parameter.name)
        if groups is None:
            continue
        if parameter.name not in by_parameter:
            raise refused(ErrorCode.REGISTRY_ERROR, f"{parameter.name} is not served here")
        alternatives: Any = groups[0] if parameter.many else groups[0][0]
        fields[by_parameter[parameter.name]] = groups if parameter.groups else alternatives
    return make(**fields)
