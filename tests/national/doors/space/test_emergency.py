"""« En urgence »: three choices, saved one by one, and kept by the doors of software."""

from dataclasses import replace

import pytest

from carnet.national.accounts.models import Notification
from carnet.national.record import tasks
from carnet.national.record.models import Record
from tests.national.doors.space.entering import text
from tests.national.doors.space.lives import DOCTOR, MASKED, publish
from tests.national.doors.space.test_carers import helping
from tests.national.doors.space.test_visibility import read, reads

AT_RISK = replace(DOCTOR, ps_idnat="899900063499", name="Camille DURAND", structure="")
REGULATOR = replace(AT_RISK, purpose="centre_15")
AT_RISK = replace(AT_RISK, purpose="bris_de_glace")


def choose(client, choice, answer):
    page = client.post("/acces/urgence/", {"choix": choice, "reponse": answer}, follow=True)
    return text(page)


@pytest.mark.parametrize(("choice", "reader"), [("samu", REGULATOR), ("professionnels", AT_RISK)])
def test_who_is_refused_reads_no_more_and_who_is_permitted_does(
    client, jeanne, now, choice, reader
):
    document = publish(jeanne, now=now)
    assert reads(jeanne, document, now=now, actor=reader)
    page = choose(client, choice, "non")
    assert "Enregistré" in page
    assert not reads(jeanne, document, now=now, actor=reader)
    choose(client, choice, "oui")
    assert reads(jeanne, document, now=now, actor=reader)


def test_masked_documents_stay_so_in_emergencies_until_it_is_permitted(client, jeanne, now):
    document = publish(jeanne, now=now, confidentiality=[MASKED])
    assert not reads(jeanne, document, now=now, actor=AT_RISK)
    choose(client, "masques", "oui")
    assert reads(jeanne, document, now=now, actor=AT_RISK)


def test_each_choice_is_saved_alone_and_told_as_a_sentence(client, jeanne):
    choose(client, "samu", "non")
    line = Record.objects.get(patient_id=jeanne.patient_id)
    assert (line.opposes_centre_15, line.opposes_bris_de_glace) == (True, False)
    assert "Vous avez refusé l’accès aux médecins du 15." in text(client.get("/acces/"))


@pytest.mark.parametrize("fields", [{}, {"choix": "samu"}, {"choix": "x", "reponse": "oui"}])
def test_an_answer_that_is_none_changes_nothing(client, jeanne, fields):
    assert client.post("/acces/urgence/", fields).status_code == 404


def test_the_page_asks_a_known_number_of_questions(client, jeanne, django_assert_num_queries):
    client.get("/acces/urgence/")
    with django_assert_num_queries(9):
        client.get("/acces/urgence/")


def test_the_holder_is_told_when_a_carer_chooses_for_them(client, jeanne, stranger):
    carer = helping(client, jeanne, stranger, "manage")
    choose(carer, "samu", "non")
    told = Notification.objects.get(kind="readers.changed")
    assert told.params["actor"] == "Lucie AUBERT"
    home = text(client.get("/"))
    assert 'href="/acces/lecteurs/">Lucie AUBERT a changé qui peut lire votre dossier.' in home
    assert "Lucie AUBERT a refusé pour vous l’accès aux médecins du 15." in text(
        client.get("/acces/")
    )


def test_a_carer_who_only_reads_is_not_shown_who_governs(client, jeanne, stranger):
    carer = helping(client, jeanne, stranger)
    for address in ("/acces/urgence/", "/acces/lecteurs/", "/acces/voir-comme/"):
        assert carer.get(address).status_code == 403
    assert "/acces/lecteurs/" not in text(carer.get("/"))
    assert "/acces/urgence/" not in text(carer.get("/acces/"))


def test_the_notice_of_an_emergency_leads_to_the_button_that_blocks(client, jeanne, now):
    read(jeanne, publish(jeanne, now=now), now=now, actor=AT_RISK)
    while tasks.drain(now=now):
        pass
    home = text(client.get("/"))
    assert "a consulté votre dossier en urgence" in home
    assert f'href="/acces/lecteurs/{AT_RISK.ps_idnat}/">Bloquer ce professionnel' in home
    page = text(client.get(f"/acces/lecteurs/{AT_RISK.ps_idnat}/"))
    assert 'value="bloquer">Bloquer ce professionnel' in page
