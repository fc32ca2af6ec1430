"""Nobody is told by a page of somebody they may not read."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from carnet.national.exchanges.models import Exchange
from carnet.standards.xds import iti18
from carnet.standards.xds.metadata import Status
from tests.national.leaks.askers import signed_in
from tests.national.leaks.cast import OIDS, UUIDS, Land, readers
from tests.national.leaks.crowd import Audience

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("leaks")]

_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<\w+>[^/]*\)(?=/)")


def addresses() -> Iterator[str]:
    """Every address of the national wing, its places as `{}`."""

    def within(resolver: URLResolver, before: str) -> Iterator[str]:
        for each in resolver.url_patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLPattern):
                yield _PLACE.sub("{}", route).replace("^", "").replace("$", "")
            else:
                yield from within(each, route)

    yield from within(get_resolver(), "/")


@pytest.mark.parametrize("address", sorted(set(addresses())))
def test_no_address_tells_of_another(land: Land, address: str) -> None:
    chance = random.Random(address)
    for asker in readers(land):
        for whom in (land.crowd[1], land.crowd[77]):
            every = land.judge.register.of(whom)
            names = chance.sample(every, min(len(every), 6)) if "{}" in address else [""]
            for name in names:
                path = address.replace("{}", name, 1).replace("{}", "0")
                for method in ("get", "post"):
                    if "deconnexion" in path or "quitter" in path:
                        continue
                    answer = getattr(asker.browser, method)(path, {"patient": str(whom.patient_id)})
                    land.judge.look(asker, f"{method} {address}", (path, whom.patient_id), answer)
                    assert_protected(path, answer)


def assert_protected(path: str, answer: HttpResponse) -> None:
    """Whatever is answered: not sniffed, not framed, kept by nobody on its way."""
    of_software = path.startswith(("/si-dmp-server/", "/ihe/")) or path == "/lps"
    if of_software or answer.status_code in (301, 302):
        return
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff", path
    if headers.get("Content-Type", "").startswith("text/html"):
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
    if answer.status_code == 200:
        assert re.search("no-store|no-cache", headers.get("Cache-Control", "")), path


def test_every_document_of_another_is_no_page_of_mine(land: Land) -> None:
    for asker in readers(land):
        for whom in (land.crowd[1], land.crowd[77]):
            for name in land.judge.register.of(whom, like=f"{UUIDS}|{OIDS}")[:60:5]:
                for path in (
                    f"/documents/{name}/",
                    f"/documents/{name}/original",
                    f"/documents/{name}/fichier",
                    f"/messages/{name}/",
                    f"/messages/piece/{name}/0",
                    f"/consultation/{name}/",
                    f"/consultation/{name}/original/",
                ):
                    answer = asker.browser.get(path)
                    land.judge.look(asker, path, path, answer)
                    assert answer.status_code in (302, 403, 404), path


@pytest.mark.parametrize(
    "field",
    [
        "mots",
        "categorie",
        "annee",
        "type",
        "auteur",
        "etablissement",
        "specialite",
        "avant",
        "apres",
    ],
)
def test_no_search_in_the_space_finds_what_is_anothers(land: Land, field: str) -> None:
    for asker in readers(land):
        for whom in (land.crowd[1], land.crowd[77]):
            owner = signed_in(whom)
            theirs = [whom.word(), *stolen(owner)]
            for value in theirs:
                for beside in ({}, {"mots": "suivi"}):
                    said = {**beside, field: value}
                    answer = asker.browser.get("/documents/", said)
                    land.judge.look(asker, f"/documents/?{field}", said, answer)


def stolen(owner: Client) -> list[str]:
    """The addresses of facets and pages that a page of somebody holds."""
    page = owner.get("/documents/", {"mots": "suivi"}).content.decode()
    return re.findall(r"(?:apres|avant|auteur|type|etablissement)=([^&\"]{1,80})", page)


def test_the_pages_of_somebody_hold_their_own_things(land: Land) -> None:
    """The test finds what is there to be found."""
    _nobody, citizen, *_others = readers(land)
    before = land.judge.own
    for path in ("/", "/documents/", "/documents/?mots=suivi", "/messages/", "/acces/"):
        land.judge.look(citizen, path, "", citizen.browser.get(path))
    page = citizen.browser.get("/acces/preuve")
    land.judge.look(citizen, "receipt", "", page)
    assert land.judge.own - before > 20
    hidden = Audience.NOT_THE_PATIENT
    assert land.crowd[0].word(hidden) not in page.content.decode()


def test_the_exchange_log_is_closed_without_its_link(land: Land, settings: Any) -> None:
    settings.CARNET_EXCHANGES_HOURS = 1
    software = land.softwares["a physician"]
    query = iti18.FindDocuments(software.about.ins.cx, (Status.APPROVED,))
    answer = software.soap("registry", iti18.ACTION, iti18.write(query))
    answer.remember()  # as when the server has sent it
    kept = Exchange.objects.latest("at")
    for asker in readers(land):
        for path in ("", f"{kept.id}/", f"{kept.id}/answer/", f"{kept.id}/request/"):
            page = asker.browser.get(f"/echanges/{path}")
            land.judge.look(asker, "exchanges", path, page)
            assert page.status_code == 403
