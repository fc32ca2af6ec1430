"""Who sees one document: masking, hiding from those who help, and what becomes of its traces."""

import re
from dataclasses import replace
from importlib import import_module
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from carnet.national.accounts import actions as accounts
from carnet.national.journal.models import Trace
from carnet.national.journal.sealing import seal
from carnet.national.record import actions as record
from carnet.national.record.actions.updating import LostRace
from carnet.national.record.models import Document
from carnet.national.record.rules import Authorisation
from carnet.standards.cda import reading
from carnet.standards.xds import from_cda
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.metadata import Code
from tests.national.doors.space.conftest import signed_in
from tests.national.doors.space.entering import text
from tests.national.doors.space.lives import (
    DOCTOR,
    ESTABLISHMENT,
    LOADER,
    letter,
    live,
    pdf,
    publish,
    submission,
)
from tests.national.doors.space.test_carers import helping

TITLE = "Lettre de sortie"


def read(life, document, *, now, actor=DOCTOR):
    """Open a document as software does (TD3.2)."""
    unique_id = Document.objects.get(id=document).unique_id
    reference = DocumentRef(settings.CARNET_REPOSITORY_OID, unique_id)
    return record.retrieve(actor, [reference], patient=life.ins, now=now)


def reads(life, document, *, now, actor=DOCTOR):
    try:
        return bool(read(life, document, now=now, actor=actor)[0])
    except XdsRefused:
        return False


@pytest.fixture
def stranger_doctor():
    """A physician who wrote none of it, of another structure, whom Jeanne lets in."""
    return replace(DOCTOR, ps_idnat="899900063499", name="Camille DURAND", structure="")


@pytest.fixture
def document(jeanne, stranger_doctor, now):
    for each in (DOCTOR, stranger_doctor):
        record.authorise(LOADER, jeanne.patient_id, each.ps_idnat, Authorisation.VALID, now=now)
    return publish(jeanne, now=now, title=TITLE)


def choose(client, document, choice):
    answer = client.post(f"/documents/{document}/visibilite/", {"choix": choice})
    if answer.status_code == 302:
        return text(client.get(answer["Location"]))
    return answer.status_code


def test_a_masked_document_is_closed_to_others_and_open_to_its_author(
    client, jeanne, document, stranger_doctor, now
):
    assert reads(jeanne, document, now=now, actor=stranger_doctor)
    page = choose(client, document, "masquer")
    assert "Ce document est masqué aux professionnels." in page
    assert "Ne plus masquer" in page
    assert not reads(jeanne, document, now=now, actor=stranger_doctor)
    assert reads(jeanne, document, now=now)
    choose(client, document, "demasquer")
    assert reads(jeanne, document, now=now, actor=stranger_doctor)


def test_the_page_says_who_sees_it_profession_by_profession(client, jeanne, document):
    page = text(client.get(f"/documents/{document}/")).split("Métier par métier")[1]
    said = dict(re.findall(r">([^<>]+) : (oui|non)</span>", page))
    assert [who for who, answer in said.items() if answer == "non"] == ["Le médecin du travail"]
    assert {"Mon médecin traitant", "Un infirmier", "Son auteur"} <= said.keys()
    page = choose(client, document, "masquer").split("Métier par métier")[1]
    assert "Le document est masqué aux professionnels." in page


def test_the_same_choice_twice_changes_and_writes_it_once(client, jeanne, document):
    choose(client, document, "masquer")
    choose(client, document, "masquer")
    assert Document.objects.filter(patient_id=jeanne.patient_id).count() == 2
    assert Trace.objects.filter(action="document.masked").count() == 1


@pytest.mark.parametrize("choice", ["", "rien", "supprimer"])
def test_a_button_that_does_not_exist_does_nothing(client, jeanne, document, choice):
    assert choose(client, document, choice) == 404
    assert Document.objects.filter(patient_id=jeanne.patient_id).count() == 1


def test_anothers_document_is_not_found(client, stranger, now):
    theirs = publish(stranger, now=now)
    assert choose(client, theirs, "masquer") == 404
    assert not Document.objects.get(id=theirs).masked


def test_a_document_not_yet_announced_is_not_found(client, jeanne, now):
    hidden = Code("INVISIBLE_PATIENT", "1.2.250.1.213.1.1.4.13", "Non visible par le patient")
    document = publish(jeanne, now=now, confidentiality=[hidden])
    assert choose(client, document, "cacher") == 404
    assert not Document.objects.get(id=document).invisible_representatives


