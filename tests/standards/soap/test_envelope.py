"""The SOAP envelope: one good message, broken in one way by each test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards.soap.envelope import (
    ANONYMOUS,
    FAULT_ACTION,
    SAML,
    SOAP,
    WSA,
    Addressing,
    SoapFault,
    read,
    read_fault,
    write,
    write_fault,
)

ADDRESSING = Addressing(
    action="urn:ihe:iti:2007:RegistryStoredQuery",
    message_id="urn:uuid:0f2c2c1e-8a8f-4b52-9a0b-0f2c2c1e8a8f",
    to="https://dmp.example/registry?a=1&b=2",
)
ASSERTION = (
    f'<saml:Assertion xmlns:saml="{SAML}" ID="_1"><saml:Issuer>CN=é</saml:Issuer></saml:Assertion>'
).encode()
GOOD = write(ADDRESSING, b'<q xmlns="urn:q"/>', assertion=ASSERTION)


def broken(old: str, new: str) -> bytes:
    assert old in GOOD.decode(), "the test breaks nothing"
    return GOOD.decode().replace(old, new, 1).encode()


def outcome(data: bytes) -> str:
    """`read`, or the code of the fault as the other side reads it back."""
    try:
        read(data)
    except SoapFault as fault:
        answer = read_fault(read(write_fault(fault, message_id="urn:uuid:9")).payload)
        return answer.code if answer else "no fault"
    return "read"


def fault_of(data: bytes) -> SoapFault:
    with pytest.raises(SoapFault) as caught:
        read(data)
    return caught.value


def test_a_message_reads_back_as_it_was_written() -> None:
    envelope = read(GOOD)
    assert envelope.addressing == ADDRESSING
    assert envelope.payload.tag == "{urn:q}q"
    assert envelope.assertion is not None
    assert etree.fromstring(envelope.assertion).get("ID") == "_1"


def test_the_assertion_stands_alone_with_the_namespaces_in_scope() -> None:
    data = broken(
        ASSERTION.decode(),
        '<x:Assertion ID="_2"><x:Issuer>y</x:Issuer></x:Assertion>',
    ).replace(b"<soap:Envelope ", f'<soap:Envelope xmlns:x="{SAML}" '.encode(), 1)
    assertion = read(data).assertion
    assert assertion is not None
    assert etree.fromstring(assertion).tag == f"{{{SAML}}}Assertion"


def test_an_answer_relates_to_its_request_and_is_addressed_to_the_caller() -> None:
    answer = read(write(ADDRESSING.answer("urn:a", "urn:uuid:2"), b"<a/>")).addressing
    assert answer.relates_to == ADDRESSING.message_id
    assert (answer.to, answer.action, answer.message_id) == (ANONYMOUS, "urn:a", "urn:uuid:2")


def test_an_answer_may_go_without_message_id() -> None:
    data = write(ADDRESSING.answer("urn:a", "urn:uuid:2"), b"<a/>").decode()
    data = data.replace("<wsa:MessageID>urn:uuid:2</wsa:MessageID>", "")
    assert read(data.encode()).addressing.message_id == ""


def test_a_message_without_assertion_is_read() -> None:
    assert read(write(ADDRESSING, b"<a/>")).assertion is None


@pytest.mark.parametrize("value", ["true", "1"])
def test_an_unknown_header_that_must_be_understood_is_refused(value: str) -> None:
    header = f'<z:Zip xmlns:z="urn:z" soap:mustUnderstand="{value}"/>'
    fault = fault_of(broken("</soap:Header>", header + "</soap:Header>"))
    assert (fault.code, fault.not_understood) == ("MustUnderstand", ("{urn:z}Zip",))


@pytest.mark.parametrize(
    "attributes",
    [
        "",
        'soap:mustUnderstand="false"',
        'soap:mustUnderstand="0"',
        f'soap:mustUnderstand="1" soap:role="{SOAP}/role/none"',
    ],
)
def test_an_unknown_header_that_is_not_for_us_to_understand_is_passed_over(attributes: str) -> None:
    header = f'<z:Zip xmlns:z="urn:z" {attributes}/>'
    assert read(broken("</soap:Header>", header + "</soap:Header>")).payload.tag == "{urn:q}q"


def test_soap_1_1_is_a_version_mismatch() -> None:
    data = GOOD.replace(SOAP.encode(), b"http://schemas.xmlsoap.org/soap/envelope/")
    assert fault_of(data).code == "VersionMismatch"


@pytest.mark.parametrize(
    ("old", "new", "subcode"),
    [
        ("<wsa:To>", "<wsa:To>x</wsa:To><wsa:To>", "wsa:InvalidAddressingHeader"),
        (
            f"<wsa:MessageID>{ADDRESSING.message_id}</wsa:MessageID>",
            "",
            "wsa:MessageAddressingHeaderRequired",
        ),
        (f">{ADDRESSING.action}<", "><", "wsa:MessageAddressingHeaderRequired"),
        (ANONYMOUS, "http://elsewhere.example/", "wsa:OnlyAnonymousAddressSupported"),
        (ASSERTION.decode(), ASSERTION.decode() * 2, "wsse:InvalidSecurity"),
        ('mustUnderstand="true"', 'mustUnderstand="yes"', ""),
        ('<q xmlns="urn:q"/>', "", ""),
        ('<q xmlns="urn:q"/>', "<a/><b/>", ""),
        ("</soap:Envelope>", "<soap:Body/></soap:Envelope>", ""),
        ("</soap:Envelope>", "", ""),
        ("<soap:Envelope", "<!DOCTYPE a><soap:Envelope", ""),
        ('<?xml version="1.0" encoding="UTF-8"?>', "not xml", ""),
        ("soap:Envelope", "soap:Enveloppe", ""),
    ],
)
def test_a_broken_message_gets_a_sender_fault(old: str, new: str, subcode: str) -> None:
    fault = fault_of(broken(old, new))
    assert (fault.code, fault.subcode) == ("Sender", subcode)


def test_a_message_over_the_limit_is_refused() -> None:
    with pytest.raises(SoapFault, match="exceeds 10 bytes"):
        read(GOOD, limit=10)


def test_a_processing_instruction_or_a_comment_is_no_payload() -> None:
    envelope = read(broken('<q xmlns="urn:q"/>', '<?pi x?><!-- c --><q xmlns="urn:q"/>'))
    assert envelope.payload.tag == "{urn:q}q"


@pytest.mark.parametrize(
    "fault",
    [
        SoapFault("Sender", "Not a valid <certificate>", subcode="DMPInvalidCertificate"),
        SoapFault("Sender", "missing", subcode="wsa:InvalidAddressingHeader", detail="a & b"),
        SoapFault("Receiver", "busy"),
        SoapFault("VersionMismatch", "only 1.2"),
        SoapFault("MustUnderstand", "unknown", not_understood=("{urn:a&b}x", "y")),
    ],
    ids=lambda fault: fault.code,
)
def test_a_fault_is_written_and_read_back(fault: SoapFault) -> None:
    envelope = read(write_fault(fault, relates_to="urn:uuid:1", message_id="urn:uuid:2"))
    assert envelope.addressing.action == FAULT_ACTION
    assert envelope.addressing.relates_to == "urn:uuid:1"
    back = read_fault(envelope.payload)
    assert back is not None
    assert (back.code, back.reason, back.subcode, back.detail) == (
        fault.code,
        fault.reason,
        fault.subcode,
        fault.detail,
    )


def test_a_must_understand_fault_names_the_headers() -> None:
    fault = SoapFault("MustUnderstand", "unknown", not_understood=("{urn:z}Zip",))
    header = etree.fromstring(write_fault(fault, message_id="urn:uuid:2"))[0]
    named = header.find(f"{{{SOAP}}}NotUnderstood")
    assert named is not None
    prefix, name = named.get("qname", "").split(":")
    assert (named.nsmap[prefix], name) == ("urn:z", "Zip")


def test_a_payload_that_is_no_fault_is_none() -> None:
    assert read_fault(read(GOOD).payload) is None


def test_a_fault_without_a_known_code_is_refused() -> None:
    with pytest.raises(SoapFault, match="no code"):
        read_fault(etree.fromstring(f'<s:Fault xmlns:s="{SOAP}"/>'))


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_byte_may_change_and_the_message_is_read_or_gets_a_fault(at: int, byte: int) -> None:
    data = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    assert outcome(data) in ("read", "Sender", "MustUnderstand", "VersionMismatch")


@given(st.text(st.characters(exclude_categories=["C"]), min_size=1).map(str.strip).filter(bool))
def test_any_text_travels_in_a_header(text: str) -> None:
    action = " ".join(text.split()) or "x"
    assert read(write(Addressing(action, "urn:1", to=action), b"<a/>")).addressing.to == action


def test_the_namespace_of_addressing_is_that_of_2005() -> None:
    assert WSA.endswith("/2005/08/addressing")
