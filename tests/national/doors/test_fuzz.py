"""Every address of the national wing, asked anything by anybody: an answer, never a failure."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from carnet.national.accounts import actions as accounts
from tests.fuzz.mutations import NASTY
from tests.national import world
from tests.national.world import NOW, TESTS

pytestmark = pytest.mark.django_db

#: Parameters that pages read in an address or a form.
NAMES = (
    *("mots", "categorie", "annee", "type", "auteur", "etablissement", "specialite", "avant"),
    *("apres", "page", "suite", "next", "login", "password", "code", "patient", "VIHF", "motif"),
    *("jour", "mois", "token", "cle", "id", "wsdl", "xsd", "format", "state", "iss", "error"),
)
BODIES = (
    ("application/x-www-form-urlencoded", b"%00=%00&a=%ff&=" + b"&x" * 900),
    ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="VIHF"\r\n'),
    ("multipart/form-data", b"--\r\n"),
    ("application/json", b"[" * 5000),
    ("text/xml", b"<a/>"),
    ("", b"\xff\x00"),
)


def addresses() -> Iterator[tuple[str, URLPattern]]:
    def within(resolver: URLResolver, before: str) -> Iterator[tuple[str, URLPattern]]:
        for each in resolver.url_patterns:
            if isinstance(each, URLPattern):
                yield before + str(each.pattern), each
            else:
                yield from within(each, before + str(each.pattern))

    yield from within(get_resolver(), "/")


def made(route: str, chance: random.Random) -> str:
    """The route with something in each of its places."""
    return "/".join(_made(part, chance) for part in route.strip("^$").split("/"))


def _made(part: str, chance: random.Random) -> str:
    if "<uuid:" in part:
        return str(uuid4())
    if "<int:" in part:
        return chance.choice(("0", "1", "99999999999999999999"))
    if "<" in part or "(" in part:
        return quote(chance.choice(NASTY).replace(b"/", b"") or b"x")
    return part


@pytest.fixture
def citizen(client: Client) -> Client:
    patient_id, _ins = world.make_patient()
    accounts.create_account(
        TESTS,
        patient_id,
        login="qui",
        password="un mot de passe de test",
        email="q@x.invalid",
        now=NOW,
    )
    answer = client.post("/connexion/", {"login": "qui", "password": "un mot de passe de test"})
    assert answer.status_code == 302
    return client


ROUTES = sorted({route for route, _ in addresses()})


@pytest.mark.parametrize("part", range(8))
def test_no_address_fails_whatever_it_is_asked(citizen: Client, part: int) -> None:
    nobody = Client()
    for route in ROUTES[part::8]:
        if "deconnexion" in route:
            continue
        chance = random.Random(route)
        for browser in (nobody, citizen):
            for _ in range(4):
                path = made(route, chance)
                said = asked(chance)
                answers(browser.get(f"{path}?{said}"), path, said)
                kind, body = chance.choice(
                    (*BODIES, ("application/x-www-form-urlencoded", said.encode()))
                )
                answer = browser.generic(
                    "POST", path, body, content_type=kind, headers=strange(chance)
                )
                answers(answer, path, body)


def asked(chance: random.Random) -> str:
    pairs = [(chance.choice(NAMES), chance.choice(NASTY)) for _ in range(chance.randint(1, 4))]
    return urlencode(pairs)


def strange(chance: random.Random) -> dict[str, str]:
    names = ("Accept", "Accept-Language", "User-Agent", "X-Client-Cert", "Authorization", "Range")
    return {
        chance.choice(names): chance.choice(NASTY).decode("latin-1").translate(NO_LINE)
        for _ in range(2)
    }


NO_LINE = dict.fromkeys((*range(32), 127))


def answers(answer: Any, path: str, asked_of: object) -> None:
    for close in answer._resource_closers:  # not all of it: that would close the database too
        close()
    assert answer.status_code < 500 or b"Fault" in answer.content, (path, asked_of)
