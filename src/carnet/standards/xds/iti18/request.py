"""The request: query:AdhocQueryRequest, read and written by the table of `parameters`.

The rules of quoting are those of ITI TF-2, 3.18.4.1.2.3.5: `'text'`, `('a','b')`, several
rim:Value are alternatives, and a slot repeated is a conjunction where the parameter allows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, get_args

from lxml import etree

from carnet.standards.xds.ebrim import QUERY, RIM, slot
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused
from carnet.standards.xds.iti18.parameters import ACTION, QUERIES, Definition, Kind, Parameter
from carnet.standards.xds.iti18.queries import (
    Groups,
    Query,
    ReturnType,
    StoredQuery,
    Value,
    typed,
    untyped,
)
from carnet.standards.xds.metadata import AssociationType, Code, Status

#: Parameters that change nothing for a registry: the level of metadata update that the caller
#: knows, and the community, which a gateway reads (ITI TF-2, 3.18.4.1.3).
_IGNORED: Final = frozenset({"$MetadataLevel", "$homeCommunityId"})

_ITEM: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([0-9]+))\s*")
_ITEMS: Final = re.compile(f"{_ITEM.pattern}(?:,{_ITEM.pattern})*")
_TIME: Final = re.compile(r"[0-9]{4}([0-9]{2}){0,5}")


def read(payload: etree._Element) -> Query:
    """Read a query that has a form of its own. Raises `XdsRefused`, as `read_query` and `typed`."""
    return typed(read_query(payload))


def read_query(payload: etree._Element, *, action: str = ACTION) -> StoredQuery:
    """Read a query of the transaction of `action` (ITI-18 or ITI-51).

    Raises `XdsRefused` with the error that ITI-18 gives to what is wrong.
    """
    query = payload.find(f"{{{RIM}}}AdhocQuery")
    option = payload.find(f"{{{QUERY}}}ResponseOption")
    if payload.tag != f"{{{QUERY}}}AdhocQueryRequest" or query is None or option is None:
        raise _wrong("an AdhocQueryRequest with ResponseOption and AdhocQuery is expected")
    known = (one for one in QUERIES if one.id == query.get("id") and one.action == action)
    definition = next(known, None)
    if definition is None:
        raise refused(ErrorCode.UNKNOWN_STORED_QUERY, "this stored query is not known here")
    found = _groups(query, definition)
    values: dict[str, Groups] = {}
    for parameter in definition.parameters:
        groups = found.get(parameter.name)
        if groups:
            values[parameter.name] = _read_groups(parameter, groups)
        elif parameter.required:
            raise refused(ErrorCode.STORED_QUERY_MISSING_PARAM, f"{parameter.name} is required")
    _check_choices(definition, values)
    return StoredQuery(definition.name, values, _return_type(option))


def _return_type(option: etree._Element) -> ReturnType:
    value = option.get("returnType", "")
    known = next((known for known in get_args(ReturnType) if known == value), None)
    if known is None:
        raise _wrong("returnType is neither LeafClass nor ObjectRef")
    return known  # type: ignore[no-any-return]


def _groups(query: etree._Element, definition: Definition) -> Mapping[str, list[tuple[str, ...]]]:
    """The values of each parameter: a tuple of alternatives for each slot of its name."""
    known = {parameter.name for parameter in definition.parameters}
    groups: dict[str, list[tuple[str, ...]]] = {}
    for element in query.iterchildren(f"{{{RIM}}}Slot"):
        name = element.get("name", "")
        if name in _IGNORED:
            continue
        if name not in known:
            # Passing over a filter would answer more than was asked.
            raise _wrong(f"{name} is not a parameter of this query")
        texts = element.iterfind(f"{{{RIM}}}ValueList/{{{RIM}}}Value")
        values = tuple(value for text in texts for value in _items(text.text or "", name))
        if not values:
            raise refused(ErrorCode.STORED_QUERY_MISSING_PARAM, f"{name} holds no value")
        groups.setdefault(name, []).append(values)
    return groups


def _items(text: str, name: str) -> Iterator[str]:
    """The items of one rim:Value: `'x'`, `('x','y')`, or a bare number."""
    text = text.strip()
    listed = text.startswith("(") and text.endswith(")")
    if listed:
        text = text[1:-1]
    if not (_ITEMS if listed else _ITEM).fullmatch(text):
        raise _wrong(f"a value of {name} is not quoted as ITI-18 asks")
    for match in _ITEM.finditer(text):
        yield match[2] if match[1] is None else match[1].replace("''", "'")


def _read_groups(parameter: Parameter, groups: list[tuple[str, ...]]) -> Groups:
    if (len(groups) > 1 and not parameter.groups) or (len(groups[0]) > 1 and not parameter.many):
        raise refused(
            ErrorCode.STORED_QUERY_PARAM_NUMBER, f"{parameter.name} is given more than once"
        )
    read = _READERS[parameter.kind]
    return tuple(tuple(read(value, parameter.name) for value in group) for group in groups)


def _text(value: str, name: str) -> str:
    if not value:
        raise _wrong(f"a value of {name} is empty")
    return value


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


def _association(value: str, name: str) -> AssociationType:
    if value not in AssociationType.__members__.values():
        raise _wrong(f"a value of {name} is not a type of association")
    return AssociationType(value)


_READERS: Final[Mapping[Kind, Callable[[str, str], Value]]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.PATIENT: _text,
        Kind.PATTERN: _text,
        Kind.CODE: _code,
        Kind.STATUS: _status,
        Kind.ASSOCIATION: _association,
        Kind.FROM: _time,
        Kind.TO: _time,
    }
)


def _check_choices(definition: Definition, values: Mapping[str, object]) -> None:
    """One of the ids and not two; a query over several patients is narrowed."""
    given = sum(name in values for name in definition.exactly_one)
    names = " or ".join(definition.exactly_one)
    if definition.exactly_one and not given:
        raise refused(ErrorCode.STORED_QUERY_MISSING_PARAM, f"{names} is required")
    if given > 1:
        raise refused(ErrorCode.STORED_QUERY_PARAM_NUMBER, f"either {names}, one of them only")
    if definition.at_least_one and not any(name in values for name in definition.at_least_one):
        names = ", ".join(definition.at_least_one)
        raise refused(ErrorCode.STORED_QUERY_MISSING_PARAM, f"at least one of {names} is required")


def _wrong(problem: str) -> XdsRefused:
    return refused(ErrorCode.REGISTRY_ERROR, problem)


def write(query: StoredQuery | Query) -> bytes:
    """The payload that asks `query`."""
    stored = query if isinstance(query, StoredQuery) else untyped(query)
    slots = "".join(
        slot(parameter.name, [_written(parameter, value) for value in group])
        for parameter in stored.definition.parameters
        for group in stored.values.get(parameter.name, ())
    )
    return (
        f'<query:AdhocQueryRequest xmlns:query="{QUERY}">'
        f'<query:ResponseOption returnComposedObjects="true" returnType="{stored.return_type}"/>'
        f'<rim:AdhocQuery xmlns:rim="{RIM}" id="{stored.definition.id}">{slots}</rim:AdhocQuery>'
        "</query:AdhocQueryRequest>"
    ).encode()


def _written(parameter: Parameter, value: Value) -> str:
    text = f"{value.code}^^{value.scheme}" if isinstance(value, Code) else value
    quoted = "'" + text.replace("'", "''") + "'"
    return f"({quoted})" if parameter.many else quoted
