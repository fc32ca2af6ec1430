"""AuditEvent (ITI-81): the médecin traitant sees all traces of a year, others their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Answer, Call, as_reader, identifier
from tests.national.doors.fhir.test_patch import name_medecin_traitant

pytestmark = pytest.mark.django_db

BEGUN = f"ge{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"


def search(call: Call, ins: Ins, reader: dict[str, Any], **said: str) -> Answer:
    pairs = {"patient.identifier": identifier(ins), "date": BEGUN, **said}
    return call("GET", f"/AuditEvent?{urlencode(pairs)}", **reader)


@pytest.fixture
def document(call: Call, ins: Ins, reader: dict[str, Any]) -> dict[str, Any]:
    """A document that the hospital published and that a physician read."""
    call("POST", "", bundles.perfect(ins))
    path = f"/DocumentReference?patient.identifier={identifier(ins)}&status=current"
    (found,) = call("GET", path, **reader).found
    call("GET", found["content"][0]["attachment"]["url"], **reader)
    return found


def kinds(reply: Answer) -> set[str]:
    assert reply.status == 200, reply.json
    return {each["subtype"][0]["code"] for each in reply.found}


def test_others_than_the_medecin_traitant_see_their_own_traces(
    call: Call, ins: Ins, reader: dict[str, Any], document: dict[str, Any]
) -> None:
    mine = search(call, ins, reader)
    Bundle.model_validate(mine.json)
    assert kinds(mine) == {"ITI-18", "ITI-43"}
    theirs = search(call, ins, {})
    assert kinds(theirs) == {"ITI-41"}


def test_the_medecin_traitant_sees_all(
    call: Call, ins: Ins, reader: dict[str, Any], document: dict[str, Any], patient_id: UUID
) -> None:
    name_medecin_traitant(patient_id)
    every = search(call, ins, reader)
    assert {"ITI-18", "ITI-41", "ITI-43"} <= kinds(every)
    assert kinds(search(call, ins, reader, subtype="ITI-41")) == {"ITI-41"}
    assert kinds(search(call, ins, reader, type="110106")) == {"ITI-43"}
    by_agent = search(call, ins, reader, **{"agent.identifier": str(world.SITE)})
    assert "ITI-41" in kinds(by_agent)
    assert kinds(search(call, ins, reader, **{"agent-name": "max"})) == {"ITI-18", "ITI-43"}
    assert not search(call, ins, reader, outcome="8").found
    (read,) = search(call, ins, reader, subtype="ITI-43").found
    assert call("GET", f"/AuditEvent/{read['id']}", **reader).json == read
    assert document["id"] in str(read["entity"])


def test_traces_are_paged(
    call: Call, ins: Ins, reader: dict[str, Any], document: dict[str, Any]
) -> None:
    page = search(call, ins, reader, _count="1")
    seen = [each["id"] for each in page.found]
    while page.link("next"):
        page = call("GET", page.link("next"), **reader)
        seen += [each["id"] for each in page.found]
    assert len(seen) == len(set(seen)) == 2


def test_a_search_of_traces_has_a_bound_in_time(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    path = f"/AuditEvent?patient.identifier={identifier(ins)}"
    assert call("GET", path, **reader).refusal[:2] == (400, "required")


def test_the_traces_of_another_patient_are_nobody_s(
    call: Call, ins: Ins, reader: dict[str, Any], document: dict[str, Any], trusting: Papers
) -> None:
    (read,) = search(call, ins, reader, subtype="ITI-43").found
    other_id, other = world.make_patient()
    world.authorise(other_id)
    elsewhere = as_reader(trusting, other)
    assert call("GET", f"/AuditEvent/{read['id']}", **elsewhere).refusal[:2] == (404, "not-found")
    assert search(call, ins, elsewhere).refusal[:2] == (403, "forbidden")
