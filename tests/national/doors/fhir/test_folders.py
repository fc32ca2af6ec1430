"""Folders as List: sent in a Bundle, found with what they hold."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from fhir.resources.R4B.bundle import Bundle

from carnet.standards.fhir import list as lists
from carnet.standards.ids import Ins
from carnet.standards.xds.metadata import Code, Folder
from tests.national import world
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Call, identifier

pytestmark = pytest.mark.django_db


def with_folder(ins: Ins) -> dict[str, Any]:
    """A lot whose document is filed in a new folder."""
    bundle = bundles.perfect(ins)
    lot, document = bundle["entry"][0]["resource"], bundle["entry"][1]["fullUrl"]
    folder = Folder(
        "x",
        world.new_oid(),
        ins.cx,
        title='Suivi "cœur" & vaisseaux',
        codes=(Code("cardio", "1.2.250.1.999.9", "Cardiologie"),),
        last_update_time="20260302090000",
    )
    made = lists.write_folder(folder, id="x", last_updated=world.NOW, members=[document])
    del made["id"], made["meta"]
    made["identifier"] = made["identifier"][:1]
    name = bundles.urn()
    bundle["entry"].append(bundles.entry(made, name))
    lot["entry"].append({"item": {"reference": name}})
    return bundle


def test_a_folder_is_found_with_what_it_holds(call: Call, ins: Ins, reader: dict[str, Any]) -> None:
    published = call("POST", "", with_folder(ins))
    assert published.status == 200, published.json
    path = f"/DocumentReference?patient.identifier={identifier(ins)}&status=current"
    (document,) = call("GET", path, **reader).found
    for said, expected in (
        ({"code": "folder"}, 1),
        ({"code": "folder", "designationType": "cardio"}, 1),
        ({"code": "folder", "designationType": "x"}, 0),
        ({"code": "folder", "title": "suivi"}, 1),
        ({"code": "folder", "title:contains": "VAISSEAUX"}, 1),
        ({"code": "folder", "title:exact": 'Suivi "cœur" & vaisseaux'}, 1),
        ({"code": "folder", "title": "autre"}, 0),
        ({}, 2),
    ):
        pairs = {"patient.identifier": identifier(ins), "status": "current", **said}
        reply = call("GET", f"/List?{urlencode(pairs)}", **reader)
        assert len(reply.found) == expected, said
        Bundle.model_validate(reply.json)
    by_kind = {each["code"]["coding"][0]["code"]: each for each in reply.found}
    folder, lot = by_kind["folder"], by_kind["submissionset"]
    assert folder["title"] == 'Suivi "cœur" & vaisseaux'
    assert folder["entry"] == [{"item": {"reference": f"DocumentReference/{document['id']}"}}]
    assert {x["item"]["reference"] for x in lot["entry"]} == {
        f"DocumentReference/{document['id']}",
        f"List/{folder['id']}",
    }
    assert call("GET", f"/List/{folder['id']}", **reader).json == folder
    located = published.json["entry"][3]["response"]["location"]
    assert located == f"List/{folder['id']}"
