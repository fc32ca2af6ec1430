"""What each stored query means: which of the objects of a registry it answers.

This is the reference: pure, over all objects in memory. A registry that answers from a database
must find the same. Source: ITI TF-2, 3.18.4.1.2.3.7 and 3.51.4.1.2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final, TypeVar

from carnet.standards.xds.iti18.parameters import Kind, Parameter, QueryName
from carnet.standards.xds.iti18.queries import StoredQuery, Value
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    RegistryObject,
    RegistryObjects,
    Status,
    same_patient,
)

T = TypeVar("T", bound=RegistryObject)
_HAS_MEMBER: Final = AssociationType.HAS_MEMBER
#: Attributes that name one object; the other parameters narrow what goes with it.
_IDS: Final = frozenset({"id", "unique_id", "logical_id"})


def select(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    """The objects of `registry` that `query` answers. An object without status is Approved."""
    return _SELECTIONS[query.name](query, registry)


# Attributes and values


def like(text: str, pattern: str) -> bool:
    """SQL LIKE without escape: `%` is any text, `_` any character, all others themselves.

    In time that grows as the product of the lengths, whatever the pattern.
    """
    at = place = 0
    after, start = -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            after, start = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at, place = at + 1, place + 1
        elif after >= 0:
            start += 1
            at, place = start, after + 1
        else:
            return False
    return not pattern[place:].strip("%")


def _instant(time: str) -> str:
    """The first instant of a DTM that may stop after any part."""
    return time + "00000101000000"[len(time) :]


def _same_code(held: Code, asked: Code) -> bool:
    return (held.code, held.scheme) == (asked.code, asked.scheme)


#: Whether the attribute, first, agrees with a value of the parameter.
_AGREES: Final[Mapping[Kind, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        Kind.TEXT: str.__eq__,
        Kind.PATIENT: same_patient,
        Kind.PATTERN: like,
        Kind.CODE: _same_code,
        Kind.STATUS: str.__eq__,
        Kind.ASSOCIATION: str.__eq__,
        Kind.FROM: lambda held, asked: _instant(held) >= _instant(asked),
        Kind.TO: lambda held, asked: _instant(held) < _instant(asked),
    }
)


def _held(item: RegistryObject, attribute: str) -> tuple[Value, ...]:
    """The values of an attribute: none when it is absent."""
    name, _, part = attribute.partition(".")
    value: Any = getattr(item, name)
    if value is None and name == "status":
        value = Status.APPROVED
    values = value if isinstance(value, tuple) else (value,)
    if part:
        values = tuple(getattr(one, part) for one in values)
    return tuple(one for one in values if one not in ("", None))


def _agrees(item: RegistryObject, parameter: Parameter, query: StoredQuery) -> bool:
    default = (parameter.default,) if parameter.default else ()
    agrees, held = _AGREES[parameter.kind], _held(item, parameter.attribute)
    return all(
        any(agrees(one, value) for value in group for one in held)
        for group in query.values.get(parameter.name, default)
    )


def _those(items: Iterable[T], query: StoredQuery, *, by_id: bool | None = None) -> tuple[T, ...]:
    """Those that agree with the parameters about their kind: all, those that name, the others."""
    parameters = [
        parameter
        for parameter in query.definition.parameters
        if by_id is None or by_id == (parameter.attribute in _IDS)
    ]
    return tuple(
        item
        for item in items
        if all(
            _agrees(item, parameter, query)
            for parameter in parameters
            if isinstance(item, parameter.owners)
        )
    )


def _ids(*items: Iterable[RegistryObject]) -> set[str]:
    return {item.id for group in items for item in group}


def _in(items: Iterable[T], ids: Collection[str]) -> tuple[T, ...]:
    return tuple(item for item in items if item.id in ids)


def _touching(links: Iterable[Association], ids: Collection[str]) -> tuple[Association, ...]:
    return tuple(link for link in links if link.source in ids or link.target in ids)


def _between(links: Iterable[Association], ids: Collection[str]) -> tuple[Association, ...]:
    return tuple(link for link in links if link.source in ids and link.target in ids)


def _members(links: Iterable[Association], owners: Collection[str]) -> set[str]:
    return {link.target for link in links if link.type is _HAS_MEMBER and link.source in owners}


# The queries


def _documents(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    return RegistryObjects(documents=_those(registry.documents, query))


def _submission_sets(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    return RegistryObjects(submission_sets=_those(registry.submission_sets, query))


def _folders(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    return RegistryObjects(folders=_those(registry.folders, query))


def _associations(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    links = _those(registry.associations, query)
    return RegistryObjects(associations=_touching(links, _uuids(query)))


def _uuids(query: StoredQuery) -> set[str]:
    return {str(value) for value in query.given("$uuid")}


def _all(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    """Every object, and every association with an end among them."""
    found = RegistryObjects(
        documents=_those(registry.documents, query),
        submission_sets=_those(registry.submission_sets, query),
        folders=_those(registry.folders, query),
    )
    links = _those(registry.associations, query)
    return replace(found, associations=_touching(links, _ids(found)))


def _documents_and_associations(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    documents = _those(registry.documents, query)
    links = _those(registry.associations, query)
    return RegistryObjects(documents, associations=_touching(links, _ids(documents)))


def _submission_sets_of(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    """The lots that hold these objects, and the HasMember that say so."""
    lots, uuids = _ids(registry.submission_sets), _uuids(query)
    links = tuple(
        link
        for link in _those(registry.associations, query)
        if link.type is _HAS_MEMBER and link.source in lots and link.target in uuids
    )
    return RegistryObjects(
        submission_sets=_in(registry.submission_sets, {link.source for link in links}),
        associations=links,
    )


def _submission_set_and_contents(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    """The lot, its members, and the associations between what is answered.

    A document that the parameters leave out takes the associations that touch it with it.
    """
    lots = _those(registry.submission_sets, query, by_id=True)
    members = _members(registry.associations, _ids(lots))
    documents = _those(_in(registry.documents, members), query, by_id=False)
    folders = _in(registry.folders, members)
    left_out = _ids(_in(registry.documents, members)) - _ids(documents)
    linked = [
        link
        for link in _in(registry.associations, members)
        if link.source not in left_out and link.target not in left_out
    ]
    found = _ids(lots, documents, folders, linked)
    links = {*_ids(linked), *_ids(_between(registry.associations, found))}
    return RegistryObjects(documents, lots, folders, _in(registry.associations, links))


def _folder_and_contents(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    folders = _those(registry.folders, query, by_id=True)
    links = [link for link in _those(registry.associations, query) if link.type is _HAS_MEMBER]
    members = _members(links, _ids(folders))
    documents = _those(_in(registry.documents, members), query, by_id=False)
    found = _ids(folders, documents)
    return RegistryObjects(documents, folders=folders, associations=_between(links, found))


def _folders_for_document(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    documents = _ids(_those(registry.documents, query))
    links = _those(registry.associations, query)
    holders = {
        link.source for link in links if link.type is _HAS_MEMBER and link.target in documents
    }
    return RegistryObjects(folders=_in(registry.folders, holders))


def _related_documents(query: StoredQuery, registry: RegistryObjects) -> RegistryObjects:
    """The document, those at the other end of its associations, these; nothing when none is."""
    originals = _ids(_those(registry.documents, query, by_id=True))
    others = originals | _ids(_those(registry.documents, query, by_id=False))
    links = tuple(
        link
        for link in _touching(_those(registry.associations, query), originals)
        if link.type is not _HAS_MEMBER and link.source in others and link.target in others
    )
    ends = {end for link in links for end in (link.source, link.target)}
    return RegistryObjects(_in(registry.documents, ends), associations=links)


_SELECTIONS: Final[
    Mapping[QueryName, Callable[[StoredQuery, RegistryObjects], RegistryObjects]]
] = MappingProxyType(
    {
        QueryName.FIND_DOCUMENTS: _documents,
        QueryName.FIND_DOCUMENTS_BY_REFERENCE_ID: _documents,
        QueryName.FIND_SUBMISSION_SETS: _submission_sets,
        QueryName.FIND_FOLDERS: _folders,
        QueryName.GET_ALL: _all,
        QueryName.GET_DOCUMENTS: _documents,
        QueryName.GET_FOLDERS: _folders,
        QueryName.GET_ASSOCIATIONS: _associations,
        QueryName.GET_DOCUMENTS_AND_ASSOCIATIONS: _documents_and_associations,
        QueryName.GET_SUBMISSION_SETS: _submission_sets_of,
        QueryName.GET_SUBMISSION_SET_AND_CONTENTS: _submission_set_and_contents,
        QueryName.GET_FOLDER_AND_CONTENTS: _folder_and_contents,
        QueryName.GET_FOLDERS_FOR_DOCUMENT: _folders_for_document,
        QueryName.GET_RELATED_DOCUMENTS: _related_documents,
        QueryName.FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS: _documents,
        QueryName.FIND_FOLDERS_FOR_MULTIPLE_PATIENTS: _folders,
    }
)
