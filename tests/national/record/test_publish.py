"""A lot enters the record, or nothing does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record import actions as record
from carnet.national.record.fragments import entry_of
from carnet.national.record.models import Association, Document, Outbox, SubmissionSet
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Status, Submission
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW

pytestmark = pytest.mark.django_db


def files(folder: Path) -> int:
    return sum(1 for each in folder.rglob("*") if each.is_file())


def publish(
    ins: Ins, request: ProvideRequest, actor: Establishment | Professional = HOSPITAL_SYSTEM
) -> record.Published:
    return record.publish(actor, request, patient=ins, now=NOW, correlation="c-1")


def codes(error: pytest.ExceptionInfo[XdsRefused]) -> set[str]:
    return {each.code for each in error.value.errors}


def test_a_perfect_lot_is_registered_with_its_bytes(documents: Path) -> None:
    patient_id, ins = world.make_patient()
    request = world.request(ins)
    published = publish(ins, request)
    entry = request.submission.documents[0]
    line = Document.objects.get(patient_id=patient_id)
    assert str(line.id) == published.entry_uuids[entry.unique_id]
    assert (line.status, line.version, line.size) == (
        "APPROVED",
        1,
        len(request.documents[entry.id]),
    )
    assert SubmissionSet.objects.get(patient_id=patient_id).sender_structure == "CH de l'Exemple"
    assert Association.objects.get(patient_id=patient_id).target_id == line.id
    assert files(documents) == 1


def test_the_fragment_says_what_the_server_decided(settings: Any) -> None:
    patient_id, ins = world.make_patient()
    publish(ins, world.request(ins))
    line = Document.objects.get(patient_id=patient_id)
    entry = entry_of(line.fragment, line.status)
    assert entry.id == entry.logical_id == f"urn:uuid:{line.id}"
    assert (entry.hash, entry.size, entry.status) == (line.sha1, line.size, Status.APPROVED)
    assert entry.repository_unique_id == settings.CARNET_REPOSITORY_OID


@pytest.mark.parametrize("count", [1, 12], ids=["one document", "more than have their place"])
def test_the_same_lot_again_stores_nothing_more(documents: Path, count: int) -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins, *(world.letter(ins) for _ in range(count)))
    first = publish(ins, request)
    before = world.stored()
    again = publish(ins, request)
    assert again.replayed
    assert again.entry_uuids == first.entry_uuids
    assert world.stored() == before
    assert files(documents) == count


def test_a_replacement_makes_the_old_version_obsolete() -> None:
    patient_id, ins = world.make_patient()
    request = world.request(ins)
    old = publish(ins, request).entry_uuids[request.submission.documents[0].unique_id]
    publish(ins, world.request(ins, replaces={"Document00": f"urn:uuid:{old}"}))
    lines = {line.status: line for line in Document.objects.filter(patient_id=patient_id)}
    assert set(lines) == {"APPROVED", "DEPRECATED"}
    assert lines["APPROVED"].replaces_id == UUID(old)
    shown = entry_of(lines["DEPRECATED"].fragment, lines["DEPRECATED"].status)
    assert shown.status is Status.DEPRECATED


def test_a_version_already_replaced_is_not_replaced_again() -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    old = publish(ins, request).entry_uuids[request.submission.documents[0].unique_id]
    replaces = {"Document00": f"urn:uuid:{old}"}
    publish(ins, world.request(ins, replaces=replaces))
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins, replaces=replaces))
    assert codes(refused) == {"XDSRegistryDeprecatedDocumentError"}


def test_another_structure_does_not_replace_a_document() -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    old = publish(ins, request).entry_uuids[request.submission.documents[0].unique_id]
    other = _of_another_structure(world.request(ins, replaces={"Document00": f"urn:uuid:{old}"}))
    with pytest.raises(XdsRefused) as refused:
        publish(
            ins, other, replace(HOSPITAL_SYSTEM, struct_idnat="1690000001", holder="1690000001")
        )
    assert codes(refused) == {"DMPAccessDeniedByRightsService"}


def _of_another_structure(request: ProvideRequest) -> ProvideRequest:
    lot = request.submission.submission_set
    assert lot is not None
    institution = "Clinique^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000001"
    author = replace(lot.author[0], institutions=(institution,))
    return _with(request, submission_set=replace(lot, author=(author,)))


def test_a_visible_document_leaves_an_event_for_its_news() -> None:
    patient_id, ins = world.make_patient()
    publish(ins, world.request(ins))
    event = Outbox.objects.get(patient_id=patient_id)
    assert (event.kind, event.correlation) == ("document.published", "c-1")


def _with(request: ProvideRequest, **changes: Any) -> ProvideRequest:
    return replace(request, submission=replace(request.submission, **changes))


def _entry(request: ProvideRequest, **changes: Any) -> ProvideRequest:
    entry = replace(request.submission.documents[0], **changes)
    return _with(request, documents=(entry, *request.submission.documents[1:]))


def _lot(request: ProvideRequest, **changes: Any) -> ProvideRequest:
    assert request.submission.submission_set is not None
    return _with(request, submission_set=replace(request.submission.submission_set, **changes))


def _link_to(request: ProvideRequest, target: str) -> ProvideRequest:
    association = replace(request.submission.associations[0], id="link", target=target)
    return _with(request, associations=(*request.submission.associations, association))


Broken = Callable[[ProvideRequest, Ins], ProvideRequest]
OTHER_INS = world.new_ins()

BROKEN: dict[str, tuple[Broken, str]] = {
    "no lot": (lambda r, i: _with(r, submission_set=None), "XDSRegistryMetadataError"),
    "another patient's lot": (
        lambda r, i: _lot(r, patient_id=OTHER_INS.cx),
        "XDSPatientIdDoesNotMatch",
    ),
    "another patient's entry": (
        lambda r, i: _entry(r, patient_id=OTHER_INS.cx),
        "XDSPatientIdDoesNotMatch",
    ),
    "a patient that is no INS": (
        lambda r, i: _lot(r, patient_id="12345"),
        "XDSPatientIdDoesNotMatch",
    ),
    "no type": (lambda r, i: _entry(r, type_code=None), "XDSRegistryMetadataError"),
    "no author": (lambda r, i: _entry(r, authors=()), "XDSRegistryMetadataError"),
    "no creation time": (
        lambda r, i: _entry(r, creation_time=""),
        "XDSRegistryMetadataError",
    ),
    "a time that is none": (
        lambda r, i: _entry(r, creation_time="20261340"),
        "XDSRegistryMetadataError",
    ),
    "a false hash": (lambda r, i: _entry(r, hash="0" * 40), "XDSRepositoryMetadataError"),
    "a false size": (lambda r, i: _entry(r, size=3), "XDSRepositoryMetadataError"),
    "no bytes": (lambda r, i: replace(r, documents={}), "XDSMissingDocument"),
    "bytes of no entry": (
        lambda r, i: replace(r, documents={**r.documents, "Document99": b"x"}),
        "XDSMissingDocumentMetadata",
    ),
    "bytes that are no CDA": (
        lambda r, i: replace(r, documents={"Document00": b"<html/>"}),
        "InvalidDocumentContent",
    ),
    "another document's id": (
        lambda r, i: _entry(r, unique_id=world.new_oid()),
        "InvalidDocumentContent",
    ),
    "another person's document": (
        lambda r, i: replace(r, documents={"Document00": _as_of(r, OTHER_INS)}),
        "XDSPatientIdDoesNotMatch",
    ),
    "a link that leads nowhere": (
        lambda r, i: _link_to(r, "urn:uuid:00000000-0000-4000-8000-000000000000"),
        "UnresolvedReferenceException",
    ),
    "a document too large": (
        lambda r, i: replace(r, documents={"Document00": b" " * 5_300_000}),
        "XDSRepositoryOutOfResources",
    ),
}


def _as_of(request: ProvideRequest, ins: Ins) -> bytes:
    return world.letter(ins, id=request.submission.documents[0].unique_id)


@pytest.mark.parametrize("what", BROKEN)
def test_a_lot_broken_in_one_way_is_refused_and_nothing_is_stored(
    what: str, documents: Path
) -> None:
    break_, code = BROKEN[what]
    _patient_id, ins = world.make_patient()
    before = world.stored()
    with pytest.raises(XdsRefused) as refused:
        publish(ins, break_(world.request(ins), ins))
    assert codes(refused) == {code}
    assert world.stored() == before
    assert files(documents) == 0


def test_a_person_without_record_is_an_unknown_patient(documents: Path) -> None:
    _patient_id, ins = world.make_patient(with_record=False)
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins))
    assert codes(refused) == {"XDSUnknownPatientId"}
    assert files(documents) == 0


def test_an_ins_of_nobody_is_an_unknown_patient() -> None:
    ins = world.new_ins()
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins))
    assert codes(refused) == {"XDSUnknownPatientId"}


def test_the_same_document_with_other_bytes_is_not_the_same(documents: Path) -> None:
    _patient_id, ins = world.make_patient()
    oid = world.new_oid()
    publish(ins, world.request(ins, world.letter(ins, id=oid)))
    before = world.stored()
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins, world.letter(ins, id=oid, title="Autre")))
    assert codes(refused) == {"XDSNonIdenticalHash"}
    assert world.stored() == before
    assert files(documents) == 1


def test_the_same_document_in_another_lot_is_a_duplicate() -> None:
    _patient_id, ins = world.make_patient()
    data = world.letter(ins)
    publish(ins, world.request(ins, data))
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins, data))
    assert codes(refused) == {"XDSDuplicateUniqueIdInRegistry"}


def test_another_content_under_the_id_of_a_lot_is_a_duplicate() -> None:
    _patient_id, ins = world.make_patient()
    lot = world.new_oid()
    publish(ins, world.request(ins, lot=lot))
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins, lot=lot))
    assert codes(refused) == {"XDSDuplicateUniqueIdInRegistry"}


def test_a_lot_of_another_structure_than_the_caller_is_refused() -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    entry = request.submission.documents[0]
    institution = "Clinique^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000001"
    elsewhere = replace(entry.authors[0], institutions=(institution,))
    request = _of_another_structure(_entry(request, authors=(elsewhere,)))
    with pytest.raises(XdsRefused) as refused:
        publish(ins, request)
    assert codes(refused) == {"DMPAccessDeniedByRightsService"}


def test_a_secret_connection_deposits_only_what_representatives_do_not_see() -> None:
    """EX_0.1-1100."""
    _patient_id, ins = world.make_patient(born="20110302")
    secret = replace(HOSPITAL_SYSTEM, secret_connection=True)
    with pytest.raises(XdsRefused) as refused:
        publish(ins, world.request(ins), secret)
    assert codes(refused) == {"DMPAccessDeniedByRightsService"}
    hidden = world.visibility("INVISIBLE_REPRESENTANTS_LEGAUX")
    assert publish(ins, world.request(ins, confidentiality=hidden), secret)


def test_a_secret_connection_is_a_minors() -> None:
    hidden = world.visibility("INVISIBLE_REPRESENTANTS_LEGAUX")
    secret = replace(HOSPITAL_SYSTEM, secret_connection=True)
    _patient_id, eve = world.make_patient(born="20080303")
    assert publish(eve, world.request(eve, confidentiality=hidden), secret)
    _patient_id, day = world.make_patient(born="20080302")
    with pytest.raises(XdsRefused) as refused:
        publish(day, world.request(day, confidentiality=hidden), secret)
    assert "not_a_minor" in str(refused.value)


def test_publishing_takes_two_statements(django_assert_num_queries: Any) -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    with django_assert_num_queries(2):  # the record, the lot
        publish(ins, request)


def test_an_empty_submission_is_refused() -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins)
    with pytest.raises(XdsRefused):
        publish(ins, ProvideRequest(Submission(request.submission.submission_set), {}))
