"""ITI-18 Registry Stored Query: FindDocuments and GetDocuments (TD3.1).

Which query takes which parameter, in what form, is a table; the rules of quoting are those of
ITI TF-2, 3.18.4.1.2.3.5: `'text'`, `('a','b')`, several rim:Value are alternatives, and a slot
repeated is a conjunction where the query allows it. Source: ITI TF-2, 3.18; spec dmp §3.1, §3.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from lxml import etree

from carnet.standards.xds.ebrim import QUERY, RIM, RS, read_entry, slot
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused, refused
from carnet.standards.xds.metadata import Code, DocumentEntry, Status
from carnet.standards.xds.registry_response import (
    STATUS_URNS,
    Outcome,
    error_list,
    outcome,
    read_outcome,
)
from carnet.standards.xml import escape

ACTION: Final = "urn:ihe:iti:2007:RegistryStoredQuery"
RESPONSE_ACTION: Final = f"{ACTION}Response"

ReturnType = Literal["LeafClass", "ObjectRef"]
#: Alternatives in each group, all groups together.
CodeGroups = tuple[tuple[Code, ...], ...]


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


@dataclass(frozen=True, slots=True)
class QueryResponse:
    """The entries found, or only their ids (`object_refs`)."""

    status: Outcome
    errors: tuple[RegistryError, ...] = ()
    documents: tuple[DocumentEntry, ...] = ()
    object_refs: tuple[str, ...] = ()


Kind = Literal["text", "time", "texts", "statuses", "codes", "code groups"]


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Which slot (`$` apart) fills which field, in what form."""

    name: str
    field: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True, slots=True)
class _StoredQuery:
    id: str
    make: type[FindDocuments] | type[GetDocuments]
    parameters: tuple[_Parameter, ...]
    one_of: tuple[str, ...] = ()  #: exactly one of these fields


_PREFIX: Final = "$XDSDocumentEntry"
_QUERIES: Final = (
    _StoredQuery(
        "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d",
        FindDocuments,
        (
            _Parameter("PatientId", "patient_id", "text", required=True),
            _Parameter("Status", "statuses", "statuses", required=True),
            _Parameter("ClassCode", "class_codes", "codes"),
            _Parameter("TypeCode", "type_codes", "codes"),
            _Parameter("FormatCode", "format_codes", "codes"),
            _Parameter("HealthcareFacilityTypeCode", "facility_types", "codes"),
            _Parameter("PracticeSettingCode", "practice_settings", "codes"),
            _Parameter("EventCodeList", "events", "code groups"),
            _Parameter("ConfidentialityCode", "confidentiality", "code groups"),
            _Parameter("CreationTimeFrom", "creation_from", "time"),
            _Parameter("CreationTimeTo", "creation_to", "time"),
            _Parameter("ServiceStartTimeFrom", "service_start_from", "time"),
            _Parameter("ServiceStartTimeTo", "service_start_to", "time"),
            _Parameter("ServiceStopTimeFrom", "service_stop_from", "time"),
            _Parameter("ServiceStopTimeTo", "service_stop_to", "time"),
            _Parameter("AuthorPerson", "author_persons", "texts"),
            _Parameter("Type", "entry_types", "texts"),
        ),
    ),
    _StoredQuery(
        "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
        GetDocuments,
        (
            _Parameter("EntryUUID", "entry_uuids", "texts"),
            _Parameter("UniqueId", "unique_ids", "texts"),
        ),
        one_of=("entry_uuids", "unique_ids"),
    ),
)
#: Parameters that change nothing for us: the level of metadata update that the caller knows.
_IGNORED: Final = frozenset({"$MetadataLevel"})

_ITEM: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([0-9]+))\s*")
_ITEMS: Final = re.compile(f"{_ITEM.pattern}(?:,{_ITEM.pattern})*")
_TIME: Final = re.compile(r"[0-9]{4}([0-9]{2}){0,5}")
_Groups = list[tuple[str, ...]]


