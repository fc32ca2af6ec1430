"""The parameters of a stored query as conditions of SQL, by the table of ITI-18.

What they mean is told by `standards.xds.iti18.select`; the two are compared by the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

from carnet.national.record.arrays import array
from carnet.national.record.entries import coded, moment
from carnet.standards.ids import EntryUuid, IdentifierError
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti18 import Kind, Parameter, StoredQuery
from carnet.standards.xds.iti18.parameters import QUERIES, STABLE
from carnet.standards.xds.metadata import (
    Association,
    Code,
    DocumentEntry,
    Folder,
    RegistryObject,
    Status,
    SubmissionSet,
)

#: `dtm` is a DTM as text, which may stop after any part; `stable` is the one objectType kept here.
Held = Literal["text", "uuid", "timestamptz", "dtm", "stable"]


@dataclass(frozen=True, slots=True)
class _Column:
    """Where an attribute is kept: a column of `type`, of arrays of it when `many`."""

    name: str
    type: Held = "text"
    many: bool = False


_COLUMNS: Final[Mapping[type[RegistryObject], Mapping[str, _Column]]] = MappingProxyType(
    {
        DocumentEntry: {
            "id": _Column("id", "uuid"),
            "unique_id": _Column("unique_id"),
            "logical_id": _Column("logical_id", "uuid"),
            "status": _Column("status"),
            "class_code": _Column("class_code"),
            "type_code": _Column("type_code"),
            "format_code": _Column("format_code"),
            "facility_type": _Column("facility_type"),
            "practice_setting": _Column("practice_setting"),
            "events": _Column("events", many=True),
            "confidentiality": _Column("confidentiality", many=True),
            "creation_time": _Column("creation_time", "timestamptz"),
            "service_start_time": _Column("service_start_time", "timestamptz"),
            "service_stop_time": _Column("service_stop", "timestamptz"),
            "authors.person": _Column("author_persons", many=True),
            "reference_ids": _Column("reference_ids", many=True),
            "document_availability": _Column("availability"),
            "object_type": _Column("", "stable"),
        },
        SubmissionSet: {
            "id": _Column("id", "uuid"),
            "unique_id": _Column("unique_id"),
            "status": _Column("status"),
            "source_id": _Column("source_id"),
            "submission_time": _Column("submission_time", "dtm"),
            "author.person": _Column("author_persons", many=True),
            "content_type": _Column("content_type"),
        },
        Folder: {
            "id": _Column("id", "uuid"),
            "unique_id": _Column("unique_id"),
            "logical_id": _Column("logical_id", "uuid"),
            "status": _Column("status"),
            "last_update_time": _Column("last_update_time", "dtm"),
            "codes": _Column("codes", many=True),
        },
        Association: {"status": _Column("status"), "type": _Column("type")},
    }
)
#: The end of a DTM that says only its year, to complete those that stop before the second.
_END: Final = "00000101000000"
#: Attributes that name one object, as in `select`.
_IDS: Final = frozenset({"id", "unique_id", "logical_id"})
#: The parameters of each query about the objects of a kind (all, those that name one object, the
#: others), each with its column and the groups that stand for it when it is not given.
_ABOUT: Final = MappingProxyType(
    {
        (definition.name, owner, by_id): tuple(
            (
                parameter,
                columns[parameter.attribute],
                (parameter.default,) if parameter.default else (),
            )
            for parameter in definition.parameters
            if owner in parameter.owners and parameter.kind is not Kind.PATIENT
            if by_id is None or by_id == (parameter.attribute in _IDS)
        )
        for definition in QUERIES
        for owner, columns in _COLUMNS.items()
        for by_id in (None, True, False)
    }
)
_COMPARED: Final[Mapping[Kind, str]] = MappingProxyType({Kind.FROM: ">=", Kind.TO: "<"})


@dataclass(slots=True)
class Conditions:
    """The conditions of one query, made as they are asked for; `values` is what they refer to."""

    query: StoredQuery
    values: dict[str, Any] = field(default_factory=dict)

    def of(self, owner: type[RegistryObject], *, by_id: bool | None = None) -> str:
        """`AND …` for all parameters about `owner`, for those that name one, or for the others.

        Raises `XdsRefused` when a time does not exist.
        """
        return "".join(
            f" AND {self._condition(parameter, column, group)}"
            for parameter, column, default in _ABOUT[self.query.name, owner, by_id]
            for group in self.query.values.get(parameter.name, default)
        )

    def _condition(self, parameter: Parameter, column: _Column, group: Sequence[str | Code]) -> str:
        """The condition of one group of alternatives."""
        if column.type == "stable":
            return "true" if STABLE in group else "false"
        try:
            given = _given(parameter.kind, column, group)
        except ValueError:
            raise refused(
                ErrorCode.REGISTRY_ERROR, f"{parameter.name} is a time that does not exist"
            ) from None
        name = f"value{len(self.values)}"
        self.values[name] = given
        return _condition(parameter.kind, column, name)


def _condition(kind: Kind, column: _Column, name: str) -> str:
    if kind in _COMPARED:
        held = f"{column.name} {_COMPARED[kind]} %({name})s"
        if column.type != "dtm":
            return f"{held}::timestamptz"
        end = f"substr('{_END}', length({column.name}) + 1)"
        text = f'({column.name} || {end}) COLLATE "C"'
        return f"{column.name} <> '' AND {text} {_COMPARED[kind]} %({name})s::text"
    if kind is Kind.PATTERN:
        return (
            f"EXISTS (SELECT FROM unnest({column.name}) AS held(text)"
            f" WHERE held.text LIKE ANY(%({name})s::text[]))"
        )
    if column.many:
        return f"{column.name} && %({name})s::text[]"
    return f"{column.name} = ANY(%({name})s::{column.type}[])"


def _given(kind: Kind, column: _Column, group: Sequence[str | Code]) -> Any:
    """The values as SQL takes them."""
    if kind in _COMPARED:
        (time,) = group
        found = moment(str(time))
        return f"{found:%Y%m%d%H%M%S}" if column.type == "dtm" else found
    if column.type == "uuid":
        return uuids(map(str, group))
    return array(map(_WRITTEN.get(kind, str), group))


#: How SQL is given a value of each kind that is not simply its text. LIKE of the standard has no
#: escape character, that of PostgreSQL has (ITI TF-2, 3.18).
_WRITTEN: Final[Mapping[Kind, Callable[[Any], str]]] = MappingProxyType(
    {
        Kind.CODE: coded,
        Kind.STATUS: lambda value: Status(value).name,
        Kind.PATTERN: lambda value: value.replace("\\", "\\\\"),
    }
)


def uuids(references: Iterator[str]) -> str:
    """The array of those that are entryUUIDs: another reference names nothing here."""
    found = []
    for reference in references:
        try:
            found.append(EntryUuid(reference).uuid)
        except IdentifierError:
            continue
    return array(found)
