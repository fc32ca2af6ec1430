"""The answer: query:AdhocQueryResponse, with whole objects or with references to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from carnet.standards.xds.ebrim import QUERY, RIM, RS, read_objects
from carnet.standards.xds.errors import ErrorCode, RegistryError, refused
from carnet.standards.xds.metadata import (
    Association,
    DocumentEntry,
    Folder,
    RegistryObjects,
    SubmissionSet,
)
from carnet.standards.xds.registry_response import (
    STATUS_URNS,
    Outcome,
    error_list,
    outcome,
    read_outcome,
)
from carnet.standards.xml import escape

_NUMBER: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class QueryResponse:
    """The objects found, or only their ids (`object_refs`); `total` as the answer counts them."""

    status: Outcome
    errors: tuple[RegistryError, ...] = ()
    documents: tuple[DocumentEntry, ...] = ()
    object_refs: tuple[str, ...] = ()
    submission_sets: tuple[SubmissionSet, ...] = ()
    folders: tuple[Folder, ...] = ()
    associations: tuple[Association, ...] = ()
    total: int | None = None

    @property
    def objects(self) -> RegistryObjects:
        """The whole objects."""
        return RegistryObjects(
            self.documents, self.submission_sets, self.folders, self.associations
        )


def write_response(
    fragments: Iterable[str | bytes],
    *,
    object_refs: Iterable[str] = (),
    errors: Sequence[RegistryError] = (),
) -> bytes:
    """The query:AdhocQueryResponse made of the fragments of `ebrim`, or of entryUUIDs.

    A fragment in bytes is UTF-8.
    """
    found = [each.encode() if isinstance(each, str) else each for each in fragments]
    found += (f'<rim:ObjectRef id="{escape(identity)}"/>'.encode() for identity in object_refs)
    status = STATUS_URNS[outcome(errors, partial=bool(found))]
    head = (
        f'<query:AdhocQueryResponse xmlns:query="{QUERY}" xmlns:rim="{RIM}" xmlns:rs="{RS}"'
        f' status="{status}" startIndex="0" totalResultCount="{len(found)}">{error_list(errors)}'
        "<rim:RegistryObjectList>"
    )
    end = b"</rim:RegistryObjectList></query:AdhocQueryResponse>"
    return b"".join((head.encode(), *found, end))


def read_response(payload: etree._Element) -> QueryResponse:
    """Read the answer. Raises `XdsRefused` when it cannot be read."""
    if payload.tag != f"{{{QUERY}}}AdhocQueryResponse":
        raise refused(ErrorCode.REGISTRY_ERROR, "the answer is not an AdhocQueryResponse")
    ended = read_outcome(payload)
    listed = payload.find(f"{{{RIM}}}RegistryObjectList")
    objects = RegistryObjects() if listed is None else read_objects(listed)
    references = () if listed is None else listed.iterchildren(f"{{{RIM}}}ObjectRef")
    total = payload.get("totalResultCount", "")
    return QueryResponse(
        status=ended.status,
        errors=ended.errors,
        documents=objects.documents,
        object_refs=tuple(reference.get("id", "") for reference in references),
        submission_sets=objects.submission_sets,
        folders=objects.folders,
        associations=objects.associations,
        total=int(total) if _NUMBER.fullmatch(total) else None,
    )
