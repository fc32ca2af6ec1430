"""Whole messages: what one side writes the other reads, and hostile input is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.ins import Traits
from carnet.standards.ins.insi import (
    Context,
    Individual,
    InsiFault,
    Matricule,
    NationalIdentifier,
    Operation,
    Request,
    Result,
    ResultCode,
    Severity,
    Software,
    Tiq,
    TraitsQuery,
    VerifyQuery,
    known_fault,
    read_answer,
    read_request,
    write_answer,
    write_fault,
    write_request,
)
from carnet.standards.ins.insi.exchange import LIMIT
from carnet.standards.ins.insi.faults import KNOWN
from carnet.standards.soap.envelope import SAML, SOAP, WSA, FaultCode, SoapFault

INS = Ins("260058815400233", INS_NIR_TEST)
JEANNE = Traits.of(
    "D'ARC", "JEANNE", "F", "1960-05-30", given_names="JEANNE MARIE", birth_place="88154"
)
CONTEXT = Context(
    "7f0c2b5e-0000-4000-8000-000000000001",
    "7f0c2b5e-0000-4000-8000-000000000002",
    datetime(2026, 3, 5, 14, 30, 0, 120_000, UTC),
    "10B0152872",
    Software("AA1B2C3D4E", "1.0", "7f0c2b5e-0000-4000-8000-000000000003", "Carnet & co"),
)
REQUEST = Request("uuid:7f0c2b5e-0000-4000-8000-000000000004", CONTEXT, TraitsQuery.first(JEANNE))
FOUND = Result(
    ResultCode.FOUND,
    Individual(
        NationalIdentifier.of(INS),
        Tiq.of(JEANNE),
        (
            NationalIdentifier(Matricule("1600588154002", "83", "NIR"), INS_NIR_TEST),
            NationalIdentifier(
                Matricule("2600588154009"), "1.2.250.1.213.1.4.9", "2019-03-01", "2019-02-28"
            ),
        ),
    ),
)
ASKED = write_request(REQUEST).decode()
ANSWERED = write_answer(FOUND, Operation.SEARCH_BY_TRAITS).decode()

#: An answer and a fault shaped as published ones: no header, prefixes of their own.
PUBLISHED = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{SOAP}">'
    f'<S:Body xmlns:S="{SOAP}"><RESULTAT xmlns:ns3="http://www.cnamts.fr/INSiRecVit" '
    'xmlns="http://www.cnamts.fr/INSiResultat"><CR><CodeCR>00</CodeCR><LibelleCR>OK</LibelleCR>'
    "</CR><INDIVIDU><INSACTIF><IdIndividu><NumIdentifiant>1090763220888</NumIdentifiant>"
    "<Cle>35</Cle></IdIndividu><OID>1.2.250.1.213.1.4.9</OID><!-- OID NIA --></INSACTIF>"
    "<INSHISTO><DateDeb>2019-03-01</DateDeb><DateFin>2019-02-28</DateFin><IdIndividu>"
    "<NumIdentifiant>2090763220834</NumIdentifiant><Cle>39</Cle></IdIndividu>"
    "<OID>1.2.250.1.213.1.4.8</OID></INSHISTO><TIQ><NomNaissance>PROVISOIRE</NomNaissance>"
    "<Prenom>MATRICULE</Prenom><Sexe>M</Sexe><DateNaissance>2009-07-01</DateNaissance>"
    "<LieuNaissance>63220</LieuNaissance></TIQ></INDIVIDU></RESULTAT></S:Body></soap:Envelope>"
)
REFUSED = (
    f'<soap:Envelope xmlns:soap="{SOAP}"><env:Body xmlns:S="{SOAP}" xmlns:env="{SOAP}">'
    '<S:Fault xmlns:ns4="http://schemas.xmlsoap.org/soap/envelope/"><S:Code><S:Value>S:Receiver'
    "</S:Value><S:Subcode><S:Value>S:siram_40</S:Value></S:Subcode></S:Code><S:Reason>"
    '<S:Text xml:lang="en">Le service est temporairement inaccessible.</S:Text></S:Reason>'
    '<S:Detail><siram:Erreur severite="fatal" code="insi_102" xmlns:siram="urn:siram">L appel'
    "</siram:Erreur></S:Detail></S:Fault></env:Body></soap:Envelope>"
)


Reader = Callable[[bytes], object]


def sender_fault(data: str) -> SoapFault:
    with pytest.raises(SoapFault) as caught:
        read_request(data.encode())
    return caught.value


def receiver_fault(data: str | bytes) -> SoapFault:
    with pytest.raises(SoapFault) as caught:
        read_answer(data if isinstance(data, bytes) else data.encode())
    return caught.value


def outcome(reader: Reader, data: str) -> str:
    """`read`, or the code of the fault."""
    try:
        reader(data.encode())
    except SoapFault as fault:
        return fault.code
    return "read"


@pytest.mark.parametrize(
    "query",
    [REQUEST.query, VerifyQuery(NationalIdentifier.of(INS), Tiq.of(JEANNE))],
)
def test_a_question_reads_back_as_it_was_written(query: TraitsQuery | VerifyQuery) -> None:
    request = replace(REQUEST, query=query)
    assert read_request(write_request(request)) == request


def test_a_question_carries_the_assertion_of_the_professional() -> None:
    assertion = f'<saml:Assertion xmlns:saml="{SAML}" ID="_1"/>'.encode()
    read = read_request(write_request(replace(REQUEST, assertion=assertion)))
    assert read.assertion is not None
    assert etree.fromstring(read.assertion).get("ID") == "_1"


def test_a_question_has_the_headers_of_the_service_and_asks_nothing_more() -> None:
    header = etree.fromstring(ASKED.encode())[0]
    assert [child.tag for child in header] == [
        "{urn:siram:lps:ctxlps}ContexteLPS",
        "{urn:siram:bam:ctxbam}ContexteBAM",
        f"{{{WSA}}}Action",
        f"{{{WSA}}}MessageID",
    ]
    assert header[0].get("Version") == "01_00"
    assert header[1].get("Version") == "01_02"
    assert "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite<" in ASKED
    assert "2026-03-05T14:30:00.120Z" in ASKED


def test_the_time_of_a_question_is_the_same_in_any_zone() -> None:
    paris = CONTEXT.at.astimezone(timezone(timedelta(hours=1)))
    there = replace(REQUEST, context=replace(CONTEXT, at=paris))
    assert write_request(there).decode() == ASKED


def test_a_time_without_zone_is_utc() -> None:
    assert read_request(ASKED.replace(".120Z", ".120").encode()).context.at == CONTEXT.at


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("rechercherInsAvecTraitsIdentite", "rechercherInsAvecCarteVitale", "action"),
        ("ContexteLPS", "Contexte", "ContexteLPS"),
        ("ContexteBAM", "Contexte", "ContexteBAM"),
        ("urn:siram:bam:ctxbam", "urn:siram:bam", "ContexteBAM"),
        ("<LPS>", "<LPS/><LPS>", "LPS is repeated"),
        ("2026-03-05T14:30:00.120Z", "hier", "Temps"),
        ("<soap:Body>", "<soap:Body><x/>", "one element"),
        ("NomNaissance", "Nom", "BIRTH_NAME"),
        ("wsa:MessageID", "wsa:Id", "MessageID is missing"),
    ],
)
def test_a_broken_question_gets_a_sender_fault(old: str, new: str, reason: str) -> None:
    assert old in ASKED, "the test breaks nothing"
    fault = sender_fault(ASKED.replace(old, new))
    assert fault.code == "Sender"
    assert reason in fault.reason


def test_a_question_too_long_is_refused() -> None:
    assert "exceeds" in sender_fault(ASKED.replace("uuid:", "u" * LIMIT)).reason


def test_a_question_with_a_document_type_is_refused() -> None:
    hostile = ASKED.replace(
        "<soap:Envelope", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><soap:Envelope', 1
    )
    assert sender_fault(hostile).code == "Sender"


@pytest.mark.parametrize("code", [ResultCode.NONE, ResultCode.SEVERAL])
@pytest.mark.parametrize(
    "operation", [Operation.SEARCH_BY_CARD, Operation.SEARCH_BY_TRAITS, Operation.VERIFY]
)
def test_an_answer_without_identity_reads_back(code: ResultCode, operation: Operation) -> None:
    assert read_answer(write_answer(Result(code), operation)) == Result(code)


def test_an_answer_reads_back_as_it_was_written() -> None:
    assert read_answer(ANSWERED.encode()) == FOUND


def test_a_verification_is_answered_by_its_code_alone() -> None:
    answer = write_answer(Result(ResultCode.FOUND), Operation.VERIFY)
    assert b"INSiLot2/REPUnitaire" in answer
    assert read_answer(answer) == Result(ResultCode.FOUND)


def test_an_answer_has_no_header() -> None:
    assert [child.tag for child in etree.fromstring(ANSWERED.encode())] == [f"{{{SOAP}}}Body"]


def test_an_answer_shaped_as_the_published_ones_is_read() -> None:
    person = read_answer(PUBLISHED.encode()).individual
    assert person is not None
    assert person.active.ins == Ins("109076322088835", person.active.ins.oid)
    assert person.traits.first_given_name == "MATRICULE"
    assert (person.history[0].start, person.history[0].end) == ("2019-03-01", "2019-02-28")


@pytest.mark.parametrize(
    ("code", "words"),
    [("00", "OK"), ("01", "Aucune identite trouvee"), ("02", "Plusieurs identites trouvees")],
)
def test_the_words_of_a_code_are_those_of_the_service(code: str, words: str) -> None:
    assert Result(ResultCode(code)).told == words


def test_other_words_of_the_service_are_kept() -> None:
    answer = read_answer(ANSWERED.replace("<LibelleCR>OK", "<LibelleCR>Trouvé").encode())
    assert answer.told == "Trouvé"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<CodeCR>00", "<CodeCR>07", "return code"),
        ("<CodeCR>00", "<CodeCR>01", "only the code 00"),
        ("INDIVIDU", "PERSONNE", "not told"),
        ("INSACTIF", "INS", "INSACTIF is missing"),
        ("<TIQ>", "<TIQ/><TIQ>", "TIQ is repeated"),
        ("2600588154002", "260058815400", "13 characters"),
        ("<RESULTAT ", "<RESULT ", ""),
        ("INSiResultat", "INSiAutre", "RESULTAT"),
        (SOAP, "http://schemas.xmlsoap.org/soap/envelope/", "SOAP 1.2"),
        ("<soap:Body>", "<soap:Body/><soap:Body>", "SOAP 1.2"),
        ("<soap:Body>", "<soap:Body><x/>", "one element"),
    ],
)
def test_a_broken_answer_gets_a_receiver_fault(old: str, new: str, reason: str) -> None:
    assert old in ANSWERED, "the test breaks nothing"
    fault = receiver_fault(ANSWERED.replace(old, new))
    assert fault.code == "Receiver"
    assert reason in fault.reason
    assert "260058815400" not in fault.reason


@pytest.mark.parametrize("error", sorted(KNOWN))
def test_a_fault_reads_back_with_its_code_and_its_severity(error: str) -> None:
    sent = known_fault(error, message_id=REQUEST.message_id)
    fault = receiver_fault(write_fault(sent))
    assert isinstance(fault, InsiFault)
    assert vars(fault) == vars(sent) | {"reason": fault.reason}
    assert fault.reason.split() == sent.reason.split()
    assert fault.temporary == (error in {"insi_102", "carnet_quota"})


def test_a_fault_shaped_as_the_published_one_is_read() -> None:
    fault = receiver_fault(REFUSED)
    assert isinstance(fault, InsiFault)
    assert (fault.error, fault.severity, fault.subcode) == (
        "insi_102",
        Severity.FATALE,
        "siram_40",
    )
    assert fault.temporary


def test_a_severity_that_is_not_known_is_not_invented() -> None:
    fault = receiver_fault(REFUSED.replace('"fatal"', '"grave"'))
    assert isinstance(fault, InsiFault)
    assert fault.severity is None


def test_a_fault_without_an_error_of_insi_stays_a_soap_fault() -> None:
    fault = receiver_fault(REFUSED.replace("siram:Erreur", "siram:Autre"))
    assert not isinstance(fault, InsiFault)
    assert fault.subcode == "siram_40"


@pytest.mark.parametrize(
    "text",
    ["", "<html><body>502 Bad Gateway</body></html>", "not xml", "<!DOCTYPE a><a/>"],
)
def test_what_is_no_answer_gets_a_receiver_fault(text: str) -> None:
    assert receiver_fault(text).code == "Receiver"


@given(
    st.sampled_from([(ASKED, read_request), (ANSWERED, read_answer), (REFUSED, read_answer)]),
    st.floats(0, 1),
    st.integers(0, 12),
    st.text("<>/&\"'AZ09:= é\x00", max_size=6),
)
def test_a_mutated_message_is_read_or_refused(
    good: tuple[str, Reader], where: float, cut: int, put: str
) -> None:
    text, reader = good
    at = int(where * len(text))
    assert outcome(reader, text[:at] + put + text[at + cut :]) in {"read", *get_args(FaultCode)}


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(SoapFault):
        read_answer(data)
    with pytest.raises(SoapFault):
        read_request(data)