def read(payload: etree._Element) -> Query:
    """Read the query. Raises `XdsRefused` with the error that ITI-18 gives to what is wrong."""
    query = payload.find(f"{{{RIM}}}AdhocQuery")
    option = payload.find(f"{{{QUERY}}}ResponseOption")
    if payload.tag != f"{{{QUERY}}}AdhocQueryRequest" or query is None or option is None:
        raise _wrong("an AdhocQueryRequest with ResponseOption and AdhocQuery is expected")
    stored = next((stored for stored in _QUERIES if stored.id == query.get("id")), None)
    if stored is None:
        raise refused(ErrorCode.UNKNOWN_STORED_QUERY, "this stored query is not known here")
    groups = _groups(query, {f"{_PREFIX}{parameter.name}" for parameter in stored.parameters})
    fields: dict[str, Any] = {"return_type": _return_type(option)}
    for parameter in stored.parameters:
        found = groups.get(f"{_PREFIX}{parameter.name}", [])
        if not found and parameter.required:
            raise refused(
                ErrorCode.STORED_QUERY_MISSING_PARAM, f"{_PREFIX}{parameter.name} is required"
            )
        if found:
            fields[parameter.field] = _field(parameter, found)
    _check_one_of(stored, fields)
    return stored.make(**fields)


def _return_type(option: etree._Element) -> ReturnType:
    value = option.get("returnType", "")
    known = next((known for known in get_args(ReturnType) if known == value), None)
    if known is None:
        raise _wrong("returnType is neither LeafClass nor ObjectRef")
    return known  # type: ignore[no-any-return]


def _groups(query: etree._Element, known: set[str]) -> Mapping[str, _Groups]:
    """The values of each parameter: a tuple of alternatives for each slot of its name."""
    groups: dict[str, _Groups] = {}
    for element in query.iterchildren(f"{{{RIM}}}Slot"):
        name = element.get("name", "")
        if name in _IGNORED:
            continue
        if name not in known:
            # Passing over a filter would answer more than was asked.
            raise _wrong(f"{name} is not a parameter of this query")
        texts = element.iterfind(f"{{{RIM}}}ValueList/{{{RIM}}}Value")
        values = tuple(value for text in texts for value in _values(text.text or "", name))
        if not values:
            raise refused(ErrorCode.STORED_QUERY_MISSING_PARAM, f"{name} holds no value")
        groups.setdefault(name, []).append(values)
    return groups


def _values(text: str, name: str) -> Iterator[str]:
    """The items of one rim:Value: `'x'`, `('x','y')`, or a bare number."""
    text = text.strip()
    listed = text.startswith("(") and text.endswith(")")
    if listed:
        text = text[1:-1]
    if not (_ITEMS if listed else _ITEM).fullmatch(text):
        raise _wrong(f"a value of {name} is not quoted as ITI-18 asks")
    for match in _ITEM.finditer(text):
        yield match[2] if match[1] is None else match[1].replace("''", "'")


def _field(parameter: _Parameter, groups: _Groups) -> Any:
    name = f"{_PREFIX}{parameter.name}"
    if parameter.kind == "code groups":
        return tuple(tuple(_code(value, name) for value in group) for group in groups)
    values = groups[0]
    if len(groups) > 1 or (parameter.kind in ("text", "time") and len(values) > 1):
        raise refused(ErrorCode.STORED_QUERY_PARAM_NUMBER, f"{name} is given more than once")
    match parameter.kind:
        case "text":
            return values[0]
        case "time":
            return _time(values[0], name)
        case "codes":
            return tuple(_code(value, name) for value in values)
        case "statuses":
            return tuple(_status(value, name) for value in values)
        case _:
            return values


def _time(value: str, name: str) -> str:
    if not _TIME.fullmatch(value):
        raise _wrong(f"{name} is not a time YYYY[MM[DD[hh[mm[ss]]]]]")
    return value


