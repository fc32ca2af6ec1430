"""TD3.3: documents are masked, made visible, archived and deleted, each time a new state.

TD3.3a (mask, unmask), TD3.3b (make visible), TD3.3c (delete), TD3.3d (archive, unarchive).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record import actions as record
from carnet.national.record import fragments, queries
from carnet.national.record.models import Association, Document, Locator, Outbox, SubmissionSet
from carnet.standards import xml
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.ebrim import read_entry
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti18 import FindDocuments, QueryName, StoredQuery, untyped
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import EntryUpdate, StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import Code, DocumentEntry, Status
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER
from tests.waiting import LONG

pytestmark = pytest.mark.django_db

AUTHOR = replace(PHYSICIAN_READER, ps_idnat="899900063480", name="Libre MAX")
Actor = Professional | Establishment


@pytest.fixture
def ins() -> Ins:
    patient_id, ins = world.make_patient()
    for reader in (PHYSICIAN_READER, AUTHOR):
        world.authorise(patient_id, reader)
    return ins


def publish(ins: Ins, *codes: str) -> Document:
    request = world.request(ins, confidentiality=world.visibility(*codes))
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    return Document.objects.get(unique_id=request.submission.documents[0].unique_id)


def entry_of(line: Document) -> DocumentEntry:
    return fragments.entry_of(line.fragment, line.status)


def last(line: Document) -> Document:
    found = Document.objects.filter(unique_id=line.unique_id).order_by("-version").first()
    assert found is not None
    return found


def lot(ins: Ins) -> Any:
    return world.request(ins).submission.submission_set


def request(ins: Ins, *operations: Any) -> UpdateRequest:
    return UpdateRequest(lot(ins), operations)


def status(line: Document, new: Status, original: Status = Status.APPROVED) -> StatusUpdate:
    return StatusUpdate(EntryUuid.of(line.id), original, new)


def visibility(line: Document, *codes: str, version: int = 1, **changes: Any) -> EntryUpdate:
    entry = entry_of(line)
    base = tuple(code for code in entry.confidentiality if code.scheme != world.VISIBILITY)
    changed = {"id": "Document01", "confidentiality": (*base, *world.visibility(*codes)), **changes}
    return EntryUpdate(replace(entry, **changed), version)


def update(ins: Ins, *operations: Any, actor: Actor = AUTHOR) -> None:
    record.update(actor, request(ins, *operations), patient=ins, now=NOW, correlation="c-2")


def refusal(deed: Callable[[], object]) -> str:
    with pytest.raises(XdsRefused) as refused:
        deed()
    return refused.value.errors[0].code


def found(ins: Ins, *statuses: Status, actor: Actor = PHYSICIAN_READER) -> list[DocumentEntry]:
    query = untyped(FindDocuments(ins.cx, statuses or (Status.APPROVED,)))
    fragments = queries.find(actor, query, patient=ins, now=NOW)
    return [read_entry(xml.parse(each.text)) for each in fragments]


def traces(ins: Ins) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, outcome FROM journal_trace JOIN identity_inslocator USING (patient_id)"
            " WHERE matricule = %s AND oid = %s AND correlation = 'c-2' ORDER BY id",
            [ins.matricule, ins.oid],
        )
        return list(cursor.fetchall())


def test_masking_makes_a_version_under_the_same_logical_id(ins: Ins) -> None:
    line = publish(ins)
    update(ins, visibility(line, "MASQUE_PS"))
    new, old = last(line), Document.objects.get(id=line.id)
    assert (new.version, new.logical_id, new.unique_id) == (2, line.id, line.unique_id)
    assert (new.status, old.status) == ("APPROVED", "DEPRECATED")
    assert new.id != line.id
    shown = entry_of(new)
    assert (shown.id, shown.logical_id) == (f"urn:uuid:{new.id}", f"urn:uuid:{line.id}")
    assert (shown.version, shown.status) == (2, Status.APPROVED)
    assert entry_of(old).status is Status.DEPRECATED
    assert Locator.objects.get(unique_id=line.unique_id).entry_uuid == new.id
    assert traces(ins) == [("document.masked", "allowed")]


def test_a_masked_document_is_hidden_in_all_its_versions(ins: Ins) -> None:
    line = publish(ins)
    update(ins, visibility(line, "MASQUE_PS"))
    assert found(ins, *Status) == []
    assert [entry.version for entry in found(ins, *Status, actor=AUTHOR)] == [2, 1]
    documents, _errors = record.retrieve(
        PHYSICIAN_READER, [DocumentRef(_repository(), line.unique_id)], patient=ins, now=NOW
    )
    assert documents == ()


def _repository() -> str:
    from django.conf import settings

    return str(settings.CARNET_REPOSITORY_OID)


def test_an_unmasked_document_is_read_again(ins: Ins) -> None:
    line = publish(ins, "MASQUE_PS")
    assert found(ins) == []
    update(ins, visibility(line))
    (entry,) = found(ins)
    assert entry.version == 2
    documents, _errors = record.retrieve(
        PHYSICIAN_READER, [DocumentRef(_repository(), line.unique_id)], patient=ins, now=NOW
    )
    assert len(documents) == 1


def test_a_document_made_visible_is_news_to_its_patient(ins: Ins) -> None:
    line = publish(ins, "INVISIBLE_PATIENT")
    patient_id = line.patient_id
    assert queries.list_documents(world.holder(patient_id), patient_id).total == 0
    before = Outbox.objects.filter(kind="document.published").count()
    update(ins, visibility(line), actor=PHYSICIAN_READER)
    assert queries.list_documents(world.holder(patient_id), patient_id).total == 1
    event = Outbox.objects.filter(kind="document.published").order_by("-id")[0]
    assert Outbox.objects.filter(kind="document.published").count() == before + 1
    assert event.payload["document"] == str(last(line).id)


@pytest.mark.parametrize("reader", ["reader", "hospital"])
def test_only_who_may_unmask_does(ins: Ins, reader: str) -> None:
    line = publish(ins, "MASQUE_PS")
    actor: Actor = {"reader": PHYSICIAN_READER, "hospital": HOSPITAL_SYSTEM}[reader]
    code = refusal(lambda: update(ins, visibility(line), actor=actor))
    assert code == "DMPAccessDeniedByRightsService"
    assert last(line).version == 1
    assert traces(ins) == [("document.updated", "refused")]


def test_what_was_shown_is_not_hidden_from_the_patient_later(ins: Ins) -> None:
    line = publish(ins)
    code = refusal(lambda: update(ins, visibility(line, "INVISIBLE_PATIENT")))
    assert code == "UnmodifiableMetadataError"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "Autre"}, "UnmodifiableMetadataError"),
        ({"hash": "0" * 40}, "UnmodifiableMetadataError"),
        ({"patient_id": world.new_ins().cx}, "XDSPatientIdDoesNotMatch"),
        (
            {"confidentiality": (Code("R", "2.16.840.1.113883.5.25"),)},
            "UnmodifiableMetadataError",
        ),
        ({"logical_id": "urn:uuid:00000000-0000-4000-8000-000000000000"}, None),
    ],
)
def test_nothing_but_visibility_changes(
    ins: Ins, changes: dict[str, Any], code: str | None
) -> None:
    line = publish(ins)
    wrong = visibility(line, "MASQUE_PS", **changes)
    assert refusal(lambda: update(ins, wrong)) == (code or "UnresolvedReferenceException")
    assert last(line).version == 1
    assert SubmissionSet.objects.filter(patient_id=line.patient_id).count() == 1


def test_a_version_that_is_not_the_last_is_not_changed(ins: Ins) -> None:
    line = publish(ins)
    update(ins, visibility(line, "MASQUE_PS"))
    again = visibility(last(line), version=1)
    assert refusal(lambda: update(ins, again)) == "XDSMetadataVersionError"
    update(ins, visibility(last(line), version=2))
    assert last(line).version == 3


def test_the_same_request_again_changes_nothing(ins: Ins) -> None:
    line = publish(ins)
    asked = request(ins, visibility(line, "MASQUE_PS"))
    for _ in range(2):
        record.update(AUTHOR, asked, patient=ins, now=NOW)
    assert last(line).version == 2
    other = replace(asked, operations=(status(last(line), Status.DELETED),))
    code = refusal(lambda: record.update(AUTHOR, other, patient=ins, now=NOW))
    assert code == "XDSDuplicateUniqueIdInRegistry"


def test_a_document_is_archived_and_unarchived_by_its_author(ins: Ins) -> None:
    line = publish(ins)
    update(ins, status(line, Status.ARCHIVED))
    assert last(line).status == "ARCHIVED"
    assert entry_of(last(line)).status is Status.ARCHIVED
    assert found(ins) == []
    assert len(found(ins, Status.ARCHIVED)) == 1
    update(ins, status(line, Status.APPROVED, Status.ARCHIVED))
    assert len(found(ins)) == 1
    assert [action for action, _ in traces(ins)] == ["document.archived", "document.unarchived"]


def test_an_archived_document_that_is_masked_stays_archived(ins: Ins) -> None:
    line = publish(ins)
    update(ins, status(line, Status.ARCHIVED))
    update(ins, visibility(line, "MASQUE_PS"))
    assert last(line).status == "ARCHIVED"


def test_another_than_the_author_does_not_delete(ins: Ins) -> None:
    line = publish(ins)
    code = refusal(lambda: update(ins, status(line, Status.DELETED), actor=PHYSICIAN_READER))
    assert code == "DMPAccessDeniedByRightsService"


def test_a_deleted_document_is_so_in_all_its_versions(ins: Ins) -> None:
    line = publish(ins)
    update(ins, visibility(line, "MASQUE_PS"))
    update(ins, status(last(line), Status.DELETED), actor=HOSPITAL_SYSTEM)
    assert found(ins, *Status, actor=AUTHOR) == []
    assert set(Document.objects.values_list("status", flat=True)) == {"DELETED"}
    code = refusal(lambda: update(ins, visibility(last(line), version=2)))
    assert code == "UnresolvedReferenceException"


@pytest.mark.parametrize(
    ("original", "new", "code"),
    [
        (Status.ARCHIVED, Status.DELETED, "XDSMetadataUpdateError"),
        (Status.DELETED, Status.APPROVED, "XDSMetadataUpdateError"),
        (Status.APPROVED, Status.APPROVED, "XDSMetadataUpdateError"),
        (Status.APPROVED, Status.DEPRECATED, "XDSMetadataUpdateError"),
    ],
)
def test_a_status_goes_only_where_it_may(
    ins: Ins, original: Status, new: Status, code: str
) -> None:
    line = publish(ins)
    assert refusal(lambda: update(ins, status(line, new, original))) == code
    assert last(line).status == "APPROVED"


def test_an_unknown_document_and_an_old_version_are_unresolved(ins: Ins) -> None:
    line = publish(ins)
    nothing = StatusUpdate(EntryUuid.of(UUID(int=7)), Status.APPROVED, Status.DELETED)
    assert refusal(lambda: update(ins, nothing)) == "UnresolvedReferenceException"
    update(ins, visibility(line, "MASQUE_PS"))
    old = status(line, Status.DELETED)
    assert refusal(lambda: update(ins, old)) == "UnresolvedReferenceException"


def test_a_document_of_another_patient_is_unresolved(ins: Ins) -> None:
    patient_id, other = world.make_patient()
    world.authorise(patient_id, AUTHOR)
    line = publish(ins)
    masked = visibility(line, "MASQUE_PS")
    mine = replace(masked, entry=replace(masked.entry, patient_id=other.cx))
    assert refusal(lambda: update(other, mine)) == "UnresolvedReferenceException"
    deleted = status(line, Status.DELETED)
    assert refusal(lambda: update(other, deleted)) == "UnresolvedReferenceException"
    assert last(line).version == 1


def test_two_documents_in_one_request_change_together_or_not_at_all(ins: Ins) -> None:
    one, two = publish(ins), publish(ins)
    wrong = status(two, Status.DELETED, Status.ARCHIVED)
    assert refusal(lambda: update(ins, status(one, Status.ARCHIVED), wrong))
    assert last(one).status == "APPROVED"
    update(ins, status(one, Status.ARCHIVED), status(two, Status.DELETED))
    assert (last(one).status, last(two).status) == ("ARCHIVED", "DELETED")
    assert len(Association.objects.filter(type__endswith="UpdateAvailabilityStatus")) == 2


def test_the_lot_of_an_update_is_found_with_what_it_asked(ins: Ins) -> None:
    line = publish(ins)
    asked = request(ins, visibility(line, "MASQUE_PS"))
    record.update(AUTHOR, asked, patient=ins, now=NOW)
    query = StoredQuery(
        QueryName.GET_SUBMISSION_SET_AND_CONTENTS,
        {"$XDSSubmissionSetUniqueId": ((asked.submission_set.unique_id,),)},
    )
    kinds = [each.kind for each in queries.find(AUTHOR, query, patient=ins, now=NOW)]
    assert kinds == ["document", "submission_set", "association"]
    assert queries.find(PHYSICIAN_READER, query, patient=ins, now=NOW) == []


def test_versions_of_replacements_follow_the_last_version_of_each(ins: Ins) -> None:
    line = publish(ins)
    update(ins, visibility(line, "MASQUE_PS"))
    target = last(line)
    replacing = world.request(ins, replaces={"Document00": f"urn:uuid:{target.id}"})
    record.publish(HOSPITAL_SYSTEM, replacing, patient=ins, now=NOW)
    new = Document.objects.get(replaces_id=target.id)
    update(ins, visibility(target, version=2))
    new.refresh_from_db()
    assert new.replaces_id == last(line).id
    assert last(line).status == "DEPRECATED"
    patient_id = line.patient_id
    view = queries.document(world.holder(patient_id), patient_id, new.id, now=NOW)
    assert {each.id for each in view.versions} == {new.id, last(line).id}


@pytest.mark.django_db(transaction=True)
def test_two_updates_of_one_version_at_once_make_one(ins: Ins) -> None:
    line = publish(ins)
    barrier = Barrier(4)

    def mask(_place: int) -> str:
        try:
            connection.ensure_connection()
            asked = request(ins, visibility(line, "MASQUE_PS"))
            barrier.wait(LONG)
            record.update(AUTHOR, asked, patient=ins, now=NOW)
        except XdsRefused as refused:
            return refused.errors[0].code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(4) as threads:
        answers = sorted(threads.map(mask, range(4)))
    assert answers == ["XDSMetadataVersionError"] * 3 + ["done"]
    assert last(line).version == 2
