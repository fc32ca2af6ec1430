"""A record of an affinity domain leaves as one file and comes into another Carnet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from carnet.national.record.archive import MANIFEST
from carnet.national.record.archive.importing import ArchiveError
from carnet.standards.xds.iti18 import QueryName, StoredQuery
from carnet.standards.xds.iti57 import EntryUpdate
from carnet.standards.xds.metadata import Association
from tests.national import world
from tests.national.doors.soap.domain import (
    MEMBER,
    Send,
    by_uuid,
    entry,
    folder,
    found,
    links_of,
    provide,
    retrieve,
    submission,
    update,
    urn,
)
from tests.national.record.archive.conftest import Elsewhere, patient
from tests.national.record.archive.test_archive import Content, export, forget, publish, take

pytestmark = pytest.mark.django_db


def said(content: Content, **person: object) -> Content:
    """The manifest says this of who it is."""
    manifest = json.loads(content[MANIFEST])
    manifest["person"] |= person
    return content | {MANIFEST: json.dumps(manifest).encode()}


def test_what_was_imported_is_found_by_its_entryuuid(
    send: Send, elsewhere: Elsewhere, settings: Any
) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    assert provide(send, submission(made, box, links=(inside,))) == []
    version = replace(by_uuid(send, made.id)[0], id=urn(), title="Corrected", version=None)
    assert update(send, EntryUpdate(replace(version, status=None), 1)) == []
    links, places = links_of(send, box.id, version.id), world.rows("record_place")
    content = elsewhere()
    assert by_uuid(send, made.id) == []

    imported = take(content)

    assert imported.patient_id == patient()
    assert {each.id for each in by_uuid(send, made.id, version.id)} == {made.id, version.id}
    assert links_of(send, box.id, version.id) == links
    folders = StoredQuery(QueryName.GET_FOLDERS, {"$XDSFolderEntryUUID": ((box.id,),)})
    assert [each.id for each in found(send, folders).folders] == [box.id]
    assert retrieve(send, made.unique_id, settings).documents[0].data == b"text"
    assert world.rows("record_place") == places
    assert provide(send, submission(entry(id=inside.id))) == ["XDSRegistryMetadataError"]


def test_nothing_is_read_or_told_of_what_the_domain_keeps(send: Send, elsewhere: Elsewhere) -> None:
    provide(send, submission(entry()))
    take(elsewhere())
    assert world.rows("record_reading") == 0


def test_a_record_of_the_dmp_is_not_of_the_domain(send: Send, documents: Path) -> None:
    patient_id, ins = world.make_patient()
    publish(ins)
    content = export(patient_id, whole=True)
    forget(patient_id, documents)
    take(content)
    assert world.rows("record_place") == 0


def test_a_patient_of_no_domain_that_is_here_is_refused(
    send: Send, elsewhere: Elsewhere, settings: Any
) -> None:
    provide(send, submission(entry()))
    content = elsewhere()
    with pytest.raises(ArchiveError, match="no affinity domain that is here"):
        take(said(content, authority="1.2.99"))
    settings.CARNET_AFFINITY_DOMAIN = None
    with pytest.raises(ArchiveError, match="no affinity domain that is here"):
        take(content)
    assert world.rows("record_document") == 0


@pytest.mark.parametrize(
    "person",
    [
        {"identifier": ""},
        {"identifier": "P^1"},
        {"identifier": "P\x00"},
        {"identifier": "\ud800"},
        {"identifier": 1},
        {"authority": "elsewhere"},
        {"authority": None},
    ],
)
def test_a_patient_who_is_not_identified_is_refused(
    send: Send, elsewhere: Elsewhere, person: dict[str, object]
) -> None:
    provide(send, submission(entry()))
    with pytest.raises(ArchiveError, match=r"not identified|not an archive"):
        take(said(elsewhere(), **person))


def test_a_patient_or_an_object_that_is_here_is_never_overwritten(send: Send) -> None:
    provide(send, submission(entry()))
    content = export(patient(), whole=True)
    before = world.stored() | {"record_place": world.rows("record_place")}
    with pytest.raises(ArchiveError, match="already has a record"):
        take(content)
    with pytest.raises(ArchiveError, match="already here"):
        take(said(content, identifier="P-3"))
    assert world.stored() | {"record_place": world.rows("record_place")} == before
