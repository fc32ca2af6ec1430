"""The SOAP services as callers meet them: certificate, VIHF, envelope, answer.

TD0.1 (who calls), TD0.2, TD2.1 (a lot), TD3.1 (search), TD3.2 (retrieve), TD3.3c (delete).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import get_resolver, resolve

from carnet.national.doors.soap import urls
from carnet.standards.gdp import td02
from carnet.standards.ids import EntryUuid, Ins, Oid
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from carnet.standards.vihf import Mode, Vihf
from carnet.standards.xds import iti18, iti41, iti43, iti57, registry_response
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Status
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import BASE, Call, Reply, as_reader, header, reader

pytestmark = pytest.mark.django_db


def publish(call: Call, ins: Ins, request: Any = None, **options: Any) -> Reply:
    payload, attachments = iti41.write(request or world.request(ins))
    return call("repository", iti41.ACTION, payload, attachments, **{"patient": ins, **options})


def errors(reply: Reply) -> list[str]:
    return [each.code for each in registry_response.read(reply.envelope.payload).errors]


def test_a_lot_published_by_a_hospital_is_answered_with_success(call: Call, ins: Ins) -> None:
    reply = publish(call, ins)
    assert reply.status == 200
    assert registry_response.read(reply.envelope.payload).status == "Success"
    assert reply.envelope.addressing.action == iti41.RESPONSE_ACTION
    assert reply.envelope.addressing.relates_to.startswith("urn:uuid:")
    assert world.rows("record_document") == 1


def test_a_published_letter_is_found_and_read_by_an_authorised_physician(
    call: Call, trusting: Papers, person: tuple[Any, Ins]
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    request = world.request(ins)
    publish(call, ins, request)
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    found = iti18.read_response(
        call("registry", iti18.ACTION, query, **as_reader(trusting, ins)).envelope.payload
    )
    (entry,) = found.documents
    ref = DocumentRef(entry.repository_unique_id, entry.unique_id)
    reply = call("repository", iti43.ACTION, iti43.write([ref]), **as_reader(trusting, ins))
    assert reply.content_type.startswith("multipart/related")
    read = iti43.read_response(reply.envelope.payload, reply.attachments)
    assert read.status == "Success"
    assert read.documents[0].data == request.documents["Document00"]


def test_a_hospital_that_asks_to_read_is_refused_by_the_rights_service(
    call: Call, ins: Ins
) -> None:
    publish(call, ins)
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    found = iti18.read_response(call("registry", iti18.ACTION, query, patient=ins).envelope.payload)
    assert [each.code for each in found.errors] == ["DMPAccessDeniedByRightsService"]


def test_a_hospital_deletes_its_own_document(call: Call, ins: Ins) -> None:
    request = world.request(ins)
    publish(call, ins, request)
    query = iti18.write(
        GetDocuments(
            unique_ids=(request.submission.documents[0].unique_id,), return_type="ObjectRef"
        )
    )
    (reference,) = iti18.read_response(
        call("registry", iti18.ACTION, query, patient=ins).envelope.payload
    ).object_refs
    lot = request.submission.submission_set
    assert lot is not None
    change = iti57.StatusChange(
        replace(lot, unique_id=world.new_oid()),
        EntryUuid(reference),
        Status.APPROVED,
        Status.DELETED,
    )
    for _again in range(2):
        reply = call("registry", iti57.ACTION, iti57.write(change), patient=ins)
        assert registry_response.read(reply.envelope.payload).status == "Success"
        assert reply.envelope.addressing.action == iti57.RESPONSE_ACTION
    found = call("registry", iti18.ACTION, query, patient=ins)
    assert iti18.read_response(found.envelope.payload).object_refs == ()


def existence(ins: Ins) -> bytes:
    frame = td02.Frame(
        td02.MessageId(Oid("1.2.3"), str(uuid4())), "20260302090000", "1.2.250.1.999.5"
    )
    return td02.write_query(td02.ExistenceQuery(frame, td02.MessageId("1.2.3", "q"), ins))


def test_existence_of_a_record_is_told_with_the_authorisation(
    call: Call, trusting: Papers, person: tuple[Any, Ins]
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    reply = call("patients", td02.ACTION, existence(ins), **as_reader(trusting, ins))
    found = td02.read_answer(reply.envelope.payload)
    assert (found.status, found.authorisation) == ("active", "VALIDE")


def test_a_person_without_record_is_not_found(call: Call, hospital: None) -> None:
    ins = world.new_ins()
    reply = call("patients", td02.ACTION, existence(ins), patient=ins)
    assert td02.read_answer(reply.envelope.payload).status is None


def test_existence_of_another_patient_than_the_vihf_is_refused(call: Call, ins: Ins) -> None:
    reply = call("patients", td02.ACTION, existence(world.new_ins()), patient=ins)
    with pytest.raises(td02.GdpRefused) as refused:
        td02.read_answer(reply.envelope.payload)
    assert refused.value.code == "XDSPatientIdDoesNotMatch"


def test_another_patients_lot_is_refused(call: Call, ins: Ins) -> None:
    reply = publish(call, ins, patient=world.new_ins())
    assert errors(reply) == ["XDSPatientIdDoesNotMatch"]
    assert world.rows("record_document") == 0


Change = dict[str, Any]
REFUSED: dict[str, tuple[Callable[[Papers, Ins], Change], tuple[str, str]]] = {
    "no certificate": (lambda p, i: {"certificate": None}, ("Sender", "DMPNoCertificate")),
    "a revoked certificate": (
        lambda p, i: {"certificate": p.revoked},
        ("Sender", "DMPInvalidCertificate"),
    ),
    "a signature certificate on the connection": (
        lambda p, i: {"certificate": p.signature},
        ("Sender", "DMPInvalidCertificate"),
    ),
    "no assertion": (lambda p, i: {"assertion": None}, ("Sender", "wsse:InvalidSecurity")),
    "a forged assertion": (
        lambda p, i: {
            "assertion": certificates.signed(p, certificates.vihf(i)).replace(b"MAX", b"MIN")
        },
        ("Sender", "VIHFInvalidSignature"),
    ),
    "an expired assertion": (
        lambda p, i: {
            "vihf": certificates.vihf(i, issued_at=datetime.now(UTC) - timedelta(days=2))
        },
        ("Sender", "VIHFExpired"),
    ),
    "the certificate of another structure": (
        lambda p, i: {"certificate": p.stranger},
        ("Sender", "VIHFInconsistentMode"),
    ),
    "a structure that the certificate does not cover": (
        lambda p, i: {"vihf": certificates.vihf(i, structure="1690000001")},
        ("Sender", "VIHFInvalidStructure"),
    ),
    "a card on the connection of an establishment": (
        lambda p, i: {"certificate": p.card_client},
        ("Sender", "VIHFInconsistentMode"),
    ),
    "not XML": (lambda p, i: {"raw": b"{}"}, ("Sender", "")),
    "a document type declaration": (
        lambda p, i: {"raw": b"<!DOCTYPE a><a/>"},
        ("Sender", ""),
    ),
    "another content type": (lambda p, i: {"content_type": "text/html"}, ("Sender", "")),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_call_wrong_in_one_way_gets_its_fault_and_stores_nothing(
    what: str, call: Call, trusting: Papers, ins: Ins
) -> None:
    """EX_AIR-080."""
    change, fault = REFUSED[what]
    options = change(trusting, ins)
    before = world.rows("journal_trace")
    if "raw" in options:
        options["content_type"] = "application/soap+xml"
    reply = publish(call, ins, **options)
    assert reply.status == 400
    assert reply.fault == fault
    assert set(world.stored().values()) == {0}
    certified = fault[1] not in ("DMPNoCertificate", "DMPInvalidCertificate")
    assert world.rows("journal_trace") - before == int(certified)


def air(ins: Ins) -> Vihf:
    """A physician of the hospital, proved by the hospital."""
    return reader(
        ins,
        mode=Mode.INDIRECTE_RENFORCEE,
        authn_decl="CONF_EXI_PGSSIS",
        authn_class="urn:oasis:names:tc:SAML:2.0:ac:classes:MobileTwoFactorUnregistered",
    )


def test_a_physician_proved_by_the_hospital_reads_and_does_not_feed(
    call: Call, person: tuple[Any, Ins]
) -> None:
    """EX_AIR-010, EX_AIR-050, R-017."""
    patient_id, ins = person
    world.authorise(patient_id)
    publish(call, ins)
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    found = call("registry", iti18.ACTION, query, vihf=air(ins))
    assert len(iti18.read_response(found.envelope.payload).documents) == 1
    assert errors(publish(call, ins, vihf=air(ins))) == ["DMPAccessDeniedByRightsService"]


def test_a_card_that_is_not_the_one_of_the_vihf_is_refused(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    reply = publish(
        call,
        ins,
        vihf=reader(ins, name_id="899900000001"),
        certificate=trusting.card_client,
    )
    assert reply.fault == ("Sender", "VIHFInconsistentMode")


def test_a_physician_feeds_with_their_card(call: Call, trusting: Papers, ins: Ins) -> None:
    assert errors(publish(call, ins, **as_reader(trusting, ins))) == []


def test_a_professional_without_authorisation_learns_it_and_reads_nothing(
    call: Call, trusting: Papers, ins: Ins
) -> None:
    reply = call("patients", td02.ACTION, existence(ins), **as_reader(trusting, ins))
    assert td02.read_answer(reply.envelope.payload).authorisation == "NON_EXISTE"
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    found = call("registry", iti18.ACTION, query, **as_reader(trusting, ins))
    (error,) = iti18.read_response(found.envelope.payload).errors
    assert error.code == "DMPAccessDeniedByRightsService"


def test_when_the_database_is_away_the_service_says_so_and_keeps_nothing(
    call: Call, ins: Ins, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE identity_inslocator RENAME TO identity_away")
    reply = publish(call, ins)
    assert (reply.status, reply.fault) == (500, ("Receiver", ""))
    assert not any(each.is_file() for each in documents.rglob("*"))


def test_an_action_that_the_service_has_not_is_a_fault(call: Call, ins: Ins) -> None:
    reply = call("registry", iti41.ACTION, b"<a/>", patient=ins)
    assert reply.fault == ("Sender", "wsa:ActionNotSupported")


def test_a_message_too_large_is_refused_before_it_is_read(
    call: Call, ins: Ins, settings: Any
) -> None:
    settings.CARNET_MAX_DOCUMENT_BYTES = 1024
    raw = b" " * (3 * 1024 * 1024)
    reply = publish(call, ins, raw=raw, content_type="application/soap+xml")
    assert reply.fault == ("Sender", "")


def test_a_lot_sent_in_chunks_is_registered(client: Client, trusting: Papers, ins: Ins) -> None:
    payload, attachments = iti41.write(world.request(ins))
    assertion = certificates.signed(trusting, certificates.vihf(ins))
    addressing = Addressing(iti41.ACTION, f"urn:uuid:{uuid4()}")
    content_type, body = mtom.write(
        envelope.write(addressing, payload, assertion=assertion),
        attachments,
        boundary="test-chunks",
        action=iti41.ACTION,
    )
    request = RequestFactory().post(
        f"{BASE}/repository", content_type=content_type, headers=header(trusting.client)
    )
    del request.META["CONTENT_LENGTH"]
    request.META.update({"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True})
    view: Any = resolve(f"{BASE}/repository").func
    assert b":Success" in view(request).content


def test_only_post_is_answered(client: Client) -> None:
    assert client.get(f"{BASE}/registry").status_code == 405


def test_every_service_declares_who_may_come() -> None:
    assert get_resolver() is not None
    assert all(getattr(each.callback, "access", None) for each in urls.urlpatterns)


def test_publishing_takes_three_statements(
    call: Call, ins: Ins, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(3):  # structure, record, lot
        publish(call, ins)


def test_finding_takes_four_statements(
    call: Call, trusting: Papers, person: tuple[Any, Ins], django_assert_num_queries: Any
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    with django_assert_num_queries(4):  # structure, record, entries, trace
        call("registry", iti18.ACTION, query, **as_reader(trusting, ins))


def test_retrieving_takes_three_statements(
    call: Call, trusting: Papers, person: tuple[Any, Ins], django_assert_num_queries: Any
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    request = world.request(ins)
    publish(call, ins, request)
    ref = DocumentRef(configured.CARNET_REPOSITORY_OID, request.submission.documents[0].unique_id)
    with django_assert_num_queries(3):  # structure, document, trace
        call("repository", iti43.ACTION, iti43.write([ref]), **as_reader(trusting, ins))
