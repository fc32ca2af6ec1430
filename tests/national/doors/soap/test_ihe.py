"""Profile `ihe`: plain XDS.b for an affinity domain, on records of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from lxml import etree

from carnet.standards.xds import (
    iti18,
    iti41,
    iti44,
    iti86,
)
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    Status,
)
from tests.national import world
from tests.national.certificates import STRANGER_NAME, Papers
from tests.national.doors.soap.callers import Call
from tests.national.doors.soap.domain import (
    OTHER,
    PATIENT,
    Send,
    by_uuid,
    codes_of,
    entry,
    found,
    links_of,
    provide,
    register,
    retrieve,
    submission,
    urn,
)
from tests.nist.player import feed

pytestmark = pytest.mark.django_db


def test_a_document_is_provided_found_and_retrieved(send: Send, settings: Any) -> None:
    made = entry()
    assert provide(send, submission(made)) == []
    (document,) = found(send, FindDocuments(PATIENT, (Status.APPROVED,))).documents
    assert (document.id, document.logical_id) == (made.id, made.id)
    assert retrieve(send, made.unique_id, settings).documents[0].data == b"text"


def test_a_signature_is_a_document_that_signs_others(send: Send, settings: Any) -> None:
    """DSG, detached (ITI TF-3 5.5): of this lot and of another, and never judged here."""
    before, beside = entry(), entry()
    assert provide(send, submission(before)) == []
    signature = entry(type_code=Code("E1762", "ASTM"), mime_type="text/xml")
    links = tuple(
        Association(AssociationType.SIGNS, signature.id, each.id, urn())
        for each in (before, beside)
    )
    assert provide(send, submission(beside, signature, links=links), b"<Signature/>") == []
    assert {each for each in links_of(send, signature.id) if each[1] == signature.id} == {
        (AssociationType.SIGNS, signature.id, each.id) for each in (before, beside)
    }
    assert retrieve(send, signature.unique_id, settings).documents[0].data == b"<Signature/>"


def test_a_document_of_another_repository_is_registered_and_not_retrieved_here(
    send: Send, settings: Any
) -> None:
    made = entry(hash="a" * 40, size=4, repository_unique_id="1.2.7")
    assert register(send, submission(made)) == []
    (document,) = by_uuid(send, made.id)
    assert (document.hash, document.repository_unique_id) == ("a" * 40, "1.2.7")
    answer = retrieve(send, made.unique_id, settings)
    assert [each.code for each in answer.errors] == ["XDSDocumentUniqueIdError"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hash": ""}, "XDSRegistryMetadataError"),
        ({"repository_unique_id": "1.2.250.1.999.1.1.1"}, "XDSRegistryMetadataError"),
        ({"class_code": Code("OTHER", "1.2.3")}, "XDSRegistryMetadataError"),
        ({"patient_id": "P-9^^^&1.2.4&ISO"}, "XDSPatientIdDoesNotMatch"),
    ],
)
def test_an_entry_that_the_domain_does_not_take_is_refused(
    send: Send, changes: dict[str, Any], code: str
) -> None:
    held = {"hash": "a" * 40, "size": 4, "repository_unique_id": "1.2.7"}
    assert register(send, submission(entry(**{**held, **changes}))) == [code]
    assert world.rows("record_document") == 0


def test_a_patient_that_no_feed_made_known_is_unknown(send: Send) -> None:
    stranger = "P-9^^^&1.2.4&ISO"
    made = submission(entry(patient_id=stranger), patient=stranger)
    assert provide(send, made) == ["XDSUnknownPatientId"]


def test_a_patient_of_another_authority_is_not_taken(send: Send) -> None:
    fed = feed(PATIENT).replace(b"1.3.6.1.4.1.21367.13.20.1000", b"1.2.99")
    answer, _ = send("patients", iti44.action(iti44.ADDED), fed)
    assert answer.xpath(".//*[local-name() = 'typeCode']/@code") == ["CE"]


def test_the_same_lot_or_the_same_entryuuid_again_is_refused(send: Send) -> None:
    made = submission(entry())
    assert provide(send, made) == []
    assert provide(send, made) == ["XDSDuplicateUniqueIdInRegistry"]
    again = entry(id=made.documents[0].id)
    assert provide(send, submission(again)) == ["XDSRegistryMetadataError"]


def test_objects_of_several_patients_are_not_answered_together(send: Send) -> None:
    ours, theirs = entry(), entry(patient_id=OTHER)
    provide(send, submission(ours))
    provide(send, submission(theirs, patient=OTHER))
    payload, _ = send("registry", iti18.ACTION, iti18.write(GetDocuments((ours.id, theirs.id))))
    assert codes_of(payload) == ["XDSResultNotSinglePatient"]


def test_a_document_replaced_is_obsolete(send: Send) -> None:
    old, new = entry(), entry()
    provide(send, submission(old))
    link = Association(AssociationType.RPLC, new.id, old.id, urn())
    assert provide(send, submission(new, links=(link,))) == []
    assert [each.status for each in by_uuid(send, old.id)] == [Status.DEPRECATED]


# Two sorts of records


def test_a_member_reaches_no_record_of_the_dmp(
    send: Send, call: Call, hospital: None, settings: Any
) -> None:
    _patient, ins = world.make_patient()
    french = world.request(ins)
    call("repository", iti41.ACTION, *iti41.write(french), patient=ins)
    unique_id = french.submission.documents[0].unique_id
    assert retrieve(send, unique_id, settings).documents == ()
    assert found(send, GetDocuments(unique_ids=(unique_id,))).documents == ()
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    assert codes_of(send("registry", iti18.ACTION, query)[0]) == ["XDSUnknownPatientId"]
    ref = DocumentRef(settings.CARNET_REPOSITORY_OID, unique_id)
    assert codes_of(send("repository", iti86.ACTION, iti86.write([ref]))[0]) == [
        "XDSDocumentUniqueIdError"
    ]
    assert world.rows("record_document") == 1


def test_without_a_domain_nothing_is_there(client: Client, settings: Any) -> None:
    settings.CARNET_AFFINITY_DOMAIN = None
    for service in ("registry", "repository", "patients"):
        assert client.get(f"/ihe/{service}?wsdl").status_code == 404
        assert client.post(f"/ihe/{service}", data=b"", content_type="text/xml").status_code == 404


def test_without_a_trusted_certificate_nothing_is_answered(send: Send, trusting: Papers) -> None:
    query = iti18.write(FindDocuments(PATIENT, (Status.APPROVED,)))
    for certificate in (None, trusting.revoked):
        payload, _ = send("registry", iti18.ACTION, query, certificate=certificate)
        assert payload.tag.endswith("}Fault")


def test_a_certificate_that_is_not_on_the_list_of_members_is_refused(
    send: Send, trusting: Papers, settings: Any
) -> None:
    query = iti18.write(FindDocuments(PATIENT, (Status.APPROVED,)))
    settings.CARNET_AFFINITY_MEMBERS = frozenset({STRANGER_NAME.rfc4514_string()})
    payload, _ = send("registry", iti18.ACTION, query)
    assert payload.xpath("string(.//*[local-name() = 'Subcode'])").strip() == (
        "wsse:FailedAuthentication"
    )
    answer, _ = send("registry", iti18.ACTION, query, certificate=trusting.stranger)
    assert codes_of(answer) == []


def test_the_services_of_the_domain_are_described(send: Send, client: Client) -> None:
    for service in ("registry", "repository", "patients"):
        answer = client.get(f"/ihe/{service}?wsdl")
        assert answer.status_code == 200
        assert etree.fromstring(answer.content).tag.endswith("}definitions")