def test_a_carer_who_reads_does_not_see_who_sees(client, jeanne, stranger, document):
    carer = helping(client, jeanne, stranger)
    assert "Qui peut voir ce document" not in text(carer.get(f"/documents/{document}/"))
    assert choose(carer, document, "masquer") == 403


def test_a_carer_who_manages_masks_and_never_hides(client, jeanne, stranger, document):
    carer = helping(client, jeanne, stranger, "manage")
    page = choose(carer, document, "masquer")
    assert "Ne plus masquer" in page
    assert "Leur cacher ce document" not in page
    assert choose(carer, document, "cacher") == 404
    assert not Document.objects.filter(invisible_representatives=True).exists()
    trace = Trace.objects.get(action="document.masked")
    assert (trace.actor_label, trace.purpose) == ("Lucie AUBERT", "mandate")


@pytest.fixture
def teenager(db, now):
    return live("lea", family="DELACROIX", given="LÉA", born="20090501", now=now)


@pytest.fixture
def parent(teenager, jeanne, now):
    """Jeanne's browser, in the space of the minor whom she represents."""
    accounts.represent(
        LOADER,
        jeanne.patient_id,
        teenager.patient_id,
        since=now,
        until=timezone.now().replace(year=2099),
    )
    browser = signed_in(jeanne)
    browser.post("/espace/", {"patient": str(teenager.patient_id)})
    return browser


def test_what_a_minor_hides_is_hidden_wherever_it_was_told(parent, teenager, now):
    """The document, the list, the history, its proof, the notice (CSP R.1111-50)."""
    document = publish(teenager, now=now, title=TITLE)
    accounts.notify(
        LOADER,
        teenager.patient_id,
        "document.new",
        at=now,
        params={"title": TITLE, "actor": "CH"},
        target_id=str(document),
    )
    addresses = ("/", "/documents/", "/acces/", "/acces/preuve")

    def told(browser):
        seal(now=timezone.now())
        return [TITLE in text(browser.get(each)) for each in addresses]

    minor = signed_in(teenager)
    assert told(parent) == [True] * 4
    page = choose(minor, document, "cacher")
    assert "Ce document est caché à vos représentants et à vos aidants." in page
    assert told(parent) == [False] * 4
    assert parent.get(f"/documents/{document}/").status_code == 404
    assert told(minor) == [True] * 4
    choose(minor, document, "montrer")
    assert parent.get(f"/documents/{document}/").status_code == 200
    assert told(parent) == [True] * 4


def test_a_parent_hides_nothing_from_themselves(parent, teenager, now):
    document = publish(teenager, now=now, title=TITLE)
    assert choose(parent, document, "cacher") == 404


def replace_by_another(life, old, *, now):
    """Send a corrected letter, as the hospital does; give its id."""
    data = letter(life, title=TITLE, days=0, now=now, body=pdf())
    entry = from_cda.entry_from_cda(reading.read(data), entry_id="Document01")
    lot = submission(data, now).submission_set
    lots = from_cda.submission(lot, [entry], replaces={"Document01": f"urn:uuid:{old}"})
    published = record.publish(
        ESTABLISHMENT, ProvideRequest(lots, {"Document01": data}), patient=life.ins, now=now
    )
    return UUID(next(iter(published.entry_uuids.values())).removeprefix("urn:uuid:"))


def test_what_was_replaced_is_masked_with_it(client, jeanne, stranger_doctor, now):
    old = publish(jeanne, now=now, title=TITLE)
    new = replace_by_another(jeanne, old, now=now)
    record.authorise(
        LOADER, jeanne.patient_id, stranger_doctor.ps_idnat, Authorisation.VALID, now=now
    )
    assert reads(jeanne, old, now=now, actor=stranger_doctor)
    choose(client, new, "masquer")
    assert not reads(jeanne, old, now=now, actor=stranger_doctor)
    assert not reads(jeanne, new, now=now, actor=stranger_doctor)


def test_an_address_with_another_id_is_no_document(client, jeanne):
    assert choose(client, UUID(int=1), "masquer") == 404


def test_a_document_that_never_stands_still_is_told_to_be_tried_again(
    client, jeanne, document, monkeypatch
):
    def lose(*_arguments, **_named):
        raise LostRace

    deed = import_module("carnet.national.record.actions.change_visibility")
    monkeypatch.setattr(deed, "write_version", lose)
    assert "Essayez encore." in choose(client, document, "masquer")
    assert Document.objects.filter(patient_id=jeanne.patient_id).count() == 1
