"""A lot that is signed (TD2.1, spec dmp §3.8): by who sends it, as it comes, out of sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carnet.national.journal.actors import Establishment, Professional
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.models import Association, Document, Outbox
from carnet.ops.pki import Issued, Kind
from carnet.standards import dsg
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import AssociationType, Status
from tests.national import world
from tests.national.certificates import STRANGER_NAME, Papers
from tests.national.world import HOSPITAL_SYSTEM, PHYSICIAN_READER

pytestmark = pytest.mark.django_db

#: The certificates of the tests are of this session.
NOW = datetime.now(UTC)
SIGNATURE = "Signature01"
Feeder = Establishment | Professional


@pytest.fixture(autouse=True)
def hospital(trusting: Papers) -> None:
    world.make_hospital()


@pytest.fixture
def patient() -> tuple[UUID, Ins]:
    return world.make_patient()


@pytest.fixture
def ins(patient: tuple[UUID, Ins]) -> Ins:
    return patient[1]


def by(signer: Issued, request: ProvideRequest, at: datetime = NOW) -> ProvideRequest:
    """The request with its signature."""
    return dsg.sign_lot(
        request, signed_at=at, key_pem=signer.key_pem, certificate_pem=signer.cert_pem
    )


def publish(ins: Ins, request: ProvideRequest, actor: Feeder = HOSPITAL_SYSTEM) -> record.Published:
    return record.publish(actor, request, patient=ins, now=NOW, correlation="c-1")


def refusal(
    ins: Ins, request: ProvideRequest, actor: Feeder = HOSPITAL_SYSTEM
) -> set[tuple[str, str]]:
    """The codes and places of the refusal, after which nothing is stored."""
    before = world.stored()
    with pytest.raises(XdsRefused) as caught:
        publish(ins, request, actor)
    assert world.stored() == before
    return {(each.code, each.location) for each in caught.value.errors}


def status(entry_uuid: str) -> str:
    return Document.objects.get(id=entry_uuid).status


def change(ins: Ins, entry_uuid: str, old: Status, new: Status) -> None:
    lot = replace(world.request(ins).submission.submission_set, unique_id=world.new_oid())
    operation = StatusUpdate(EntryUuid.of(UUID(entry_uuid)), old, new)
    record.update(
        HOSPITAL_SYSTEM, UpdateRequest(lot, (operation,)), patient=ins, now=NOW, correlation=""
    )


def test_a_signed_lot_is_kept_with_its_signature(patient: tuple[UUID, Ins], papers: Papers) -> None:
    patient_id, ins = patient
    request = by(papers.signature, world.request(ins, world.letter(ins), world.letter(ins)))
    published = publish(ins, request)
    assert len(published.entry_uuids) == 3
    links = Association.objects.filter(patient_id=patient_id, type=AssociationType.SIGNS)
    entry = request.submission.documents[-1]
    lot = Document.objects.get(unique_id=entry.unique_id).submission_set_id
    assert [(str(each.source_id), each.target_id) for each in links] == [
        (published.entry_uuids[entry.unique_id], lot)
    ]


def test_a_lot_that_is_signed_is_answered_again_as_the_first_time(ins: Ins, papers: Papers) -> None:
    request = by(papers.signature, world.request(ins))
    first = publish(ins, request)
    again = publish(ins, request)
    assert again.replayed
    assert again.entry_uuids == first.entry_uuids


def test_a_signature_is_nobodys_news_and_is_in_no_list(
    patient: tuple[UUID, Ins], papers: Papers
) -> None:
    patient_id, ins = patient
    publish(ins, by(papers.signature, world.request(ins)))
    assert Outbox.objects.filter(patient_id=patient_id).count() == 1
    shown = queries.list_documents(world.holder(patient_id), patient_id)
    assert shown.total == 1


def test_a_signature_can_be_retrieved_by_who_deposited_it(
    patient: tuple[UUID, Ins], papers: Papers, settings: Any
) -> None:
    patient_id, ins = patient
    request = by(papers.card_signature, _of(PHYSICIAN_READER, world.request(ins)))
    publish(ins, request, PHYSICIAN_READER)
    world.authorise(patient_id)
    entry = request.submission.documents[-1]
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, entry.unique_id)
    (retrieved,), errors = record.retrieve(PHYSICIAN_READER, [ref], patient=ins, now=NOW)
    assert not errors
    assert retrieved.data == request.documents[SIGNATURE]


def test_a_lot_without_a_signature_costs_no_statement_more(ins: Ins, papers: Papers) -> None:
    publish(ins, world.request(ins))
    with CaptureQueriesContext(connection) as plain:
        publish(ins, world.request(ins))
    with CaptureQueriesContext(connection) as signed:
        publish(ins, by(papers.signature, world.request(ins)))
    assert len(plain) == len(signed)


def test_a_lot_must_be_signed_where_the_setting_says_so(
    ins: Ins, papers: Papers, settings: Any
) -> None:
    settings.CARNET_LOT_SIGNATURE = "required"
    assert refusal(ins, world.request(ins)) == {("XDSRegistryMetadataError", "")}
    publish(ins, by(papers.signature, world.request(ins)))


def test_what_is_no_signature_is_refused(ins: Ins, papers: Papers) -> None:
    request = by(papers.signature, world.request(ins))
    forged = replace(request, documents={**request.documents, SIGNATURE: world.letter(ins)})
    assert refusal(ins, forged) == {("InvalidDocumentContent", SIGNATURE)}


def test_a_document_that_is_not_as_it_was_signed_is_refused(ins: Ins, papers: Papers) -> None:
    request = by(papers.signature, world.request(ins))
    letter = request.documents["Document00"].replace(b"<title>", b"<title>Autre ")
    altered = replace(request, documents={**request.documents, "Document00": letter})
    assert refusal(ins, altered) == {("InvalidDocumentContent", "Document00")}


def test_the_signature_of_another_lot_is_refused(ins: Ins, papers: Papers) -> None:
    request, other = (by(papers.signature, world.request(ins)) for _ in range(2))
    stolen = replace(
        request, documents={**request.documents, SIGNATURE: other.documents[SIGNATURE]}
    )
    signed = other.submission.documents[0].unique_id
    assert refusal(ins, stolen) == {
        ("InvalidDocumentContent", SIGNATURE),
        ("InvalidDocumentContent", "Document00"),
        ("InvalidDocumentContent", signed),
    }


@pytest.mark.parametrize("which", ["client", "card_signature", "stranger"])
def test_who_does_not_send_the_lot_does_not_sign_it(ins: Ins, papers: Papers, which: str) -> None:
    """Spec dmp §3.8: ORG_SIGN in the indirect modes; the code is that of §3.12."""
    request = by(getattr(papers, which), world.request(ins))
    assert refusal(ins, request) == {("DMPInvalidCertificate", SIGNATURE)}


def test_a_signature_of_another_structure_is_refused(ins: Ins, papers: Papers) -> None:
    stranger = papers.authority.issue(Kind.ORG_SIGN, STRANGER_NAME, key_pem=papers.client.key_pem)
    assert refusal(ins, by(stranger, world.request(ins))) == {("DMPInvalidCertificate", SIGNATURE)}


def test_a_lot_that_says_another_sender_is_not_signed_by_who_sends_it(
    ins: Ins, papers: Papers
) -> None:
    """EX_2.1-1140: the author of the lot comes from the card or the certificate."""
    request = world.request(ins)
    lot = request.submission.submission_set
    assert lot is not None
    elsewhere = "Clinique^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000001"
    lot = replace(lot, author=(replace(lot.author[0], institutions=(elsewhere,)),))
    told = replace(request, submission=replace(request.submission, submission_set=lot))
    ours = replace(told.submission.documents[0], authors=(world.sender(),))
    told = replace(told, submission=replace(told.submission, documents=(ours,)))
    assert refusal(ins, by(papers.signature, told)) == {("DMPInvalidCertificate", SIGNATURE)}


def test_a_signature_to_come_is_refused(ins: Ins, papers: Papers) -> None:
    request = by(papers.signature, world.request(ins), at=NOW + timedelta(hours=1))
    assert refusal(ins, request) == {("InvalidDocumentContent", SIGNATURE)}


def _of(reader: Professional, request: ProvideRequest) -> ProvideRequest:
    """The lot sent by this professional."""
    lot = request.submission.submission_set
    assert lot is not None
    person = f"{reader.ps_idnat}^DURAND^Camille^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
    lot = replace(lot, author=(replace(lot.author[0], person=person),))
    return replace(request, submission=replace(request.submission, submission_set=lot))


@pytest.mark.parametrize(("signer", "accepted"), [("card_signature", True), ("signature", False)])
def test_a_professional_signs_by_card(
    ins: Ins, papers: Papers, signer: str, accepted: bool
) -> None:
    """Spec dmp §3.8, §4.3: the signature key of the card in direct mode."""
    request = by(getattr(papers, signer), _of(PHYSICIAN_READER, world.request(ins)))
    if accepted:
        assert len(publish(ins, request, PHYSICIAN_READER).entry_uuids) == 2
    else:
        expected = {("DMPInvalidCertificate", SIGNATURE)}
        assert refusal(ins, request, PHYSICIAN_READER) == expected


def test_a_signature_is_neither_replaced_nor_taken_away_alone(ins: Ins, papers: Papers) -> None:
    request = by(papers.signature, world.request(ins))
    published = publish(ins, request)
    signature = published.entry_uuids[request.submission.documents[-1].unique_id]
    replaces = {"Document00": EntryUuid.of(UUID(signature))}
    assert {code for code, _place in refusal(ins, world.request(ins, replaces=replaces))} == {
        "UnmodifiableMetadataError"
    }
    with pytest.raises(XdsRefused, match="UnmodifiableMetadataError"):
        change(ins, signature, Status.APPROVED, Status.DELETED)
    assert status(signature) == "APPROVED"


def test_no_day_is_set_on_which_a_signature_is_shown(
    patient: tuple[UUID, Ins], papers: Papers
) -> None:
    patient_id, ins = patient
    request = by(papers.card_signature, _of(PHYSICIAN_READER, world.request(ins)))
    published = publish(ins, request, PHYSICIAN_READER)
    world.authorise(patient_id)
    signature = UUID(published.entry_uuids[request.submission.documents[-1].unique_id])
    with pytest.raises(ValueError, match="never"):
        record.schedule_release(
            PHYSICIAN_READER, patient_id, signature, NOW + timedelta(days=1), now=NOW
        )


def test_a_signature_goes_with_the_last_document_of_its_lot(ins: Ins, papers: Papers) -> None:
    """What is withdrawn is withdrawn whole; until then the signature proves what is left."""
    request = by(papers.signature, world.request(ins, world.letter(ins), world.letter(ins)))
    published = publish(ins, request)
    other = publish(ins, by(papers.signature, world.request(ins)))
    first, second, signature = (
        published.entry_uuids[each.unique_id] for each in request.submission.documents
    )
    change(ins, first, Status.APPROVED, Status.DELETED)
    assert status(signature) == "APPROVED"
    change(ins, second, Status.APPROVED, Status.DELETED)
    assert status(signature) == "DELETED"
    assert {status(each) for each in other.entry_uuids.values()} == {"APPROVED"}


def test_a_replaced_document_leaves_the_signature_of_its_lot(ins: Ins, papers: Papers) -> None:
    request = by(papers.signature, world.request(ins))
    published = publish(ins, request)
    old, signature = (
        published.entry_uuids[each.unique_id] for each in request.submission.documents
    )
    replaces = {"Document00": EntryUuid.of(UUID(old))}
    publish(ins, by(papers.signature, world.request(ins, replaces=replaces)))
    assert (status(old), status(signature)) == ("DEPRECATED", "APPROVED")
