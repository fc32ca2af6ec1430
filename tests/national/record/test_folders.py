"""Folders and relations between documents (ITI TF-3, 4.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Association, Document, Folder
from carnet.standards import xml
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.ebrim import read_folder
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import QueryName, StoredQuery
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Association as Link
from carnet.standards.xds.metadata import AssociationType, Code, Status
from carnet.standards.xds.metadata import Folder as Classeur
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

LOT, FOLDER = "SubmissionSet01", "Folder01"
HAS_MEMBER = AssociationType.HAS_MEMBER


@pytest.fixture
def ins() -> Ins:
    patient_id, ins = world.make_patient()
    world.authorise(patient_id)
    return ins


def link(kind: AssociationType, source: str, target: str, name: str) -> Link:
    return Link(kind, source, target, name)


def with_links(request: ProvideRequest, *links: Link, **changes: object) -> ProvideRequest:
    submission = request.submission
    return replace(
        request,
        submission=replace(submission, associations=(*submission.associations, *links), **changes),
    )


def with_folder(ins: Ins, request: ProvideRequest) -> ProvideRequest:
    """The same lot with a folder that holds its document."""
    folder = Classeur(
        FOLDER,
        world.new_oid(),
        ins.cx,
        title="Cardiologie",
        codes=(Code("cardio", "1.2.250.1.999.9"),),
    )
    return with_links(
        request,
        link(HAS_MEMBER, LOT, FOLDER, "a"),
        link(HAS_MEMBER, FOLDER, "Document00", "b"),
        link(HAS_MEMBER, LOT, "b", "c"),
        folders=(folder,),
    )


def publish(ins: Ins, request: ProvideRequest, *, later: int = 0) -> Document:
    now = NOW + timedelta(hours=later)
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=now)
    return Document.objects.get(unique_id=request.submission.documents[0].unique_id)


def refusal(deed: Callable[[], object]) -> str:
    with pytest.raises(XdsRefused) as refused:
        deed()
    return refused.value.errors[0].code


def contents(ins: Ins, folder: Folder) -> set[str]:
    query = StoredQuery(
        QueryName.GET_FOLDER_AND_CONTENTS,
        {"$XDSFolderUniqueId": ((folder.unique_id,),)},
        "ObjectRef",
    )
    found = queries.find(PHYSICIAN_READER, query, patient=ins, now=NOW)
    return {str(each.id) for each in found if each.kind == "document"}


def urn(line: Document | Folder) -> str:
    return EntryUuid.of(line.id)


def test_a_folder_is_kept_with_what_it_holds(ins: Ins) -> None:
    line = publish(ins, with_folder(ins, world.request(ins)))
    folder = Folder.objects.get()
    shown = read_folder(xml.parse(folder.fragment.encode()))
    assert (shown.id, shown.logical_id, shown.version) == (urn(folder), urn(folder), 1)
    assert (shown.status, shown.last_update_time) == (Status.APPROVED, "20260302090000")
    assert shown.title == "Cardiologie"
    assert contents(ins, folder) == {str(line.id)}


def test_the_same_lot_with_a_folder_again_stores_nothing_more(ins: Ins) -> None:
    request = with_folder(ins, world.request(ins))
    publish(ins, request)
    before = world.stored()
    publish(ins, request)
    assert world.stored() == before
    assert Folder.objects.count() == 1


def test_a_new_document_enters_a_folder_and_its_time_says_so(ins: Ins) -> None:
    first = publish(ins, with_folder(ins, world.request(ins)))
    folder = Folder.objects.get()
    added = with_links(
        world.request(ins),
        link(HAS_MEMBER, urn(folder), "Document00", "b"),
        link(HAS_MEMBER, LOT, "b", "c"),
    )
    second = publish(ins, added, later=2)
    folder.refresh_from_db()
    assert contents(ins, folder) == {str(first.id), str(second.id)}
    shown = read_folder(xml.parse(folder.fragment.encode()))
    assert shown.last_update_time == folder.last_update_time == "20260302110000"


def test_a_registered_document_enters_a_folder(ins: Ins) -> None:
    first = publish(ins, with_folder(ins, world.request(ins)))
    folder = Folder.objects.get()
    other = publish(ins, world.request(ins))
    third = with_links(
        world.request(ins),
        link(HAS_MEMBER, urn(folder), urn(other), "b"),
        link(HAS_MEMBER, LOT, "b", "c"),
    )
    publish(ins, third)
    assert contents(ins, folder) == {str(first.id), str(other.id)}


def test_what_replaces_a_document_takes_its_place_in_the_folder(ins: Ins) -> None:
    first = publish(ins, with_folder(ins, world.request(ins)))
    folder = Folder.objects.get()
    new = publish(ins, world.request(ins, replaces={"Document00": urn(first)}), later=1)
    assert contents(ins, folder) == {str(first.id), str(new.id)}
    folder.refresh_from_db()
    assert folder.last_update_time == "20260302100000"
    member = Association.objects.get(source_id=folder.id, target_id=new.id)
    assert Association.objects.filter(target_id=member.id, source_id=new.submission_set_id).exists()


def test_a_folder_of_hidden_documents_is_not_there(ins: Ins) -> None:
    hidden = world.request(ins, confidentiality=world.visibility("MASQUE_PS"))
    publish(ins, with_folder(ins, hidden))
    values = {"$XDSFolderPatientId": ((ins.cx,),), "$XDSFolderStatus": ((Status.APPROVED,),)}
    query = StoredQuery(QueryName.FIND_FOLDERS, values)
    assert queries.find(PHYSICIAN_READER, query, patient=ins, now=NOW) == []


def test_a_folder_of_another_patient_is_unresolved(ins: Ins) -> None:
    publish(ins, with_folder(ins, world.request(ins)))
    folder = Folder.objects.get()
    _patient_id, other = world.make_patient()
    request = with_links(world.request(other), link(HAS_MEMBER, urn(folder), "Document00", "b"))
    assert refusal(lambda: publish(other, request)) == "UnresolvedReferenceException"


def test_the_unique_id_of_a_folder_is_used_once(ins: Ins) -> None:
    request = with_folder(ins, world.request(ins))
    publish(ins, request)
    again = with_folder(ins, world.request(ins))
    folder = replace(again.submission.folders[0], unique_id=request.submission.folders[0].unique_id)
    again = replace(again, submission=replace(again.submission, folders=(folder,)))
    assert refusal(lambda: publish(ins, again)) == "XDSDuplicateUniqueIdInRegistry"
    assert Document.objects.count() == 1


@pytest.mark.parametrize("kind", [AssociationType.APND, AssociationType.XFRM])
def test_what_was_added_to_a_document_ends_with_it(ins: Ins, kind: AssociationType) -> None:
    first = publish(ins, world.request(ins))
    second = publish(ins, with_links(world.request(ins), link(kind, "Document00", urn(first), "b")))
    third = publish(ins, with_links(world.request(ins), link(kind, "Document00", urn(second), "b")))
    publish(ins, world.request(ins, replaces={"Document00": urn(first)}))
    for line in (first, second, third):
        line.refresh_from_db()
        assert line.status == "DEPRECATED"


@pytest.mark.parametrize("kind", [AssociationType.APND, AssociationType.XFRM, AssociationType.RPLC])
def test_nothing_is_added_to_what_is_obsolete(ins: Ins, kind: AssociationType) -> None:
    first = publish(ins, world.request(ins))
    publish(ins, world.request(ins, replaces={"Document00": urn(first)}))
    late = with_links(world.request(ins), link(kind, "Document00", urn(first), "b"))
    assert refusal(lambda: publish(ins, late)) == "XDSRegistryDeprecatedDocumentError"


def test_a_document_that_is_transformed_and_replaced_ends(ins: Ins) -> None:
    first = publish(ins, world.request(ins))
    kind = AssociationType.XFRM_RPLC
    new = publish(ins, with_links(world.request(ins), link(kind, "Document00", urn(first), "b")))
    first.refresh_from_db()
    assert (first.status, new.replaces_id) == ("DEPRECATED", first.id)
