"""Stored queries made from the table: one full query of each kind, and any query at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from hypothesis import strategies as st

from carnet.standards.xds.iti18 import (
    QUERIES,
    Definition,
    Kind,
    Parameter,
    ReturnType,
    StoredQuery,
)
from carnet.standards.xds.metadata import AssociationType, Code, Status
from tests.standards.xds.perfect import INS, OTHER_INS

words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
)
_parts = words.filter(lambda text: "^" not in text)
_times = st.from_regex(r"\A20[0-9]{2}(0[1-9])?\Z")
VALUES: Mapping[Kind, st.SearchStrategy[str | Code]] = {
    Kind.TEXT: words,
    Kind.PATIENT: words,
    Kind.PATTERN: words,
    Kind.CODE: st.builds(Code, _parts, _parts),
    Kind.STATUS: st.sampled_from(Status),
    Kind.ASSOCIATION: st.sampled_from(AssociationType),
    Kind.FROM: _times,
    Kind.TO: _times,
}
#: Two good values of each kind.
_GOOD: Mapping[Kind, tuple[str | Code, str | Code]] = {
    Kind.TEXT: ("urn:uuid:0190a1b2-0000-7000-8000-000000000001", "1.2.250.1"),
    Kind.PATIENT: (INS, OTHER_INS),
    Kind.PATTERN: ("%MARTIN%", "O'NEIL%"),
    Kind.CODE: (Code("11490-0", "2.16.840.1.113883.6.1"), Code("I10", "1.6")),
    Kind.STATUS: (Status.APPROVED, Status.ARCHIVED),
    Kind.ASSOCIATION: (AssociationType.RPLC, AssociationType.APND),
    Kind.FROM: ("20250101", "2026"),
    Kind.TO: ("20260101000000", "2026"),
}


def _full_groups(parameter: Parameter) -> tuple[tuple[str | Code, ...], ...]:
    first, second = _GOOD[parameter.kind]
    if parameter.groups:
        return ((first, second), (second,))
    return ((first, second) if parameter.many else (first,),)


def full(definition: Definition) -> StoredQuery:
    """The query that gives every parameter, and the first kind of id."""
    left_out = definition.exactly_one[1:]
    return StoredQuery(
        definition.name,
        {
            parameter.name: _full_groups(parameter)
            for parameter in definition.parameters
            if parameter.name not in left_out
        },
    )


@st.composite
def queries(
    draw: st.DrawFn, values: Mapping[Kind, st.SearchStrategy[str | Code]] = VALUES
) -> StoredQuery:
    """Any query that may be asked."""
    definition = draw(st.sampled_from(QUERIES))
    chosen = [draw(st.sampled_from(each)) for each in _choices(definition)]
    given = {
        parameter.name: draw(_groups(parameter, values))
        for parameter in definition.parameters
        if parameter.required
        or parameter.name in chosen
        or (parameter.name not in definition.exactly_one and draw(st.integers(0, 3)) == 0)
    }
    return StoredQuery(definition.name, given, draw(st.sampled_from(get_args(ReturnType))))


def _choices(definition: Definition) -> list[tuple[str, ...]]:
    return [each for each in (definition.exactly_one, definition.at_least_one) if each]


def _groups(
    parameter: Parameter, values: Mapping[Kind, st.SearchStrategy[str | Code]]
) -> st.SearchStrategy[tuple[tuple[str | Code, ...], ...]]:
    most = 3 if parameter.many else 1
    group = st.lists(values[parameter.kind], min_size=1, max_size=most).map(tuple)
    return st.lists(group, min_size=1, max_size=2 if parameter.groups else 1).map(tuple)
