"""Web-PS (TD0.9, TD0.10): a signed context opens one record, once, to one professional."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client

from carnet.national.record import actions as record
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Document
from carnet.national.record.rules import Authorisation
from carnet.standards.cda.header import Coded
from carnet.standards.ids import Ins
from carnet.standards.vihf import Mode, Vihf
from carnet.standards.vihf.assertion import Purpose
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.space.lives import pdf

pytestmark = pytest.mark.django_db

READER = world.PHYSICIAN_READER.ps_idnat


def air(patient: Ins | None, **changes: Any) -> Vihf:
    """TD0.10: the hospital says who its physician is."""
    facts = {
        "patient": patient,
        "mode": Mode.INDIRECTE_RENFORCEE,
        "name_id": READER,
        "authn_decl": "CONF_EXI_PGSSIS",
    }
    return certificates.vihf(**{**facts, **changes})


def card(ins: Ins | None, **changes: Any) -> Vihf:
    """TD0.9: the card of the physician signs."""
    return certificates.vihf(ins, **{"mode": Mode.DIRECTE, "name_id": READER, **changes})


@pytest.fixture
def person(trusting: Papers) -> tuple[UUID, Ins]:
    world.make_hospital()
    return world.make_patient()


Enter = Callable[..., HttpResponse]


@pytest.fixture
def enter(client: Client, trusting: Papers) -> Enter:
    """Post a context as the software has a browser do."""

    def enter(vihf: Vihf | bytes, place: str = "Documents/") -> HttpResponse:
        signed = vihf if isinstance(vihf, bytes) else certificates.signed(trusting, vihf)
        data = {"VIHF": base64.b64encode(signed).decode()}
        response: HttpResponse = client.post(f"/AccesDirect/{place}", data)
        return response

    return enter


def published(ins: Ins, *codes: str) -> str:
    letter = world.letter(ins, pdf=pdf())
    request = world.request(ins, letter, confidentiality=world.visibility(*codes))
    record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    return request.submission.documents[0].unique_id


@pytest.mark.parametrize("vihf", [air, card])
def test_a_context_opens_the_documents_of_the_record(
    vihf: Callable[..., Vihf], enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    oid = published(ins)
    assert enter(vihf(ins)).headers["Location"] == "/consultation/"
    page = client.get("/consultation/").content.decode()
    assert f"/consultation/{oid}/" in page
    assert "MAX Libre" in page
    assert "PAT-TROIS DOMINIQUE" in page
    assert "né(e) le 28/03/1979" in page
    shown = client.get(f"/consultation/{oid}/")
    assert shown.status_code == 200
    assert b"data:image/png" in shown.content
    original = client.get(f"/consultation/{oid}/original/")
    assert b"ClinicalDocument" in original.content
    assert original.headers["Content-Disposition"].startswith("attachment")


def test_what_is_opened_is_written_in_the_journal(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """EX_AIR-070."""
    patient_id, ins = person
    world.authorise(patient_id)
    oid = published(ins)
    enter(air(ins))
    client.get("/consultation/")
    client.get(f"/consultation/{oid}/")
    for action in ("record.entered", "documents.searched", "document.read"):
        assert world.rows(
            f"journal_trace WHERE patient_id = '{patient_id}' AND action = '{action}'"
            f" AND actor_id = '{READER}'"
        )


def test_the_list_opens_no_document(enter: Enter, client: Client, person: tuple[UUID, Ins]) -> None:
    """EX_3.2-1010."""
    patient_id, ins = person
    world.authorise(patient_id)
    published(ins)
    enter(air(ins))
    assert client.get("/consultation/").status_code == 200
    assert world.rows("journal_trace WHERE action = 'document.read'") == 0


def test_a_document_of_the_patient_looks_different(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """EX_3.1-1040."""
    patient_id, ins = person
    world.authorise(patient_id)
    published(ins)
    enter(air(ins))
    badge = "déposé par le patient"
    assert badge not in client.get("/consultation/").content.decode()
    letter = world.letter(ins, code=Coded("DOCPAT01", "1.2.250.1.213.1.1.4.12", "Document patient"))
    record.publish(world.HOSPITAL_SYSTEM, world.request(ins, letter), patient=ins, now=world.NOW)
    assert badge in client.get("/consultation/").content.decode()


def test_the_list_is_narrowed_to_what_is_asked(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """EX_3.1-1030: nothing but what is current unless it is asked for."""
    patient_id, ins = person
    world.authorise(patient_id)
    old, hidden = published(ins), published(ins, "INVISIBLE_PATIENT")
    replaced = Document.objects.get(unique_id=old).id
    replacing = world.request(ins, replaces={"Document00": f"urn:uuid:{replaced}"})
    record.publish(world.HOSPITAL_SYSTEM, replacing, patient=ins, now=world.NOW)
    new = replacing.submission.documents[0].unique_id
    enter(air(ins))
    for asked, expected in (
        ("", {new, hidden}),
        ("?voir=obsoletes", {old}),
        ("?voir=archives", set()),
        ("?voir=non-visibles-patient", {hidden}),
        ("?voir=rien", {new, hidden}),
    ):
        page = client.get(f"/consultation/{asked}").content.decode()
        assert {each for each in (old, new, hidden) if each in page} == expected, asked
    assert (
        "ancienne version obsolète" in client.get("/consultation/?voir=obsoletes").content.decode()
    )


def test_the_documents_that_came_together_are_shown_together(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """REC_3.2-1080."""
    patient_id, ins = person
    world.authorise(patient_id)
    both = world.request(ins, world.letter(ins, pdf=pdf()), world.letter(ins, pdf=pdf()))
    record.publish(world.HOSPITAL_SYSTEM, both, patient=ins, now=world.NOW)
    one, other = (each.unique_id for each in both.submission.documents)
    alone = published(ins)
    enter(air(ins))
    assert f"/consultation/{one}/envoi/" in client.get(f"/consultation/{one}/").content.decode()
    page = client.get(f"/consultation/{one}/envoi/").content.decode()
    assert f"/consultation/{other}/" in page
    assert alone not in page
    page = client.get(f"/consultation/{alone}/envoi/").content.decode()
    assert "Ce document est venu seul." in page
    assert client.get("/consultation/1.2.3/envoi/").status_code == 404


def test_a_context_opens_once(enter: Enter, client: Client, person: tuple[UUID, Ins]) -> None:
    vihf = air(person[1])
    assert enter(vihf).status_code == 302
    client.session.flush()
    assert enter(vihf).status_code == 403
    assert client.get("/consultation/").status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"issued_at": datetime.now(UTC) - timedelta(minutes=30)},
        {"mode": Mode.INDIRECTE},
        {"structure": "1690000001"},
        {"patient": None},
    ],
    ids=["too old", "nobody proved", "structure not covered", "no patient"],
)
def test_a_context_that_is_wrong_opens_nothing(
    changes: dict[str, Any], enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    assert enter(air(**{"patient": person[1], **changes})).status_code == 403
    assert client.get("/consultation/").status_code == 403


def test_a_forged_context_opens_nothing(
    enter: Enter, trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    signed = certificates.signed(trusting, air(person[1]))
    assert enter(signed.replace(READER.encode(), b"899900000001")).status_code == 403
    assert enter(b"").status_code == 403
    assert enter(b"<a/>").status_code == 403


def test_a_field_that_is_not_base64_is_refused(client: Client, person: tuple[UUID, Ins]) -> None:
    assert client.post("/AccesDirect/Documents/", {"VIHF": "é"}).status_code == 403
    assert client.post("/AccesDirect/Documents/").status_code == 403


def test_the_address_and_the_context_name_one_patient(
    enter: Enter, person: tuple[UUID, Ins]
) -> None:
    ins = person[1]
    assert enter(air(ins), f"DossierPatient/{world.new_ins().matricule}").status_code == 403
    assert enter(air(ins), f"DossierPatient/{ins.matricule}").status_code == 302


def test_a_page_that_is_not_made_here_is_not_found(enter: Enter, person: tuple[UUID, Ins]) -> None:
    assert enter(air(person[1]), "CarnetVaccination/").status_code == 404


def test_the_contextual_address_takes_a_post_alone(client: Client) -> None:
    assert client.get("/AccesDirect/Documents/").status_code == 405


def test_a_blocked_professional_does_not_enter(enter: Enter, person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    record.authorise(world.TESTS, patient_id, READER, Authorisation.BLOCKED, now=world.NOW)
    assert enter(air(ins)).status_code == 403


def test_without_authorisation_nothing_is_listed_until_the_patient_agrees(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """EX_0.3-1010."""
    ins = person[1]
    oid = published(ins)
    enter(air(ins))
    page = client.get("/consultation/")
    assert page.status_code == 403
    assert oid not in page.content.decode()
    assert "/consultation/autoriser/" in page.content.decode()
    assert client.get(f"/consultation/{oid}/").status_code in {403, 404}
    assert client.post("/consultation/autoriser/").status_code == 302
    assert oid in client.get("/consultation/").content.decode()


def test_a_masked_document_is_neither_listed_nor_read(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    world.authorise(patient_id)
    oid = published(ins, "MASQUE_PS")
    # Not of the establishment that sent it, which still reads it (CSP R.1111-49).
    enter(air(ins, structure=world.LEGAL_ENTITY))
    assert oid not in client.get("/consultation/").content.decode()
    assert client.get(f"/consultation/{oid}/").status_code == 404
    assert client.get(f"/consultation/{oid}/original/").status_code == 404


def test_a_document_of_another_patient_is_not_found(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    patient_id, ins = person
    other_id, other = world.make_patient()
    for each in (patient_id, other_id):
        world.authorise(each)
    oid = published(other)
    enter(air(ins))
    assert client.get(f"/consultation/{oid}/").status_code == 404


def test_what_the_patient_does_not_see_yet_is_said_with_a_warning(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """EX_3.1-1080, EX_3.2-1025."""
    patient_id, ins = person
    world.authorise(patient_id)
    oid = published(ins, "INVISIBLE_PATIENT")
    enter(air(ins))
    assert "non visible par le patient" in client.get("/consultation/").content.decode()
    assert "Non visible par le patient." in client.get(f"/consultation/{oid}/").content.decode()


def test_bris_de_glace_is_shown_during_the_whole_access(
    enter: Enter, client: Client, person: tuple[UUID, Ins]
) -> None:
    """EX_0.2-1050, EX_0.3-1050, R-028."""
    ins = person[1]
    oid = published(ins)
    enter(air(ins, purpose=Purpose.BRIS_DE_GLACE))
    for place in ("", f"{oid}/"):
        assert "bris de glace" in client.get(f"/consultation/{place}").content.decode()


def test_leaving_ends_the_visit(enter: Enter, client: Client, person: tuple[UUID, Ins]) -> None:
    enter(air(person[1]))
    assert client.post("/consultation/quitter/").status_code == 200
    assert client.get("/consultation/").status_code == 403


def test_a_visit_ends_by_itself(enter: Enter, client: Client, person: tuple[UUID, Ins]) -> None:
    enter(air(person[1]))
    session = client.session
    held = session["consultation"]
    session["consultation"] = {**held, "until": datetime.now(UTC).isoformat()}
    session.save()
    assert client.get("/consultation/").status_code == 403


def test_a_visit_opens_no_space(enter: Enter, client: Client, person: tuple[UUID, Ins]) -> None:
    enter(air(person[1]))
    assert client.get("/documents/").status_code in {302, 404}


def test_without_a_context_there_is_nothing(client: Client) -> None:
    for place in ("", "1.2.3/", "1.2.3/original/"):
        assert client.get(f"/consultation/{place}").status_code == 403
    assert client.post("/consultation/autoriser/").status_code == 403


def test_a_form_about_one_patient_changes_nothing_for_the_next(
    trusting: Papers, person: tuple[UUID, Ins]
) -> None:
    _patient_id, first = person
    second_id, second = world.make_patient()
    browser = Client(enforce_csrf_checks=True)

    def token_of(ins: Ins) -> str:
        signed = base64.b64encode(certificates.signed(trusting, air(ins))).decode()
        browser.post("/AccesDirect/Documents/", {"VIHF": signed})
        return str(browser.get("/consultation/").context["csrf_token"])

    of_the_first = token_of(first)
    of_the_second = token_of(second)
    answer = browser.post("/consultation/autoriser/", {"csrfmiddlewaretoken": of_the_first})
    assert answer.status_code == 403
    assert not authorised(second_id)
    browser.post("/consultation/autoriser/", {"csrfmiddlewaretoken": of_the_second})
    assert authorised(second_id)


def authorised(patient_id: UUID) -> bool:
    return Line.objects.filter(patient_id=patient_id, ps_idnat=READER).exists()
