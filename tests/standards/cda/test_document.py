"""The three forms of a CDA file, and what is refused before any header is read."""

import pytest

from carnet.standards.cda.document import CdaError, load
from carnet.standards.cda.header import Form
from tests.standards.cda.letters import perfect, self_presenting, signed


@pytest.mark.parametrize(
    ("wrap", "form"),
    [
        (lambda d: d, Form.PLAIN),
        (self_presenting, Form.SELF_PRESENTING),
        (signed, Form.SIGNED),
        (lambda d: self_presenting(b"<?xml?>" + signed(d)), Form.SELF_PRESENTING),
    ],
)
def test_the_document_is_found_in_its_wrapping(wrap, form) -> None:
    document = load(wrap(perfect()))
    assert document.form is form
    assert document.root.tag == "{urn:hl7-org:v3}ClinicalDocument"


def test_a_parsed_document_is_given_back() -> None:
    document = load(perfect())
    assert load(document) is document


def refusal(data: bytes) -> str:
    with pytest.raises(CdaError) as caught:
        load(data)
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_xml"),
        (b"not xml", "not_xml"),
        (b"<ClinicalDocument/>", "not_cda"),
        (b'<ClinicalDocument xmlns="urn:other"/>', "not_cda"),
        (b'<x xmlns="urn:hl7-org:v3"><ClinicalDocument/></x>', "not_cda"),
        (signed(b"<?xml?>"), "not_cda"),
        (self_presenting(b"<?xml?>"), "not_cda"),
    ],
)
def test_what_holds_no_document_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("wrap", [signed, self_presenting])
def test_two_documents_in_one_wrapping_are_refused(wrap) -> None:
    assert refusal(wrap(perfect() + perfect().partition(b"?>")[2])) == "ambiguous"


def test_a_document_type_declaration_is_refused() -> None:
    assert refusal(perfect().replace(b"?>", b"?><!DOCTYPE ClinicalDocument>", 1)) == "not_xml"


def test_an_entity_is_refused() -> None:
    bomb = b'?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    data = perfect().replace(b"?>", bomb, 1).replace(b"PAT-TROIS", b"&b;")
    assert refusal(data) == "not_xml"


def test_an_xinclude_is_not_followed() -> None:
    include = (
        b'<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    )
    data = perfect().replace(b"</title>", include + b"</title>")
    assert load(data).root.findtext("{urn:hl7-org:v3}title") == "Lettre de liaison à la sortie"


def test_a_huge_nesting_is_refused() -> None:
    data = perfect().replace(b"</title>", b"<a>" * 10_000 + b"</a>" * 10_000 + b"</title>")
    assert refusal(data) == "not_xml"
