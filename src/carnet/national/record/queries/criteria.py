"""The criteria of a FHIR search as conditions of SQL: one line of a table for each field.

A code is kept as `code^^codingScheme`, a person as XCN, a reference as CXi. What a prefix, a
modifier or half a token means: HL7 FHIR R4, 3.1.1.4 and 3.1.1.5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from carnet.national.record.entries import plain
from carnet.standards.fhir import systems
from carnet.standards.fhir.search import Criterion, Range, Search, Token, Value
from carnet.standards.ids import IdentifierError, Oid, Rpps
from carnet.standards.xds.metadata import AssociationType, Status

#: Associations that FHIR tells as relatesTo.
RELATIONS: Final = (
    AssociationType.RPLC,
    AssociationType.XFRM_RPLC,
    AssociationType.XFRM,
    AssociationType.APND,
    AssociationType.SIGNS,
)
_STATUSES: Final[Mapping[str, Mapping[str, tuple[Status, ...]]]] = MappingProxyType(
    {
        "DocumentReference": {
            "current": (Status.APPROVED, Status.ARCHIVED),
            "superseded": (Status.DEPRECATED,),
            "entered-in-error": (Status.DELETED,),
        },
        "List": {
            "current": (Status.APPROVED, Status.ARCHIVED),
            "retired": (Status.DEPRECATED,),
        },
    }
)

#: Case and accents put aside, as `entries.plain` does.
_PLAIN: Final = (
    "regexp_replace(normalize(lower(replace(replace({}, 'œ', 'oe'), 'Œ', 'oe')), NFKD),"
    " '[\\u0300-\\u036f]', '', 'g')"
)
#: The end of a time of XDS that says only its year.
_END: Final = "00000101000000"


def dtm(column: str) -> str:
    """The first instant of a time that is kept as text and may stop after any part."""
    whole = f"({column} || substr('{_END}', length({column}) + 1))"
    return f"CASE WHEN {column} <> '' THEN to_timestamp({whole}, 'YYYYMMDDHH24MISS') END"


@dataclass(slots=True)
class Values:
    """The parameters of a statement, named as they come."""

    held: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any, type_: str) -> str:
        """The place of a value of this type in the statement."""
        name = f"search{len(self.held)}"
        self.held[name] = value
        return f"%({name})s::{type_}"


Condition = Callable[[Criterion, Values], str]


def conditions(search: Search, fields: Mapping[str, Condition], values: Values) -> str:
    """`AND …` for each criterion that has a line in the table."""
    return "".join(
        f" AND {'NOT ' if each.modifier == 'not' else ''}({fields[each.field](each, values)})"
        for each in search.criteria
        if each.field in fields
    )


def statuses(resource: str, search: Search) -> list[str]:
    """The availabilityStatuses that `status` and `isArchived` leave.

    When no status is asked: all if the object is named, else all but deleted.
    """
    left: set[Status] | None = None
    for each in search.criteria:
        if each.field == "status":
            asked = {
                status
                for token in _tokens(each)
                for status in _STATUSES[resource].get(token.code, ())
            }
            left = asked if left is None else left & asked
    if left is None:
        named = search.has("id") or search.has("identifier")
        left = set(Status) if named else set(Status) - {Status.DELETED}
    for each in search.criteria:
        if each.field == "archived":
            asked_of = {token.code for token in _tokens(each)}
            left = {one for one in left if str(one is Status.ARCHIVED).lower() in asked_of}
    return sorted(status.name for status in left)


# Conditions


def coded(column: str) -> Condition:
    """A column with one code."""

    def condition(criterion: Criterion, values: Values) -> str:
        return _one_code(column, criterion.values, values)

    return condition


def codes(column: str) -> Condition:
    """A column with an array of codes."""

    def condition(criterion: Criterion, values: Values) -> str:
        inside = _one_code("held.code", criterion.values, values)
        return f"EXISTS (SELECT FROM unnest({column}) AS held(code) WHERE {inside})"

    return condition


def text(column: str) -> Condition:
    """A column that holds a code without system."""

    def condition(criterion: Criterion, values: Values) -> str:
        return f"{column} = ANY({values.add([each.code for each in _tokens(criterion)], 'text[]')})"

    return condition


def oid(column: str) -> Condition:
    """A column that holds an OID."""

    def condition(criterion: Criterion, values: Values) -> str:
        asked = [systems.oid_of_uri(each.code) or each.code for each in _tokens(criterion)]
        return f"{column} = ANY({values.add(asked, 'text[]')})"

    return condition


def time(low: str, high: str) -> Condition:
    """A time from `low`, included, to `high`; nothing is compared with a time that is not there."""

    def condition(criterion: Criterion, values: Values) -> str:
        return " OR ".join(
            _compared(low, high, each, values)
            for each in criterion.values
            if isinstance(each, Range)
        )

    return condition


def instant(column: str) -> Condition:
    """A column that tells a time to the second."""
    return time(column, f"({column} + interval '1 second')")


def name(column: str, component: int) -> Condition:
    """A component of the XCN in a column that is an array of them."""

    def condition(criterion: Criterion, values: Values) -> str:
        inside = _string(f"split_part(held.person, '^', {component})", criterion, values)
        return f"EXISTS (SELECT FROM unnest({column}) AS held(person) WHERE {inside})"

    return condition


def string(column: str) -> Condition:
    """A column of text."""

    def condition(criterion: Criterion, values: Values) -> str:
        return _string(column, criterion, values)

    return condition


def person(column: str) -> Condition:
    """The identifier of the XCN in a column that is an array of them."""

    def condition(criterion: Criterion, values: Values) -> str:
        asked = values.add([_person(each) for each in _tokens(criterion)], "text[]")
        return (
            f"EXISTS (SELECT FROM unnest({column}) AS held(person)"
            f" WHERE split_part(held.person, '^', 1) = ANY({asked}))"
        )

    return condition


def reference(column: str) -> Condition:
    """The CXi in a column that is an array of them."""

    def condition(criterion: Criterion, values: Values) -> str:
        asked = " OR ".join(_cxi(each, values) for each in _tokens(criterion))
        return f"EXISTS (SELECT FROM unnest({column}) AS held(id) WHERE {asked})"

    return condition


def ids(criterion: Criterion, values: Values) -> str:
    """The id of an object."""
    found = [each for each in criterion.values if isinstance(each, UUID)]
    return f"id = ANY({values.add(found, 'uuid[]')})"


def identifier(*columns: str) -> Condition:
    """uniqueId, and the columns that hold a UUID: each as a URI, or by its value alone."""

    def condition(criterion: Criterion, values: Values) -> str:
        unique_ids, uuids = [], []
        for each in _tokens(criterion):
            if each.system in (None, systems.URI):
                unique_ids += [each.code, systems.oid_of_uri(each.code)]
                uuids += [found] if (found := _uuid(each.code)) else []
            elif each.system and _is_oid(each.system):
                unique_ids.append(f"{each.system}^{each.code}")
        known = [f"unique_id = ANY({values.add([one for one in unique_ids if one], 'text[]')})"]
        asked = values.add(uuids, "uuid[]")
        return " OR ".join((*known, *(f"{column} = ANY({asked})" for column in columns)))

    return condition


def relates_to(criterion: Criterion, values: Values) -> str:
    """The documents that a document replaces, transforms, appends or signs."""
    found = [each for each in criterion.values if isinstance(each, UUID)]
    return (
        "EXISTS (SELECT FROM record_association link WHERE link.patient_id = %(patient)s"
        f" AND link.source_id = record_document.id AND link.type = ANY(%(relations)s::text[])"
        f" AND link.target_id = ANY({values.add(found, 'uuid[]')}))"
    )


def _tokens(criterion: Criterion) -> Iterator[Token]:
    return (each for each in criterion.values if isinstance(each, Token))


def _one_code(column: str, asked: Sequence[Value], values: Values) -> str:
    whole, codes_, schemes = [], [], []
    for each in asked:
        if not isinstance(each, Token):
            continue
        if each.system is None:
            codes_.append(each.code)
        elif each.code:
            whole.append(f"{each.code}^^{each.system}")
        else:
            schemes.append(each.system)
    found = [f"{column} = ANY({values.add(whole, 'text[]')})"] if whole else []
    for part, held in ((1, codes_), (2, schemes)):
        if held:
            place = values.add(held, "text[]")
            found.append(f"split_part({column}, '^^', {part}) = ANY({place})")
    return " OR ".join(found) or "false"


def _compared(low: str, high: str, asked: Range, values: Values) -> str:
    start, end = values.add(asked.low, "timestamptz"), values.add(asked.high, "timestamptz")
    inside = f"({low} >= {start} AND {high} <= {end})"
    return {
        "eq": inside,
        "ne": f"NOT {inside}",
        "gt": f"{high} > {end}",
        "lt": f"{low} < {start}",
        "ge": f"({high} > {end} OR {inside})",
        "le": f"({low} < {start} OR {inside})",
        "sa": f"{low} >= {end}",
        "eb": f"{high} <= {start}",
        "ap": f"({low} < {end} AND {high} > {start})",
    }[asked.prefix]


def _string(column: str, criterion: Criterion, values: Values) -> str:
    asked = [each for each in criterion.values if isinstance(each, str)]
    if criterion.modifier == "exact":
        return f"{column} = ANY({values.add(asked, 'text[]')})"
    before = "%" if criterion.modifier == "contains" else ""
    patterns = [f"{before}{_escaped(plain(each))}%" for each in asked]
    return f"{_PLAIN.format(column)} LIKE ANY({values.add(patterns, 'text[]')})"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _person(asked: Token) -> str:
    """A PS_IdNat, also when its RPPS is told; another number as it is."""
    if asked.system == systems.RPPS:
        try:
            return f"8{Rpps(asked.code)}"
        except IdentifierError:
            return asked.code
    return asked.code


def _cxi(asked: Token, values: Values) -> str:
    code = f"split_part(held.id, '^', 1) = {values.add(asked.code, 'text')}"
    if asked.system is None:
        return code
    authority = "split_part(split_part(held.id, '^', 4), '&', 2)"
    return f"({code} AND {authority} = {values.add(asked.system, 'text')})"


def _uuid(code: str) -> UUID | None:
    try:
        return UUID(code.removeprefix("urn:uuid:"))
    except ValueError:
        return None


def _is_oid(code: str) -> bool:
    try:
        Oid(code)
    except IdentifierError:
        return False
    return True
