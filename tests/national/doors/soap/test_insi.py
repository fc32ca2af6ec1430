"""INSi as callers meet it: who may ask, what is answered, what is refused and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from lxml import etree

from carnet.national.identity.insi import batches
from carnet.national.identity.insi.scripted import register_population
from carnet.ops.pki import Issued, Kind, organisation_name, person_name
from carnet.standards.ins import BirthDate, Sex
from carnet.standards.ins.insi import (
    Answer,
    BatchLine,
    BatchReceipt,
    BatchReport,
    CollectQuery,
    Context,
    DepositQuery,
    InsiFault,
    Question,
    Request,
    Result,
    Scripted,
    Software,
    TraitsQuery,
    VerifyQuery,
    answer,
    assertion,
    read_answer,
    scripted_population,
    scripted_questions,
    write_request,
)
from carnet.standards.ins.insi.exchange import BATCH_LIMIT
from carnet.standards.ins.insi.faults import KNOWN
from carnet.standards.soap.envelope import SAML, SoapFault
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import header

URL = "/lps"
ZOE = TraitsQuery("ADRUN", ("ZOE",), Sex.FEMININE, BirthDate.parse("1975-12-31"))
CARD = world.PHYSICIAN_READER.ps_idnat

Ask = Callable[..., Answer]


def named(papers: Papers, common_name: str, struct_idnat: str = world.SITE) -> Issued:
    """The certificate of a structure under this name, with the key of the others."""
    subject = organisation_name(
        common_name,
        struct_idnat=struct_idnat,
        organisation="CH de l'Exemple",
        department="Paris (75)",
    )
    return papers.authority.issue(Kind.ORG_AUTH_CLI, subject, key_pem=papers.client.key_pem)


def message(query: Question, *, emitter: str = world.SITE, idam: str = "AA1B2C3D4E") -> Request:
    ids = [str(uuid4()) for _ in range(3)]
    software = Software(idam, "1.0", ids[2], "DPI d'essai")
    return Request(
        f"uuid:{uuid4()}", Context(ids[0], ids[1], datetime.now(UTC), emitter, software), query
    )


def said(papers: Papers, **changes: Any) -> assertion.Assertion:
    """What the card of the tests asserts now."""
    now = datetime.now(UTC)
    facts: dict[str, Any] = {
        "id": f"_{uuid4()}",
        "name_id": CARD,
        "issued_at": now,
        "not_before": now,
        "not_on_or_after": now + timedelta(minutes=30),
        "billing": world.SITE[1:],
    }
    return assertion.Assertion(**{**facts, **changes})


def signed(papers: Papers, told: assertion.Assertion) -> bytes:
    issued = papers.card_signature
    return assertion.sign(told, key_pem=issued.key_pem, certificate_pem=issued.cert_pem)


@pytest.fixture
def population(db: None) -> None:
    world.make_hospital()
    register_population(world.TESTS, scripted_population(), now=world.NOW)


@pytest.fixture
def send(client: Client, trusting: Papers) -> Callable[..., Any]:
    def send(data: bytes, certificate: Issued | None = None, **more: Any) -> Any:
        return client.post(
            URL,
            data=data,
            content_type=more.pop("content_type", "application/soap+xml; charset=UTF-8"),
            headers=header(certificate or named(trusting, "INSI-AUTO")) | more,
        )

    return send


@pytest.fixture
def ask(send: Callable[..., Any], population: None) -> Ask:
    def ask(query: Question | Request, certificate: Issued | None = None, **changes: Any) -> Answer:
        request = query if isinstance(query, Request) else message(query, **changes)
        return read_answer(send(write_request(request), certificate).content)

    return ask


def refused(asking: Callable[[], Answer]) -> SoapFault:
    with pytest.raises(SoapFault) as caught:
        asking()
    return caught.value


def traced(action: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT actor_kind, actor_id, outcome, reasons FROM journal_trace WHERE action = %s",
            [action],
        )
        return cursor.fetchall()


@pytest.mark.parametrize("scripted", scripted_questions(), ids=lambda one: one.case)
def test_a_question_gets_its_documented_answer(ask: Ask, scripted: Scripted) -> None:
    if scripted.code in KNOWN:
        fault = refused(lambda: ask(scripted.query))
        assert isinstance(fault, InsiFault)
        assert (fault.error, fault.temporary) == (scripted.code, True)
        return
    assert ask(scripted.query) == answer(scripted.query, scripted_population())


@pytest.mark.parametrize("name", ["INSI-AUTO", "INSI-MANU"])
def test_a_structure_asks_with_a_certificate_for_insi(
    ask: Ask, trusting: Papers, name: str
) -> None:
    found = ask(ZOE, named(trusting, name))
    assert isinstance(found, Result)
    assert found.individual is not None
    assert traced("insi.searched") == [("establishment", world.SITE, "allowed", ["00"])]


def test_an_answer_has_no_header_and_a_fault_is_a_500(
    send: Callable[..., Any], population: None
) -> None:
    good = send(write_request(message(ZOE)))
    assert good.status_code == 200
    assert good.headers["Content-Type"].startswith("application/soap+xml")
    assert [child.tag.rpartition("}")[2] for child in etree.fromstring(good.content)] == ["Body"]
    bad = send(write_request(message(ZOE, idam="")))
    assert (bad.status_code, bad.headers["Content-Type"]) == (500, good.headers["Content-Type"])


@pytest.mark.parametrize(
    ("common_name", "struct_idnat"),
    [
        ("INSI-DEMI", world.SITE),
        ("insi-auto", world.SITE),
        ("GH de l'Exemple", world.SITE),
        ("INSI-AUTO", "1690000001"),
    ],
)
def test_a_certificate_that_is_not_for_insi_has_no_access(
    ask: Ask, trusting: Papers, common_name: str, struct_idnat: str
) -> None:
    certificate = named(trusting, common_name, struct_idnat)
    fault = refused(lambda: ask(ZOE, certificate, emitter=struct_idnat))
    assert isinstance(fault, InsiFault)
    assert fault.error == "desir_560"
    assert traced("insi.searched") == []
    assert traced("call.refused") == [("system", "soap", "refused", ["siram_100"])]


def test_a_software_without_authorisation_is_refused(ask: Ask, settings: Any) -> None:
    for known, idam in (((), ""), (("AA1B2C3D4E",), "ZZ00000000")):
        settings.CARNET_INSI_SOFTWARE = known
        fault = refused(lambda idam=idam: ask(ZOE, idam=idam))
        assert isinstance(fault, InsiFault)
        assert fault.error == "desir_550"
    assert isinstance(ask(ZOE), Result)


def test_nobody_asks_for_another(ask: Ask) -> None:
    assert "Emetteur" in refused(lambda: ask(ZOE, emitter="1690000001")).reason


def test_without_certificate_nothing_is_read(client: Client, population: None) -> None:
    response = client.post(URL, data=b"<x/>", content_type="application/soap+xml")
    assert response.status_code == 400
    assert b"DMPNoCertificate" in response.content


def test_a_revoked_certificate_is_refused(ask: Ask, trusting: Papers) -> None:
    assert refused(lambda: ask(ZOE, trusting.revoked)).subcode == "DMPInvalidCertificate"


def test_a_professional_asks_with_a_card_and_its_assertion(ask: Ask, trusting: Papers) -> None:
    register_reader()
    request = replace(message(ZOE, emitter=CARD), assertion=signed(trusting, said(trusting)))
    assert isinstance(ask(request, trusting.card_client), Result)
    assert traced("insi.searched") == [("professional", CARD, "allowed", ["00"])]


def register_reader() -> None:
    from carnet.national.directory import actions as directory
    from carnet.standards.ids import PsIdNat

    directory.register_professional(
        world.TESTS,
        PsIdNat(CARD),
        family_name="DURAND",
        given_name="Camille",
        title="Dr",
        profession=world.PHYSICIAN,
        specialty=world.GENERAL_PRACTICE,
        structures=[world.SITE],
        now=world.NOW,
    )


@pytest.mark.parametrize(
    ("changes", "subcode"),
    [
        ({"name_id": "899900063480"}, "wsse:InvalidSecurityToken"),
        ({"billing": "x"}, "wsse:InvalidSecurityToken"),
        ({"issued_at": datetime(2020, 1, 1, tzinfo=UTC)}, "wsse:MessageExpired"),
        ({"not_on_or_after": datetime(2020, 1, 1, tzinfo=UTC)}, "wsse:MessageExpired"),
        ({"not_before": datetime(2090, 1, 1, tzinfo=UTC)}, "wsse:MessageExpired"),
    ],
)
def test_a_wrong_assertion_is_refused(
    ask: Ask, trusting: Papers, changes: dict[str, Any], subcode: str
) -> None:
    register_reader()
    told = signed(trusting, said(trusting, **changes))
    request = replace(message(ZOE, emitter=CARD), assertion=told)
    assert refused(lambda: ask(request, trusting.card_client)).subcode == subcode


def test_a_forged_or_missing_assertion_is_refused(ask: Ask, trusting: Papers) -> None:
    register_reader()
    good = signed(trusting, said(trusting))
    unsigned = f'<saml:Assertion xmlns:saml="{SAML}" ID="_1" Version="2.0"/>'.encode()
    changed = good.replace(world.SITE[1:].encode(), b"690000001")
    assert changed != good
    for told in (None, unsigned, changed):
        request = replace(message(ZOE, emitter=CARD), assertion=told)
        assert refused(
            lambda request=request: ask(request, trusting.card_client)
        ).subcode.startswith("wsse:")
    by_structure = replace(message(ZOE), assertion=good)
    assert refused(lambda: ask(by_structure)).subcode == "wsse:InvalidSecurity"


def test_an_assertion_stolen_by_another_card_is_refused(ask: Ask, trusting: Papers) -> None:
    register_reader()
    thief = person_name("899900063480", surname="MAX", given_name="Libre", profession="Médecin")
    card = trusting.authority.issue(Kind.CPS_AUTH, thief, key_pem=trusting.client.key_pem)
    stolen = replace(
        message(ZOE, emitter="899900063480"), assertion=signed(trusting, said(trusting))
    )
    assert refused(lambda: ask(stolen, card)).subcode == "wsse:FailedAuthentication"
    assert traced("insi.searched") == []


def test_too_many_calls_are_put_off(
    ask: Ask, send: Callable[..., Any], settings: Any, trusting: Papers
) -> None:
    settings.CARNET_INSI_CALLS_PER_MINUTE = 2
    for _ in range(2):
        ask(ZOE)
    late = send(write_request(message(ZOE)))
    # The minute may have turned between two calls: the quota is then that of the next.
    while late.status_code == 200:
        late = send(write_request(message(ZOE)))
    assert (late.status_code, late.headers["Retry-After"]) == (500, "60")
    fault = refused(lambda: read_answer(late.content))
    assert isinstance(fault, InsiFault)
    assert (fault.error, fault.temporary) == ("carnet_quota", True)


def test_a_batch_is_deposited_polled_and_collected(ask: Ask) -> None:
    asked = [one for one in scripted_questions() if isinstance(one.query, VerifyQuery)]
    lines = tuple(
        BatchLine(f"IPP-{place}", one.query)
        for place, one in enumerate(asked)
        if isinstance(one.query, VerifyQuery)
    )
    deposit = message(DepositQuery(lines))
    receipt = ask(deposit)
    assert isinstance(receipt, BatchReceipt)
    assert ask(deposit) == receipt
    assert ask(CollectQuery(receipt.batch_id)) == BatchReport(done=False)
    while batches.verify_some(now=world.NOW, step=4):
        pass
    report = ask(CollectQuery(receipt.batch_id))
    assert isinstance(report, BatchReport)
    assert report.lines == tuple((f"IPP-{at}", one.code) for at, one in enumerate(asked))


def test_the_result_of_another_structure_is_unknown(ask: Ask, trusting: Papers) -> None:
    query = next(one.query for one in scripted_questions() if isinstance(one.query, VerifyQuery))
    receipt = ask(DepositQuery((BatchLine("1", query),)))
    assert isinstance(receipt, BatchReceipt)
    other = named(trusting, "INSI-AUTO", world.LEGAL_ENTITY)
    for batch_id in (receipt.batch_id, str(uuid4())):
        fault = refused(
            lambda id_=batch_id: ask(CollectQuery(id_), other, emitter=world.LEGAL_ENTITY)
        )
        assert isinstance(fault, InsiFault)
        assert fault.error == "carnet_demande"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<x/>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        b"<!DOCTYPE x [" + b"".join(b'<!ENTITY a%d "a">' % n for n in range(9)) + b"]><x/>",
        b"<a>" * 20_000,
        "<?xml version='1.0' encoding='UTF-16'?><x/>".encode("utf-16"),
    ],
)
def test_hostile_bytes_are_refused_and_nothing_is_traced_but_the_refusal(
    send: Callable[..., Any], population: None, data: bytes
) -> None:
    response = send(data, content_type="application/soap+xml")
    assert response.status_code == 400
    assert refused(lambda: read_answer(response.content)).code == "Sender"
    assert b"passwd" not in response.content
    assert traced("insi.searched") == []


def test_a_message_too_long_is_refused_before_it_is_read(
    client: Client, trusting: Papers, population: None
) -> None:
    response = client.post(
        URL,
        data=b" " * (BATCH_LIMIT + 1),
        content_type="application/soap+xml",
        headers=header(named(trusting, "INSI-AUTO")),
    )
    assert response.status_code == 400
    assert b"exceeds" in response.content


def test_a_header_that_must_be_understood_and_is_not_is_refused(
    send: Callable[..., Any], population: None
) -> None:
    text = write_request(message(ZOE)).decode()
    known = text.replace(' Nature="CTX', ' soap:mustUnderstand="1" Nature="CTX')
    assert send(known.encode()).status_code == 200
    strange = text.replace(
        "<ContexteLPS", '<z:Zip xmlns:z="urn:z" soap:mustUnderstand="1"/><ContexteLPS', 1
    )
    assert b"NotUnderstood" in send(strange.encode()).content


def test_no_log_and_no_trace_bears_a_matricule_or_a_name(
    ask: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    for scripted in scripted_questions():
        if scripted.code not in KNOWN:
            ask(scripted.query)
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM journal_trace t")
        told = cursor.fetchone()[0] + caplog.text
    for person in scripted_population():
        assert not any(number in told for number in person.numbers)


def test_an_exchange_of_a_sandbox_is_kept(ask: Ask, settings: Any) -> None:
    settings.CARNET_EXCHANGES_HOURS = 24
    assert isinstance(ask(ZOE), Result)
    assert world.rows("exchanges_exchange") == 1


@pytest.mark.parametrize("method", ["put", "delete", "get"])
def test_only_a_post_asks(client: Client, population: None, method: str) -> None:
    assert getattr(client, method)(URL).status_code == 405
