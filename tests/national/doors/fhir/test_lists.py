"""ITI-66: lots and folders, by every parameter of the profile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle

from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir.conftest import Call
from tests.national.doors.fhir.searching import publish, search, search_lists

pytestmark = pytest.mark.django_db


LISTS_FIND: dict[str, tuple[list[str], list[str]]] = {
    "code": (["submissionset", "folder,submissionset"], ["folder", "x"]),
    "status": (["current"], ["retired", "x"]),
    "date": (["2026-03-02", "ge2026", "2026-03-02T09:00:00Z"], ["2026-03-03", "lt2026"]),
    "title": (["Sor", "sortie"], ["ortie"]),
    "title:contains": (["ORTI"], ["x"]),
    "designationType": (["03", "urn:oid:1.2.250.1.213.2.2|03"], ["07"]),
    "sourceId": (
        ["urn:ietf:rfc:3986|urn:oid:1.2.250.1.999.5", "urn:oid:1.2.250.1.999.5", "1.2.250.1.999.5"],
        ["1.2"],
    ),
    "source.family": (["dpi"], ["x"]),
    "source.given": (["exem"], ["x"]),
    "source:identifier": (["3750803447/88"], ["x"]),
    "authorOrg:identifier": ([str(world.SITE)], ["1750100125"]),
    "isArchived": (["false"], ["true"]),
    "_lastUpdated": (["2026-03-02"], ["lt2026"]),
}


@pytest.mark.parametrize("parameter", LISTS_FIND)
def test_a_parameter_of_lists_finds_what_it_says(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID, parameter: str
) -> None:
    for expected, values in zip((1, 0), LISTS_FIND[parameter], strict=True):
        for value in values:
            reply = search_lists(call, ins, reader, **{parameter: value})
            assert reply.status == 200, reply.json
            assert len(reply.found) == expected, (parameter, value)


def test_a_lot_tells_what_it_holds(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    (lot,) = search_lists(call, ins, reader, code="submissionset", status="current").found
    Bundle.model_validate(search_lists(call, ins, reader).json)
    assert [each["item"]["reference"] for each in lot["entry"]] == [f"DocumentReference/{document}"]
    assert call("GET", f"/List/{lot['id']}", **reader).json == lot
    by_uri = search_lists(call, ins, reader, identifier=lot["identifier"][0]["value"]).found
    assert [each["id"] for each in by_uri] == [lot["id"]]


def test_a_lot_whose_documents_are_hidden_is_hidden(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    publish(ins, confidentiality=world.visibility("MASQUE_PS"))
    assert not search_lists(call, ins, reader).found
    assert not search(call, ins, reader).found


def test_lists_are_paged(call: Call, ins: Ins, reader: dict[str, Any]) -> None:
    for day in range(5):
        publish(ins, at=world.NOW + timedelta(days=day))
    page = search_lists(call, ins, reader, _count="2", _sort="-_lastUpdated")
    seen = [each["id"] for each in page.found]
    while page.link("next"):
        page = call("GET", page.link("next"), **reader)
        seen += [each["id"] for each in page.found]
    assert len(seen) == len(set(seen)) == 5
