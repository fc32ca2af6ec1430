"""Profile `ihe`: what is registered changes (ITI-57) and leaves (ITI-62, ITI-86)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from carnet.standards.xds import (
    iti86,
)
from carnet.standards.xds.iti18 import QueryName, StoredQuery
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    StatusUpdate,
)
from carnet.standards.xds.metadata import (
    Association,
    Status,
)
from tests.national.doors.soap.domain import (
    MEMBER,
    Send,
    by_uuid,
    codes_of,
    entry,
    folder,
    found,
    links_of,
    provide,
    remove,
    retrieve,
    submission,
    update,
    urn,
)

pytestmark = pytest.mark.django_db


# ITI-57


def test_a_new_version_keeps_the_associations_of_the_old_one(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    assert provide(send, submission(made, box, links=(inside,))) == []
    (held,) = by_uuid(send, made.id)
    version = replace(held, id=urn(), title="Corrected", version=None, status=None)
    assert update(send, EntryUpdate(version, 1)) == []
    assert {(each.version, each.status) for each in by_uuid(send, made.id, version.id)} == {
        (1, Status.DEPRECATED),
        (2, Status.APPROVED),
    }
    assert (MEMBER, box.id, version.id) in links_of(send, box.id)


def test_a_new_version_may_leave_the_associations_to_the_old_one(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    (held,) = by_uuid(send, made.id)
    version = replace(held, id=urn(), version=None, status=None)
    assert update(send, EntryUpdate(version, 1, propagate=False)) == []
    assert (MEMBER, box.id, version.id) not in links_of(send, box.id)


@pytest.mark.parametrize(
    ("changes", "previous", "code"),
    [
        ({}, 2, "XDSMetadataVersionError"),
        ({"logical_id": urn()}, 1, "XDSMetadataUpdateError"),
        ({"unique_id": "1.2.3.4"}, 1, "XDSMetadataUpdateError"),
        ({"hash": "b" * 40}, 1, "XDSMetadataUpdateError"),
        ({"repository_unique_id": "1.2.7"}, 1, "XDSMetadataUpdateError"),
    ],
)
def test_an_update_that_does_not_agree_with_what_is_registered_is_refused(
    send: Send, changes: dict[str, Any], previous: int, code: str
) -> None:
    made = entry()
    provide(send, submission(made))
    (held,) = by_uuid(send, made.id)
    version = replace(held, **{"id": urn(), "version": None, "status": None, **changes})
    assert update(send, EntryUpdate(version, previous)) == [code]
    assert [each.version for each in by_uuid(send, made.id)] == [1]


def test_a_folder_has_a_new_version_with_its_documents(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    version = replace(box, id=urn(), logical_id=box.id, title="Renamed")
    assert update(send, FolderUpdate(version, 1)) == []
    query = StoredQuery(QueryName.GET_FOLDERS, {"$XDSFolderUniqueId": ((box.unique_id,),)})
    versions = {each.version: each for each in found(send, query).folders}
    assert [versions[1].status, versions[2].status] == [Status.DEPRECATED, Status.APPROVED]
    assert versions[2].title == "Renamed"
    assert (MEMBER, version.id, made.id) in links_of(send, made.id)


def test_the_status_of_a_document_a_folder_and_an_association_changes(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    for target in (made.id, box.id, inside.id):
        change = StatusUpdate(target, Status.APPROVED, Status.DEPRECATED)
        assert update(send, change) == []
        assert update(send, change) == ["XDSMetadataUpdateError"]
    assert [each.status for each in by_uuid(send, made.id)] == [Status.DEPRECATED]
    assert (MEMBER, box.id, made.id) not in links_of(send, box.id)


def test_a_document_enters_a_folder_by_an_association_submitted_alone(send: Send) -> None:
    box, made = folder(), entry()
    provide(send, submission(made))
    provide(send, submission(box))
    link = Association(MEMBER, box.id, made.id, urn())
    assert update(send, AssociationSubmission(link)) == []
    assert (MEMBER, box.id, made.id) in links_of(send, box.id)
    for wrong in (replace(link, target=urn(), id=urn()), replace(link, id=urn())):
        assert update(send, AssociationSubmission(wrong)) == ["XDSMetadataUpdateError"]


def test_what_is_obsolete_has_no_new_version(send: Send) -> None:
    box, made = folder(), entry()
    provide(send, submission(made, box))
    for target in (made.id, box.id):
        assert update(send, StatusUpdate(target, Status.APPROVED, Status.DEPRECATED)) == []
    (held,) = by_uuid(send, made.id)
    version = replace(held, id=urn(), version=None, status=None)
    assert update(send, EntryUpdate(version, 1)) == ["XDSMetadataUpdateError"]
    folder_version = replace(box, id=urn(), logical_id=box.id)
    assert update(send, FolderUpdate(folder_version, 1)) == ["XDSMetadataUpdateError"]


def test_the_status_of_a_former_version_or_of_what_a_lot_holds_does_not_change(send: Send) -> None:
    made = submission(entry())
    provide(send, made)
    (held,) = by_uuid(send, made.documents[0].id)
    version = replace(held, id=urn(), version=None, status=None)
    assert update(send, EntryUpdate(version, 1)) == []
    for target, status in (
        (held.id, Status.DEPRECATED),
        (made.associations[0].id, Status.APPROVED),
    ):
        other = Status.APPROVED if status is Status.DEPRECATED else Status.DEPRECATED
        assert update(send, StatusUpdate(target, status, other)) == ["XDSMetadataUpdateError"]


def test_a_folder_is_updated_when_a_new_version_of_its_document_enters(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    provide(send, submission(made, box, links=(inside,)))
    query = StoredQuery(QueryName.GET_FOLDERS, {"$XDSFolderEntryUUID": ((box.id,),)})
    long_ago = "20200101000000"
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE record_folder SET fragment = regexp_replace(fragment,"
            " '(lastUpdateTime\"><rim:ValueList><rim:Value>)[0-9]*', '\\1' || %s)",
            [long_ago],
        )
    (held,) = by_uuid(send, made.id)
    assert [each.last_update_time for each in found(send, query).folders] == [long_ago]
    assert update(send, EntryUpdate(replace(held, id=urn(), version=None, status=None), 1)) == []
    (after,) = found(send, query).folders
    assert after.last_update_time > long_ago


# ITI-62, ITI-86


def test_a_lot_is_removed_whole_and_may_come_again(send: Send, settings: Any) -> None:
    made = submission(entry())
    provide(send, made)
    (document,), (link,) = made.documents, made.associations
    assert remove(send, document.id) == ["ReferencesExistException"]
    assert set(remove(send, document.id, link.id)) == {"XDSUnreferencedObjectException"}
    assert remove(send, urn()) == ["UnresolvedReferenceException"]
    assert by_uuid(send, document.id)
    assert remove(send, made.submission_set.id, document.id, link.id) == []
    assert by_uuid(send, document.id) == []
    assert retrieve(send, document.unique_id, settings).documents == ()
    assert provide(send, made) == []


def test_a_document_leaves_a_folder_which_stays_empty(send: Send) -> None:
    box, made = folder(), entry()
    inside = Association(MEMBER, box.id, made.id, urn())
    lot = submission(made, box, links=(inside,))
    provide(send, lot)
    (of_lot,) = [each.id for each in lot.associations if each.target == inside.id]
    assert remove(send, inside.id) == ["ReferencesExistException"]
    assert remove(send, inside.id, of_lot) == []
    query = StoredQuery(QueryName.GET_FOLDER_AND_CONTENTS, {"$XDSFolderEntryUUID": ((box.id,),)})
    left = found(send, query)
    assert ([each.id for each in left.folders], left.documents) == ([box.id], ())


def test_the_bytes_of_a_document_are_removed_and_its_entry_stays(send: Send, settings: Any) -> None:
    made = entry()
    provide(send, submission(made))
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, made.unique_id)
    removal = iti86.write([ref])
    assert codes_of(send("repository", iti86.ACTION, removal)[0]) == []
    assert codes_of(send("repository", iti86.ACTION, removal)[0]) == ["XDSDocumentUniqueIdError"]
    assert retrieve(send, made.unique_id, settings).documents == ()
    assert by_uuid(send, made.id)
