from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import queries as told
from carnet.national.journal.actors import Citizen
from tests.national.doors.space.lives import LOADER, PASSWORD, live, publish


@pytest.fixture
def child(jeanne, now):
    child = live("leo", family="DELACROIX", given="LEO", born="20180501", now=now)
    accounts.represent(
        LOADER,
        jeanne.patient_id,
        child.patient_id,
        since=now - timedelta(days=1),
        until=now + timedelta(days=1),
    )
    return child


def test_somebody_alone_has_no_space_to_choose(client):
    assert "Ouvrir un autre espace" not in client.get("/").content.decode()


def test_a_parent_opens_the_space_of_a_child_and_comes_back(client, jeanne, child, now):
    publish(child, now=now, title="Lettre de Léo")
    assert "Lettre de Léo" not in client.get("/documents/").content.decode()
    assert client.post("/espace/", {"patient": child.patient_id})["Location"] == "/"
    assert "Vous êtes dans l’espace de" in client.get("/").content.decode()
    assert "Lettre de Léo" in client.get("/documents/").content.decode()
    client.post("/espace/", {"patient": jeanne.patient_id})
    assert "Lettre de Léo" not in client.get("/documents/").content.decode()


@pytest.mark.parametrize("patient", ["019a0000-0000-7000-8000-000000000000", "x", ""])
def test_a_space_that_is_not_ones_own_does_not_exist(client, child, patient):
    assert client.post("/espace/", {"patient": patient}).status_code == 404


def test_a_stranger_cannot_be_chosen(client, stranger):
    assert client.post("/espace/", {"patient": stranger.patient_id}).status_code == 404


def test_the_space_closes_when_the_representation_ends(client, jeanne, child, now):
    publish(child, now=now, title="Lettre de Léo")
    client.post("/espace/", {"patient": child.patient_id})
    accounts.represent(
        LOADER,
        jeanne.patient_id,
        child.patient_id,
        since=now - timedelta(days=2),
        until=now - timedelta(days=1),
    )
    assert "Lettre de Léo" not in client.get("/documents/").content.decode()


def unread(life):
    actor = Citizen(uuid4(), life.patient_id, "")
    return told.unread_count(actor, life.patient_id)


def notified(life, now):
    accounts.notify(LOADER, life.patient_id, "message.new", at=now, params={}, key="one")


def test_a_form_of_another_space_changes_nothing_in_the_one_that_is_open(jeanne, child, now):
    browser = Client(enforce_csrf_checks=True)

    def send(address, form, **fields):
        return browser.post(address, {"csrfmiddlewaretoken": form, **fields})

    def form():
        return browser.get("/").context["csrf_token"]

    token = browser.get("/connexion/").context["csrf_token"]
    send("/connexion/", token, login="jeanne", password=PASSWORD)
    send("/espace/", form(), patient=child.patient_id)
    notified(jeanne, now)
    of_the_child = form()
    send("/espace/", form(), patient=jeanne.patient_id)
    answer = send("/nouveautes/lues/", of_the_child)
    assert answer.status_code == 403
    assert "Ce formulaire a expiré" in answer.content.decode()
    assert unread(jeanne) == 1
    assert send("/nouveautes/lues/", form()).status_code == 302
    assert unread(jeanne) == 0


def test_a_form_sent_after_the_representation_ended_changes_nothing(client, jeanne, child, now):
    client.post("/espace/", {"patient": child.patient_id})
    notified(jeanne, now)
    ended = {"since": now - timedelta(days=2), "until": now - timedelta(days=1)}
    accounts.represent(LOADER, jeanne.patient_id, child.patient_id, **ended)
    assert client.post("/nouveautes/lues/").status_code == 403
    assert unread(jeanne) == 1
    client.get("/")
    assert client.post("/nouveautes/lues/").status_code == 302
    assert unread(jeanne) == 0
