"""Entering by FranceConnect, through a provider whose protocol is Authlib's."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils.html import escape
from joserfc import jwt

from carnet.national.accounts.models import Account, SpaceSession
from tests.national.clients.provider import CLIENT_ID, CLIENT_SECRET, serving
from tests.national.clients.test_openid import location
from tests.national.doors.space.entering import code_mailed, enter, text

BACK = "http://testserver/connexion/franceconnect/retour/"


@pytest.fixture
def provider(settings):
    with serving(BACK) as running:
        settings.CARNET_FRANCECONNECT_ISSUER = running.http
        settings.CARNET_FRANCECONNECT_CLIENT_ID = CLIENT_ID
        settings.CARNET_FRANCECONNECT_CLIENT_SECRET = CLIENT_SECRET
        yield running


def through(client=None, query=""):
    client = client or Client()
    left = client.get(f"/connexion/franceconnect/{query}")
    assert left.status_code == 302, text(left)
    return client, client.get(location(left["Location"]).removeprefix("http://testserver"))


def test_a_person_of_the_base_enters_and_is_linked(jeanne, provider):
    client, answer = through(query="?next=/documents/")
    assert answer["Location"] == "/documents/"
    assert client.get("/documents/").status_code == 200
    assert SpaceSession.objects.get().method == "franceconnect"
    provider.claims["family_name"] = "NOUVEAU-NOM"
    _client, again = through()
    assert again.status_code == 302, "once linked, the same sub is enough"


def test_hyphens_and_accents_are_no_difference(jeanne, provider):
    provider.claims |= {"family_name": "Delacroix", "given_name": "Jeanne"}
    assert through()[1].status_code == 302


@pytest.mark.parametrize(
    "other",
    [
        {"family_name": "DELACROIS"},
        {"given_name": "JEANNE MARIE"},
        {"gender": "male"},
        {"birthdate": "1944-03-03"},
        {"birthplace": "75112"},
        {"birthcountry": "99351"},
        {"birthplace": ""},
        {"family_name": "дела"},
    ],
)
def test_any_other_trait_is_refused_clearly(jeanne, provider, other):
    provider.claims |= other
    client, answer = through()
    assert answer.status_code == 403
    assert "ne correspond à aucune personne connue" in text(answer)
    assert client.get("/documents/").status_code == 302


def test_somebody_without_an_account_is_told_to_activate_it(jeanne, provider):
    Account.objects.all().delete()
    assert "Votre espace n’est pas encore activé." in text(through()[1])


def test_an_account_linked_to_another_identity_is_not_taken_over(jeanne, provider):
    through()
    provider.claims["sub"] = "another"
    answer = through()[1]
    assert answer.status_code == 403
    assert "une autre identité FranceConnect" in text(answer)


def test_a_weak_level_is_refused(jeanne, provider):
    provider.acr = "eidas1"
    answer = through()[1]
    assert answer.status_code == 403
    assert "Choisissez un compte plus sûr" in text(answer)


def test_a_weak_level_that_is_allowed_is_asked_a_code_too(jeanne, provider, settings):
    settings.CARNET_FRANCECONNECT_ACR = "eidas1"
    settings.CARNET_SECOND_FACTOR = "required"
    provider.acr = "eidas1"
    client, answer = through()
    assert answer["Location"] == "/connexion/code/"
    assert client.post("/connexion/code/", {"code": code_mailed()})["Location"] == "/"


def test_the_answer_of_another_browser_opens_nothing(jeanne, provider):
    victim, attacker = Client(), Client()
    stolen = location(attacker.get("/connexion/franceconnect/")["Location"])
    address = stolen.removeprefix("http://testserver")
    assert victim.get(address)["Location"] == "/connexion/"
    victim.get("/connexion/franceconnect/")
    assert victim.get(address).status_code == 403
    assert victim.get("/documents/").status_code == 302


def test_the_session_has_a_new_key_and_nothing_leads_out(jeanne, provider):
    client = Client()
    client.get("/connexion/franceconnect/")
    before = client.session.session_key
    _client, answer = through(client, "?next=https://ailleurs.example/")
    assert answer["Location"] == "/"
    assert client.session.session_key != before


def test_a_provider_that_is_down_is_said_so(jeanne, provider, settings):
    settings.CARNET_FRANCECONNECT_ISSUER = "http://127.0.0.1:9"
    answer = Client().get("/connexion/franceconnect/")
    assert answer.status_code == 503
    assert "Essayez encore dans un instant" in text(answer)


def test_without_a_provider_there_is_no_button_and_no_page(db):
    assert "FranceConnect" not in text(Client().get("/connexion/"))
    for address in ("", "retour/"):
        assert Client().get(f"/connexion/franceconnect/{address}").status_code == 404


def test_with_one_there_is_a_button(jeanne, provider):
    assert "Entrer avec FranceConnect" in text(Client().get("/connexion/"))
    assert enter(Client(), "jeanne").status_code == 302


def test_leaving_the_space_leaves_france_connect_too(jeanne, provider, settings):
    client, _answer = through()
    out = client.post("/deconnexion/")
    assert out.status_code == 200
    address = out["Refresh"].removeprefix("0; url=")
    assert address.startswith(f"{provider.http}/session/end?")
    asked = parse_qs(urlsplit(address).query)
    assert asked["post_logout_redirect_uri"] == [f"{settings.CARNET_SPACE_URL}/connexion/"]
    assert asked["state"]
    hint = asked["id_token_hint"][0]
    assert jwt.decode(hint, provider.key, ["ES256"]).claims["sub"] == provider.claims["sub"]
    assert escape(address) in text(out), "the page leads there without Refresh too"
    assert client.get("/documents/").status_code == 302
    assert client.post("/deconnexion/")["Location"] == "/connexion/?fin=1", "nothing is left"


def test_who_came_by_a_password_does_not_leave_for_france_connect(jeanne, provider):
    client = Client()
    enter(client, "jeanne")
    assert client.post("/deconnexion/")["Location"] == "/connexion/?fin=1"


def test_without_france_connect_one_leaves_all_the_same(jeanne, provider, settings):
    client, _answer = through()
    settings.CARNET_FRANCECONNECT_ISSUER = "http://127.0.0.1:9"
    assert client.post("/deconnexion/")["Location"] == "/connexion/?fin=1"
    assert client.get("/documents/").status_code == 302
