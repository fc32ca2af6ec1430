import pytest
from django.test import Client

from tests.national.doors.space.lives import PASSWORD

MEDICAL = ("/", "/documents/", "/messages/", "/acces/")


def enter(client, login="jeanne", password=PASSWORD, **fields):
    return client.post("/connexion/", {"login": login, "password": password, **fields})


@pytest.mark.parametrize("address", MEDICAL)
def test_nobody_reads_before_signing_in(db, address):
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/connexion/")


def test_signing_in_leads_to_the_page_that_was_asked(jeanne):
    client = Client()
    asked = client.get("/documents/?mots=sang")["Location"]
    page = client.get(asked)
    assert 'value="/documents/?mots=sang"' in page.content.decode()
    assert enter(client, next="/documents/?mots=sang")["Location"] == "/documents/?mots=sang"


@pytest.mark.parametrize("next_page", ["https://ailleurs.example/", "//ailleurs.example", "\\\\x"])
def test_signing_in_never_leads_out_of_the_site(jeanne, next_page):
    assert enter(Client(), next=next_page)["Location"] == "/"


def test_the_session_is_a_new_one_after_signing_in(jeanne):
    client = Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    before = session.session_key
    client.cookies["carnet_space_session"] = before
    enter(client)
    assert client.session.session_key != before


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(jeanne):
    known = enter(Client(), password="autre chose")
    unknown = enter(Client(), login="personne", password="autre chose")
    assert known.status_code == unknown.status_code == 403

    def words(answer):
        main = answer.content.decode().split("<main")[1].split("</main>")[0]
        return [line for line in main.splitlines() if "csrf" not in line and "value=" not in line]

    assert words(known) == words(unknown)
    assert "n’est pas le bon" in known.content.decode()


def test_the_password_is_never_written_back(jeanne):
    page = enter(Client(), password="secret que voici").content.decode()
    assert "secret que voici" not in page


def test_too_many_tries_are_told_to_wait(jeanne):
    answers = [enter(Client(), password=f"essai {number}") for number in range(12)]
    assert answers[-1].status_code == 429
    assert "attendez" in answers[-1].content.decode()
    assert enter(Client()).status_code == 429, "the right password waits too"


def test_an_empty_form_says_what_is_missing(db):
    page = enter(Client(), login="", password="")
    assert page.status_code == 400
    assert "Écrivez votre identifiant." in page.content.decode()
    assert 'aria-describedby="id_login_error"' in page.content.decode()


def test_a_form_from_elsewhere_is_refused_with_a_page(jeanne):
    client = Client(enforce_csrf_checks=True)
    answer = enter(client)
    assert answer.status_code == 403
    assert "Ce formulaire a expiré" in answer.content.decode()


def test_signing_out_is_a_form_and_ends_the_session(client):
    assert client.get("/deconnexion/").status_code == 405
    answer = client.post("/deconnexion/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert "Votre session est fermée." in client.get(answer["Location"]).content.decode()
    assert client.get("/documents/").status_code == 302


def test_an_account_that_was_closed_is_signed_out(client, jeanne, django_user_model):
    django_user_model.objects.filter(pk=jeanne.account_id).update(is_active=False)
    assert client.get("/documents/").status_code == 302
