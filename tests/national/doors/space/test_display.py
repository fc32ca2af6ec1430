from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import translation

from carnet.national.doors.space.templatetags.space import (
    day_in_words,
    hour_in_words,
    querystring_of,
    size,
    typeset,
)
from tests.national.doors.space.lives import publish

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


def test_pages_are_in_french_whatever_the_browser_prefers(db):
    page = Client(headers={"accept-language": "en"}).get("/connexion/")
    assert '<html lang="fr"' in page.content.decode()
    assert "Entrer dans mon espace" in page.content.decode()
    assert page["Content-Language"] == "fr"


def test_the_language_is_changed_and_the_place_kept(client, jeanne, now):
    publish(jeanne, now=now)
    answer = client.post("/affichage/", {"language": "en", "next": "/documents/?mots=lettre"})
    assert answer["Location"] == "/documents/?mots=lettre"
    page = client.get(answer["Location"])
    assert '<html lang="en"' in page.content.decode()
    assert "My documents" in page.content.decode()
    assert page["Content-Language"] == "en"


@pytest.mark.parametrize("address", ["/", "/documents/", "/messages/", "/acces/", "/rien/"])
def test_every_page_has_its_english(client, jeanne, now, address):
    publish(jeanne, now=now)
    client.post("/affichage/", {"language": "en"})
    page = client.get(address).content.decode()
    for french in ("Revenir", "Accueil", "Déconnecter", "dossier", "Chercher", "aujourd’hui"):
        assert french not in page


def test_the_text_grows_on_demand(client):
    client.post("/affichage/", {"text": "large"})
    assert 'data-text="large"' in client.get("/").content.decode()
    client.post("/affichage/", {"text": "normal"})
    assert 'data-text="normal"' in client.get("/").content.decode()


@pytest.mark.parametrize("wrong", [{"language": "xx"}, {"text": "énorme"}, {}])
def test_a_choice_that_is_not_offered_changes_nothing(client, wrong):
    answer = client.post("/affichage/", wrong | {"next": "https://ailleurs.example/"})
    assert answer["Location"] == "/"
    assert "django_language" not in client.cookies
    assert "carnet_text" not in client.cookies


def test_a_forged_cookie_is_not_believed(client):
    client.cookies["django_language"] = '"><script>'
    client.cookies["carnet_text"] = "x"
    page = client.get("/").content.decode()
    assert '<html lang="fr" data-text="normal">' in page


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (datetime(2026, 3, 3, 12, tzinfo=UTC), "mardi 3 mars 2026", "Tuesday 3 March 2026"),
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "dimanche 1er mars 2026", "Sunday 1 March 2026"),
        (datetime(2026, 3, 9, 12, tzinfo=UTC), "hier", "yesterday"),
        (datetime(2026, 3, 9, 23, 30, tzinfo=UTC), "aujourd’hui", "today"),
    ],
)
def test_a_day_is_told_in_words(day, french, english):
    with translation.override("fr"):
        assert day_in_words(day, NOW) == french
    with translation.override("en"):
        assert day_in_words(day, NOW) == english


def test_an_hour_is_told_as_each_language_writes_it():
    at = datetime(2026, 3, 3, 8, 5, tzinfo=UTC)
    with translation.override("fr"):
        assert hour_in_words(at) == "9 h 05"
    with translation.override("en"):
        assert hour_in_words(at) == "9:05"


def test_french_signs_stay_with_their_word():
    assert typeset("« A » : B ?") == "«\u00a0A\u00a0»\u00a0: B\u00a0?"


def test_only_what_is_asked_goes_into_an_address():
    assert querystring_of(a="", b=None, c="é&") == "?c=%C3%A9%26"
    assert querystring_of(a="") == ""


@pytest.mark.parametrize(
    ("octets", "french", "english"),
    [
        (1, "1 octet", "1 byte"),
        (999, "999 octets", "999 bytes"),
        (1_000, "1,0 ko", "1.0 kB"),
        (38_594, "38,6 ko", "38.6 kB"),
        (2_560_000, "2,6 Mo", "2.6 MB"),
        (3_000_000_000, "3,0 Go", "3.0 GB"),
    ],
)
def test_a_size_is_told_in_the_units_of_the_reader(octets, french, english):
    with translation.override("fr"):
        assert size(octets) == french.replace(" ", "\N{NO-BREAK SPACE}")
    with translation.override("en"):
        assert size(octets) == english.replace(" ", "\N{NO-BREAK SPACE}")
