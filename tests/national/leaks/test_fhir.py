"""Nobody is told by FHIR of somebody they may not read."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse

from carnet.standards.fhir.parameters import PARAMETERS, Kind, Parameter
from tests.national.leaks.askers import Software
from tests.national.leaks.cast import NAMES, OIDS, UUIDS, Land, others
from tests.national.leaks.crowd import Person

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("leaks")]


def searched(parameter: Parameter, whom: Person, ids: list[str]) -> list[str]:
    """What this parameter may be asked about somebody."""
    token = f"urn:oid:{whom.ins.oid}|{whom.ins.matricule}"
    if parameter.field == "patient":
        return [token, f"Patient?identifier={token}", f"Patient/{whom.patient_id}"]
    if parameter.field in ("id", "relates_to"):
        return [
            f"DocumentReference/{each}" if "relates" in parameter.name else each for each in ids
        ]
    if parameter.field == "identifier":
        return [f"urn:ietf:rfc:3986|urn:uuid:{each}" for each in ids]
    if parameter.kind is Kind.DATE:
        return ["ge2020-01-01"]
    return [whom.word(), f"|{whom.word()}"]


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [(resource, each) for resource, held in PARAMETERS.items() for each in held],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_no_search_tells_of_another(land: Land, resource: str, parameter: Parameter) -> None:
    every = land.softwares
    for software in (every[name] for name in NAMES[:3] + NAMES[6:7]):
        about = f"urn:oid:{software.about.ins.oid}|{software.about.ins.matricule}"
        for whom in (software.about, *others(land, software)):
            ids = land.judge.register.of(whom, like=UUIDS)[:4]
            names = land.judge.register.of(whom, like=OIDS)[:1]
            for value in [*searched(parameter, whom, ids), *names]:
                pairs = [("date", "ge2020-01-01"), (parameter.name, value)]
                for said in ([("patient.identifier", about), *pairs], pairs):
                    path = f"/{resource}?{urlencode(said)}"
                    answer = software.fhir("GET", path)
                    land.judge.look(software, path, (said, about), answer)
                    assert_counts_nothing(software, whom, parameter, answer)


def assert_counts_nothing(
    software: Software, whom: Person, parameter: Parameter, answer: HttpResponse
) -> None:
    """The words of another are in nothing that is found, nor counted."""
    if whom is software.about or answer.status_code != 200 or parameter.kind is not Kind.STRING:
        return
    found = json.loads(answer.content)
    assert found.get("total", 0) == 0
    assert not [each for each in found.get("entry", ()) if each["search"]["mode"] == "match"]


def test_a_link_to_the_next_page_gives_nothing_to_another_session(land: Land) -> None:
    every = land.softwares
    owner = every["a physician"]
    about = f"urn:oid:{owner.about.ins.oid}|{owner.about.ins.matricule}"
    links = []
    for resource in ("DocumentReference", "List", "AuditEvent"):
        said = {"patient.identifier": about, "date": "ge2020-01-01", "_count": "1"}
        answer = owner.fhir("GET", f"/{resource}?{urlencode(said)}")
        land.judge.look(owner, resource, said, answer)
        bundle = json.loads(answer.content)
        links += [each["url"] for each in bundle["link"] if each["relation"] == "next"]
    assert links
    for thief in every.values():
        if thief is owner:
            continue
        theirs = f"urn:oid:{thief.about.ins.oid}|{thief.about.ins.matricule}"
        for link in links:
            for url in (
                link,
                link.replace(urlencode({"": about})[1:], urlencode({"": theirs})[1:]),
            ):
                land.judge.look(thief, "next page", (url, about, theirs), thief.fhir("GET", url))


@pytest.mark.parametrize("resource", ["DocumentReference", "List", "AuditEvent", "Binary"])
def test_nothing_of_another_is_read_by_its_id(
    land: Land, software: Software, resource: str
) -> None:
    for whom in others(land, software):
        for each in land.judge.register.of(whom)[::6]:
            answer = software.fhir("GET", f"/{resource}/{each}")
            land.judge.look(software, f"{resource}/id", each, answer)
            assert answer.status_code >= 400
    for each in land.judge.register.of(software.about)[::6]:
        answer = software.fhir("GET", f"/{resource}/{each}")
        land.judge.look(software, f"{resource}/id", each, answer)
