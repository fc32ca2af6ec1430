from datetime import timedelta
from uuid import uuid4

import pytest

from carnet.national.accounts import actions as accounts
from tests.national.doors.space.lives import LOADER, live, publish


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


@pytest.mark.parametrize("patient", [str(uuid4()), "x", ""])
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
