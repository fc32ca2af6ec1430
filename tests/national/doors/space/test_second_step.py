import re

import pyotp
import pytest
from django.test import Client
from django.utils import timezone

from carnet.national.accounts.models import SpaceSession
from tests.national.doors.space.entering import code_mailed, enter, mailed, text
from tests.national.doors.space.lives import PASSWORD

DEVICE = "carnet_space_device"


@pytest.fixture(autouse=True)
def required(settings):
    settings.CARNET_SECOND_FACTOR = "required"


def entered(login="jeanne", **fields):
    client = Client()
    enter(client, login)
    answer = client.post("/connexion/code/", {"code": code_mailed(), **fields})
    assert answer.status_code == 302, text(answer)
    return client


def test_a_password_alone_opens_nothing(jeanne):
    client = Client()
    assert enter(client, "jeanne")["Location"] == "/connexion/code/"
    assert client.get("/documents/").status_code == 302
    assert "Nous venons de l’envoyer" in text(client.get("/connexion/code/"))


def test_the_code_opens_and_leads_where_one_was_going(jeanne):
    client = Client()
    enter(client, "jeanne", next="/documents/")
    answer = client.post("/connexion/code/", {"code": code_mailed()})
    assert answer["Location"] == "/documents/"
    assert client.get("/documents/").status_code == 200
    assert SpaceSession.objects.get().method == "password+email"


@pytest.mark.parametrize("next_page", ["https://ailleurs.example/", "//ailleurs.example"])
def test_the_code_never_leads_out_of_the_site(jeanne, next_page):
    client = Client()
    enter(client, "jeanne", next=next_page)
    assert client.post("/connexion/code/", {"code": code_mailed()})["Location"] == "/"


def test_the_session_has_a_new_key_at_each_step(jeanne):
    client = Client()
    keys = [client.session.session_key]
    enter(client, "jeanne")
    keys.append(client.session.session_key)
    client.post("/connexion/code/", {"code": code_mailed()})
    keys.append(client.session.session_key)
    assert len(set(keys)) == 3


def test_a_wrong_code_says_so_and_is_never_written_back(jeanne):
    client = Client()
    enter(client, "jeanne")
    answer = client.post("/connexion/code/", {"code": "99x999"})
    assert answer.status_code == 403
    assert "Ce code n’est pas le bon" in text(answer)
    assert client.get("/documents/").status_code == 302


def test_codes_are_not_guessed(jeanne):
    client = Client()
    enter(client, "jeanne")
    answers = [client.post("/connexion/code/", {"code": f"{n:06d}"}) for n in range(12)]
    assert answers[-1].status_code == 429
    assert client.post("/connexion/code/", {"code": code_mailed()}).status_code == 429


def test_the_page_of_the_code_is_for_those_who_have_given_a_password(db):
    for address in ("/connexion/code/", "/connexion/rouvrir/", "/activation/choix/"):
        answer = Client().post(address, {"code": "123456"})
        assert answer.status_code == 302
    assert Client().post("/connexion/code/encore/")["Location"] == "/connexion/"


def test_another_code_is_sent_on_demand(jeanne):
    client = Client()
    enter(client, "jeanne")
    first = code_mailed()
    client.post("/connexion/code/encore/")
    second = code_mailed()
    if first != second:
        assert client.post("/connexion/code/", {"code": first}).status_code == 403
    assert client.post("/connexion/code/", {"code": second}).status_code == 302


def test_a_trusted_browser_is_not_asked_again_and_its_cookie_is_well_kept(jeanne):
    client = entered(trust="on")
    cookie = client.cookies[DEVICE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert "Firefox" not in cookie.value
    client.post("/deconnexion/")
    assert enter(client, "jeanne")["Location"] == "/"


def test_over_https_every_cookie_is_secure_and_bound_to_the_host(jeanne, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = entered(trust="on")
    cookie = client.cookies[f"__Host-{DEVICE}"]
    assert cookie["secure"]
    assert cookie["path"] == "/"
    assert not cookie["domain"]


def test_the_cookie_of_another_is_not_enough(jeanne, stranger):
    client = entered(trust="on")
    client.post("/deconnexion/")
    assert enter(client, "lucie")["Location"] == "/connexion/code/"


def test_a_revoked_browser_is_asked_again_and_signed_out(jeanne):
    client, other = entered(trust="on"), entered()
    page = text(other.get("/compte/"))
    address = re.search(r'action="(/compte/appareils/[^"]+)"', page)[1]
    assert other.post(address)["Location"] == "/compte/?fait=device-revoked"
    assert client.get("/documents/")["Location"].startswith("/connexion/?fin=temps")
    assert enter(client, "jeanne")["Location"] == "/connexion/code/"
    assert other.post(address).status_code == 404


def test_an_application_is_enrolled_and_then_asked(jeanne):
    client = entered()
    page = text(client.get("/compte/application/"))
    assert 'src="data:image/svg+xml;base64,' in page
    secret = re.search(r'<code class="address">([A-Z2-7 ]+)</code>', page)[1].replace(" ", "")
    assert client.post("/compte/application/", {"code": "1"}).status_code == 403
    code = pyotp.TOTP(secret).at(timezone.now())
    assert client.post("/compte/application/", {"code": code}).status_code == 302
    mailed()
    again = Client()
    enter(again, "jeanne")
    assert "Ouvrez votre application" in text(again.get("/connexion/code/"))
    assert mailed() == []
    assert client.post("/compte/application/retirer/").status_code == 302
    assert client.post("/compte/application/retirer/").status_code == 404


def test_the_same_work_is_done_for_a_known_and_an_unknown_login(jeanne, django_assert_num_queries):
    enter(Client(), "jeanne", "faux")
    with django_assert_num_queries(4):
        enter(Client(), "jeanne", "faux")
    with django_assert_num_queries(4):
        enter(Client(), "personne", "faux")


def test_the_password_of_a_code_page_is_not_in_the_session(jeanne):
    client = Client()
    enter(client, "jeanne")
    assert PASSWORD not in str(dict(client.session))
