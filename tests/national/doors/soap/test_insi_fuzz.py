"""Whatever comes to INSi: an answer or a fault of SOAP, and only a good question is traced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from carnet.national.identity.insi.scripted import register_population
from carnet.standards.ins.insi import (
    BatchLine,
    CollectQuery,
    DepositQuery,
    VerifyQuery,
    read_answer,
    scripted_population,
    scripted_questions,
    write_request,
)
from carnet.standards.soap.envelope import SoapFault
from tests.fuzz.driving import spoilt
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_xml
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import header
from tests.national.doors.soap.test_insi import (
    CARD,
    URL,
    ZOE,
    message,
    named,
    register_reader,
    said,
    signed,
)

pytestmark = pytest.mark.django_db
DS = "http://www.w3.org/2000/09/xmldsig#"
KIND = "application/soap+xml; charset=UTF-8"
VERIFIED = next(one.query for one in scripted_questions() if isinstance(one.query, VerifyQuery))
QUESTIONS = {
    "traits": ZOE,
    "verification": VERIFIED,
    "deposit": DepositQuery((BatchLine("IPP-1", VERIFIED), BatchLine("IPP-2", VERIFIED))),
    "collection": CollectQuery("7f0c2b5e-0000-7000-8000-000000000009"),
}


@pytest.fixture(autouse=True)
def population(settings: Any) -> None:
    settings.CARNET_INSI_CALLS_PER_MINUTE = 100_000
    world.make_hospital()
    register_population(world.TESTS, scripted_population(), now=world.NOW)


def stored() -> dict[str, int]:
    tables = ("identity_person", "identity_batch", "journal_trace")
    return {table: world.rows(table) for table in tables}


def answered(response: Any) -> bool:
    """Whether it is an answer; a fault is one of SOAP or of INSi, never of the server itself."""
    assert response.headers["Content-Type"] == KIND
    try:
        read_answer(response.content)
    except SoapFault:
        assert response.status_code in (400, 500)
        return False
    return response.status_code == 200


@pytest.mark.parametrize("name", QUESTIONS)
def test_any_question_is_answered_or_refused_and_leaves_nothing_half(
    client: Client, trusting: Papers, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    certificate = header(named(trusting, "INSI-AUTO"))
    good = write_request(message(QUESTIONS[name]))
    for data in spoilt(f"insi-{name}", [good], any_of(spoil_bytes, spoil_xml, spoil_xml)):
        before = stored()
        response = client.generic("POST", URL, data, content_type=KIND, headers=certificate)
        if not answered(response):
            after = stored()
            assert after["identity_person"] == before["identity_person"]
            assert after["identity_batch"] == before["identity_batch"]
            assert after["journal_trace"] - before["journal_trace"] in (0, 1)
    fine = write_request(message(ZOE))
    assert answered(client.generic("POST", URL, fine, content_type=KIND, headers=certificate))
    for person in scripted_population():
        assert not any(number in caplog.text for number in person.numbers)
    assert "Traceback" not in caplog.text


def content(assertion: bytes) -> bytes:
    """All that is signed, in its canonical form."""
    root = etree.fromstring(assertion)
    for signature in root.findall(f"{{{DS}}}Signature"):
        root.remove(signature)
    return etree.tostring(root, method="c14n", exclusive=True)


def test_no_spoilt_assertion_of_a_card_is_believed(client: Client, trusting: Papers) -> None:
    register_reader()
    told = signed(trusting, said(trusting))
    certificate = header(trusting.card_client)
    for data in spoilt("insi-assertion", [told], spoil_xml):
        request = write_request(replace(message(ZOE, emitter=CARD), assertion=data))
        before = world.rows("journal_trace")
        response = client.generic("POST", URL, request, content_type=KIND, headers=certificate)
        # In the signature itself, something may change that changes nothing.
        assert not answered(response) or content(data) == content(told), data
        assert world.rows("journal_trace") - before in (0, 1)
    request = write_request(replace(message(ZOE, emitter=CARD), assertion=told))
    response = client.generic("POST", URL, request, content_type=KIND, headers=certificate)
    assert answered(response)


def test_any_content_type_is_answered(client: Client, trusting: Papers) -> None:
    certificate = header(named(trusting, "INSI-AUTO"))
    good = write_request(message(ZOE))
    for kind in spoilt("insi-type", [KIND.encode()], spoil_bytes):
        written = "".join(each for each in kind.decode("latin-1") if each.isprintable())
        answered(client.generic("POST", URL, good, content_type=written, headers=certificate))
