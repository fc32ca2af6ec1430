"""SOAP: the transaction, its parts, and the VIHF that is read without being trusted."""

import pytest
from lxml import etree

from carnet.ops.validate import Kind, Severity, judge
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.soap import envelope
from carnet.standards.xds import iti18, iti43
from carnet.standards.xds.metadata import Status
from tests.ops.validate import files
from tests.ops.validate.conftest import PATIENT

OTHER = Ins("207058575627097", INS_NIR_TEST)


def with_parts(request, assertion, **changes) -> tuple[str, bytes]:
    return files.multipart(*files.soap(request, assertion, **changes))


def test_a_whole_request_is_judged_with_its_parts(vihf) -> None:
    _, body = with_parts(files.provide_request(), vihf)
    verdict = judge(body)
    assert (verdict.kind, verdict.findings) == (Kind.SOAP, ())
    assert "ITI-41" in verdict.title
    assert "signature non vérifiée" in verdict.title


@pytest.mark.parametrize("first_line", [b"", b"POST /repository HTTP/1.1\r\n"])
def test_the_headers_of_http_may_come_before(vihf, first_line) -> None:
    content_type, body = with_parts(files.provide_request(), vihf)
    head = first_line + f"Content-Type: {content_type}\r\nHost: localhost\r\n\r\n".encode()
    assert judge(head + body).findings == ()


def test_a_document_in_a_part_is_judged(vihf) -> None:
    _, body = with_parts(files.provide_request(b"<a/>"), vihf)
    (finding,) = judge(body).findings
    assert (finding.rule, finding.place) == ("cda-not-cda", "Document01 › /a (ligne 1)")


def test_a_part_that_is_cut_is_told(vihf) -> None:
    _, body = with_parts(files.provide_request(), vihf)
    assert files.rules_of(judge(body[:-30])) == {"soap-Sender"}


def test_an_envelope_without_its_parts_is_judged_but_for_them(vihf) -> None:
    root, _ = files.soap(files.provide_request(), vihf)
    assert files.rules_of(judge(root), Severity.WARNING) == {"attachments-not-judged"}


def test_a_request_without_vihf_is_told() -> None:
    _, body = with_parts(files.provide_request(), None)
    assert files.rules_of(judge(body)) == {"vihf-absent"}


def test_a_vihf_without_signature_is_told(vihf) -> None:
    root = etree.fromstring(vihf)
    root.remove(root.find("{http://www.w3.org/2000/09/xmldsig#}Signature"))
    _, body = with_parts(files.provide_request(), etree.tostring(root))
    assert files.rules_of(judge(body)) == {"VIHFInvalidSignature"}


def test_the_patient_of_the_vihf_must_be_the_patient_of_the_lot(vihf_of) -> None:
    _, body = with_parts(files.provide_request(), vihf_of(patient=OTHER))
    (finding,) = judge(body).findings
    assert finding.rule == "xds-the-patient-of-the-assertion"


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"urn:dmp", b"urn:other", "VIHFWrongAudience"),
        (b"DIRECTE<", b"OBLIQUE<", "VIHFInconsistentMode"),
        (b">SA01^", b">SA99^", "VIHFInvalidStructure"),
        (b'Version="2.0"', b'Version="1.1"', "VIHFMalformed"),
    ],
)
def test_a_vihf_that_says_something_wrong_is_told(vihf, old, new, rule) -> None:
    assert old in vihf
    verdict = judge(vihf.replace(old, new))
    assert verdict.kind is Kind.VIHF
    assert files.rules_of(verdict) == {rule}


def test_an_assertion_alone_is_read_and_its_patient_never_told(vihf) -> None:
    verdict = judge(vihf)
    assert (verdict.kind, verdict.exit_code) == (Kind.VIHF, 0)
    assert PATIENT.matricule not in repr(verdict)


def test_another_action_is_told(vihf) -> None:
    _, body = with_parts(files.provide_request(), vihf, action="urn:ihe:iti:2007:Other")
    (finding,) = judge(body).findings
    assert finding.rule == "wsa-action"


def around(payload: bytes, action: str = "urn:other") -> bytes:
    return envelope.write(envelope.Addressing(action, "urn:uuid:1"), payload)


def test_a_transaction_that_is_not_known_is_not_judged() -> None:
    verdict = judge(around(b'<PRPA_IN201309UV02 xmlns="urn:hl7-org:v3"/>'))
    assert verdict.exit_code == 0
    assert files.rules_of(verdict, Severity.WARNING) == {"payload-not-judged"}


def test_a_query_in_an_envelope_is_judged(vihf) -> None:
    query = iti18.write(iti18.FindDocuments(PATIENT.cx, (Status.APPROVED,)))
    sent = envelope.write(envelope.Addressing(iti18.ACTION, "urn:uuid:1"), query, assertion=vihf)
    assert judge(sent).findings == ()


def test_an_answer_needs_no_vihf() -> None:
    assert judge(around(iti43.write_response([])[0], iti43.RESPONSE_ACTION)).findings == ()


def test_a_fault_is_read() -> None:
    fault = envelope.SoapFault("Sender", "no", subcode="DMPInvalidCertificate")
    verdict = judge(envelope.write_fault(fault, message_id="urn:uuid:1"))
    assert verdict.exit_code == 0
    assert files.rules_of(verdict, Severity.WARNING) == {"soap-DMPInvalidCertificate"}


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (
            b'<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body/></Envelope>',
            "soap-VersionMismatch",
        ),
        (
            b'<Envelope xmlns="http://www.w3.org/2003/05/soap-envelope"><Body/></Envelope>',
            "soap-Sender",
        ),
        (b'<!DOCTYPE a><a xmlns="http://www.w3.org/2003/05/soap-envelope"/>', "soap-Sender"),
        (around(b"<a/>").replace(b"urn:uuid:1", b""), "soap-Sender/"),
    ],
)
def test_an_envelope_that_is_refused_is_told_by_its_fault(data: bytes, rule: str) -> None:
    verdict = judge(data)
    (finding,) = verdict.findings
    assert verdict.kind is Kind.SOAP
    assert finding.rule.startswith(rule)
