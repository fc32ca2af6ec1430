import re
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from carnet.national.accounts.models import Account, SpaceSession
from carnet.national.doors.space import entering as door
from tests.national.accounts.authenticator import Authenticator
from tests.national.doors.space.conftest import signed_in
from tests.national.doors.space.entering import (
    code_mailed,
    enter,
    mailed,
    proved_long_ago,
    text,
)
from tests.national.doors.space.lives import PASSWORD

NEW = "cinq autres mots bien longs"
#: Everything in « Mon compte » that changes how one signs in or whom one trusts.
GRAVE = [
    "/compte/adresse/",
    "/compte/adresse/code/",
    "/compte/application/",
    "/compte/application/retirer/",
    "/compte/cles/",
    "/compte/cles/demande/",
    "/compte/fermer/",
    "/compte/aidants/inviter/",
]


@pytest.mark.parametrize("address", GRAVE)
def test_a_grave_change_asks_for_the_password_again(client, jeanne, address):
    proved_long_ago()
    answer = client.post(address)
    assert answer["Location"].startswith("/compte/preuve/?next=")
    assert client.post("/compte/preuve/", {"password": "faux"}).status_code == 403
    proof = {"password": PASSWORD, "next": "/compte/aidants/inviter/"}
    assert client.post("/compte/preuve/", proof)["Location"] == "/compte/aidants/inviter/"
    assert client.get("/compte/aidants/inviter/").status_code == 200


@pytest.mark.parametrize("next_page", ["https://ailleurs.example/", "//ailleurs.example"])
def test_proving_oneself_never_leads_out_of_the_site(client, next_page):
    answer = client.post("/compte/preuve/", {"password": PASSWORD, "next": next_page})
    assert answer["Location"] == "/"


def test_the_password_is_changed_and_the_others_are_signed_out(client, jeanne):
    other = signed_in(jeanne)
    answer = client.post("/compte/mot-de-passe/", {"current": PASSWORD, "new": NEW})
    assert answer["Location"] == "/compte/?fait=password-changed"
    assert "Le mot de passe est changé" in text(client.get(answer["Location"]))
    assert other.get("/documents/").status_code == 302
    assert enter(Client(), "jeanne", NEW).status_code == 302


def test_a_weak_password_is_refused_beside_its_field(client):
    answer = client.post("/compte/mot-de-passe/", {"current": PASSWORD, "new": "court"})
    assert answer.status_code == 400
    assert "court" in text(answer)
    assert 'id="id_new_error"' in text(answer)


def test_the_address_is_changed_with_a_code_sent_there(client):
    client.post("/compte/adresse/", {"email": "neuve@courriel.invalid"})
    code = code_mailed()
    assert client.post("/compte/adresse/code/", {"code": "000"}).status_code == 403
    client.post("/compte/adresse/code/", {"code": code})
    assert "neuve@courriel.invalid" in text(client.get("/compte/"))
    assert mailed()[0].to == ["jeanne@courriel.invalid"]


def test_sessions_are_listed_and_ended_from_elsewhere(client, jeanne):
    other = signed_in(jeanne)
    page = text(client.get("/compte/"))
    (address,) = re.findall(r'action="(/compte/connexions/[^"]{36}/fermer/)"', page)
    assert client.post(address).status_code == 302
    assert other.get("/documents/").status_code == 302
    assert client.get("/documents/").status_code == 200


def test_everywhere_else_is_signed_out_at_once(client, jeanne):
    others = [signed_in(jeanne) for _ in range(2)]
    client.post("/compte/connexions/fermer/")
    assert [other.get("/").status_code for other in others] == [302, 302]
    assert client.get("/").status_code == 200


def test_an_idle_session_is_said_to_have_ended_by_itself(client):
    SpaceSession.objects.update(seen_at=timezone.now() - timedelta(minutes=31))
    answer = client.get("/documents/")
    assert answer["Location"].startswith("/connexion/?fin=temps")
    assert "Votre session s’est fermée d’elle-même." in text(client.get(answer["Location"]))


def test_anothers_sessions_and_keys_do_not_exist(client, jeanne, stranger):
    signed_in(stranger)
    theirs = SpaceSession.objects.get(account_id=stranger.account_id).id
    assert client.post(f"/compte/connexions/{theirs}/fermer/").status_code == 404
    assert client.post(f"/compte/appareils/{theirs}/retirer/").status_code == 404
    assert client.post(f"/compte/cles/{theirs}/retirer/").status_code == 404