def _code(value: str, name: str) -> Code:
    code, _, scheme = value.partition("^^")
    if not code or not scheme or "^" in scheme:
        raise _wrong(f"a value of {name} is not code^^scheme")
    return Code(code, scheme)


def _status(value: str, name: str) -> Status:
    if value not in Status.__members__.values():
        raise _wrong(f"a value of {name} is not an availabilityStatus")
    return Status(value)


def _check_one_of(stored: _StoredQuery, fields: Mapping[str, object]) -> None:
    given = sum(name in fields for name in stored.one_of)
    names = " or ".join(
        f"{_PREFIX}{parameter.name}"
        for parameter in stored.parameters
        if parameter.field in stored.one_of
    )
    if stored.one_of and given == 0:
        raise refused(ErrorCode.STORED_QUERY_MISSING_PARAM, f"{names} is required")
    if given > 1:
        raise refused(ErrorCode.STORED_QUERY_PARAM_NUMBER, f"either {names}, not both")


def _wrong(problem: str) -> XdsRefused:
    return refused(ErrorCode.REGISTRY_ERROR, problem)


def write(query: Query) -> bytes:
    """The payload that asks `query`."""
    stored = next(stored for stored in _QUERIES if isinstance(query, stored.make))
    slots = "".join(
        slot(f"{_PREFIX}{parameter.name}", values)
        for parameter in stored.parameters
        for values in _slot_values(parameter, getattr(query, parameter.field))
    )
    return (
        f'<query:AdhocQueryRequest xmlns:query="{QUERY}">'
        f'<query:ResponseOption returnComposedObjects="true" returnType="{query.return_type}"/>'
        f'<rim:AdhocQuery xmlns:rim="{RIM}" id="{stored.id}">{slots}</rim:AdhocQuery>'
        "</query:AdhocQueryRequest>"
    ).encode()


def _slot_values(parameter: _Parameter, value: Any) -> Iterator[list[str]]:
    """The values of each slot that says `value`: no slot when there is nothing to say."""
    if parameter.kind == "code groups":
        yield from ([_listed(code) for code in group] for group in value)
    elif parameter.kind in ("text", "time") and value:
        yield [_quoted(value)]
    elif value:
        yield [_listed(item) for item in value]


def _listed(item: str | Code) -> str:
    return f"({_quoted(f'{item.code}^^{item.scheme}' if isinstance(item, Code) else item)})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def write_response(
    fragments: Iterable[str],
    *,
    object_refs: Iterable[str] = (),
    errors: Sequence[RegistryError] = (),
) -> bytes:
    """The query:AdhocQueryResponse made of `ebrim.entry_fragment`s, or of entryUUIDs."""
    found = [*fragments]
    found += (f'<rim:ObjectRef id="{escape(identity)}"/>' for identity in object_refs)
    status = STATUS_URNS[outcome(errors, partial=bool(found))]
    return (
        f'<query:AdhocQueryResponse xmlns:query="{QUERY}" xmlns:rim="{RIM}" xmlns:rs="{RS}"'
        f' status="{status}" startIndex="0" totalResultCount="{len(found)}">{error_list(errors)}'
        f"<rim:RegistryObjectList>{''.join(found)}</rim:RegistryObjectList>"
        "</query:AdhocQueryResponse>"
    ).encode()


def read_response(payload: etree._Element) -> QueryResponse:
    """Read the answer. Raises `XdsRefused` when it cannot be read."""
    if payload.tag != f"{{{QUERY}}}AdhocQueryResponse":
        raise _wrong("the answer is not an AdhocQueryResponse")
    ended = read_outcome(payload)
    objects = payload.find(f"{{{RIM}}}RegistryObjectList")
    found = () if objects is None else tuple(objects.iterchildren(tag=etree.Element))
    return QueryResponse(
        status=ended.status,
        errors=ended.errors,
        documents=tuple(read_entry(e) for e in found if e.tag != f"{{{RIM}}}ObjectRef"),
        object_refs=tuple(e.get("id", "") for e in found if e.tag == f"{{{RIM}}}ObjectRef"),
    )