def test_a_space_is_closed_and_opened_again(client, jeanne):
    assert "rien n’est détruit" in text(client.get("/compte/fermer/"))
    assert client.post("/compte/fermer/")["Location"] == "/connexion/?fin=ferme"
    assert client.get("/documents/").status_code == 302
    assert enter(client, "jeanne")["Location"] == "/connexion/rouvrir/"
    assert client.get("/documents/").status_code == 302, "asking does not open it"
    assert client.post("/connexion/rouvrir/")["Location"] == "/"
    assert client.get("/documents/").status_code == 200


def test_a_space_opened_again_in_one_browser_is_not_in_the_other(client, jeanne):
    client.post("/compte/fermer/")
    one, other = Client(), Client()
    for browser in (one, other):
        assert enter(browser, "jeanne")["Location"] == "/connexion/rouvrir/"
    assert one.post("/connexion/rouvrir/")["Location"] == "/"
    assert other.post("/connexion/rouvrir/")["Location"] == "/connexion/"


def test_an_account_shut_by_somebody_else_is_not_opened_again(jeanne):
    Account.objects.update(is_active=False)
    assert enter(Client(), "jeanne").status_code == 403


def test_a_passkey_is_added_and_opens_the_space(client, jeanne):
    device = Authenticator("testserver", "http://testserver", user_handle=jeanne.account_id.bytes)
    client.post("/compte/cles/demande/")
    challenge = bytes.fromhex(client.session["new_passkey_challenge"])
    credential = {"credential": device.register(challenge), "name": "mon téléphone"}
    assert client.post("/compte/cles/", credential)["Location"] == "/compte/?fait=passkey-added"
    assert client.post("/compte/cles/", credential).status_code == 400, "a challenge is taken once"
    assert "mon téléphone" in text(client.get("/compte/"))

    stranger = Client()
    stranger.post("/connexion/cle/demande/")
    challenge = bytes.fromhex(stranger.session["passkey_challenge"])
    device.count += 1
    answer = {"credential": device.answer(challenge), "next": "/documents/"}
    before = stranger.session.session_key
    assert stranger.post("/connexion/cle/", answer)["Location"] == "/documents/"
    assert stranger.session.session_key != before
    assert stranger.get("/documents/").status_code == 200
    assert Client().post("/connexion/cle/", answer).status_code == 400


def test_a_challenge_for_entering_adds_no_passkey(client, jeanne):
    device = Authenticator("testserver", "http://testserver")
    client.post("/connexion/cle/demande/")
    challenge = bytes.fromhex(client.session["passkey_challenge"])
    credential = {"credential": device.register(challenge), "name": "x"}
    assert client.post("/compte/cles/", credential).status_code == 400


def test_only_the_pages_with_passkeys_run_a_script_and_only_ours(client):
    for address, policy in (("/compte/", "'self'"), ("/", "'none'")):
        said = client.get(address).headers["Content-Security-Policy"]
        assert f"script-src {policy};" in said
    assert "script-src 'self'" in Client().get("/connexion/")["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    ["/compte/mot-de-passe/", "/compte/connexions/fermer/", "/compte/fermer/", "/connexion/cle/",
     "/activation/", "/recuperation/", "/opposition/", "/connexion/code/encore/"],
)  # fmt: skip
def test_a_form_from_elsewhere_is_refused(jeanne, address):
    client = Client(enforce_csrf_checks=True)
    assert client.post(address).status_code == 403


@pytest.mark.parametrize(
    ("direct", "said", "source"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.9", "192.0.2.1"),
        ("127.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        ("", "2001:db8::1:2:3:4", "2001:db8::/64"),
        ("", "nonsense", "unknown"),
    ],
)
def test_the_source_is_what_our_front_says_and_nobody_elses_word(direct, said, source):
    request = RequestFactory().get("/", REMOTE_ADDR=direct, HTTP_X_FORWARDED_FOR=said)
    assert door.source(request) == source


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "Firefox, Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8", "Navigateur inconnu"),
    ],
)
def test_a_browser_is_called_as_its_owner_calls_it(agent, name):
    assert door.browser(RequestFactory().get("/", HTTP_USER_AGENT=agent)) == name


@pytest.mark.parametrize("address", ["/compte/", "/compte/aidants/", "/compte/enfants/",
                                     "/compte/fermer/", "/compte/application/"])  # fmt: skip
def test_every_page_of_the_account_has_its_english(client, address):
    client.post("/affichage/", {"language": "en"})
    page = client.get(address).content.decode()
    for french in ("Mon compte", "Aidants", "connexion ", "Ajouter", "Fermer", "Retirer"):
        assert f">{french}" not in page
