"""ITI-67: every parameter of the profile finds what it says, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from carnet.standards.fhir.parameters import DOCUMENTS, LISTS
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir.conftest import Call, identifier
from tests.national.doors.fhir.searching import publish, search

pytestmark = pytest.mark.django_db

LOINC = "http://loinc.org"


#: For each parameter, what finds the letter and what does not.
FINDS: dict[str, tuple[list[str], list[str]]] = {
    "status": (["current", "superseded,current"], ["superseded", "entered-in-error", "draft"]),
    "type": (
        ["11490-0", f"{LOINC}|11490-0", f"{LOINC}|", f"{LOINC}|1-8,11490-0"],
        ["1-8", f"{LOINC}|1-8", "|11490-0", "urn:oid:1.2.3|11490-0"],
    ),
    "type:not": (["1-8"], ["11490-0"]),
    "category": (["10", "urn:oid:1.2.250.1.213.1.1.4.1|10"], ["11"]),
    "format": (
        [
            "urn:ihe:iti:xds-sd:pdf:2008",
            "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode|urn:ihe:iti:xds-sd:pdf:2008",
        ],
        ["urn:ihe:lab:xd-lab:2008"],
    ),
    "facility": (["SA01"], ["SA02"]),
    "setting": (["ETABLISSEMENT"], ["AMBULATOIRE"]),
    "event": (["IMP", "urn:oid:2.16.840.1.113883.5.4|IMP"], ["AMB"]),
    "event:not": (["AMB"], ["IMP"]),
    "security-label": (
        ["N", "http://terminology.hl7.org/CodeSystem/v3-Confidentiality|N"],
        ["R"],
    ),
    "contenttype": (["text/xml"], ["application/pdf"]),
    "date": (["2024-03-08", "ge2024", "lt2025", "2024-03-08T15:30:05Z"], ["2024-03-07", "gt2024"]),
    "creation": (
        ["2024-03-08T16:30:05+01:00", "2024-03", "le2024-03-08", "ap2024-03-08"],
        ["2024-03-08T15:30:06Z", "ne2024", "sa2024-03-08", "eb2024-03-08"],
    ),
    # From 4 March 07:00 to 8 March 15:00.
    "period": (
        ["2024-03", "ge2024-03-07", "lt2024-03-05", "le2024-03-05", "ap2024-03-06", "sa2024-03-03"],
        ["2024-03-04", "ge2024-03-08", "lt2024-03-04", "sa2024-03-05", "eb2024-03-08"],
    ),
    "period-start": (["2024-03-04", "ge2024-03-04"], ["2024-03-08"]),
    "period-end": (["2024-03-08", "le2024-03-08"], ["2024-03-04"]),
    "author.family": (["max", "MA", "m,x"], ["ax", "libre"]),
    "author.family:exact": (["MAX"], ["max", "MA"]),
    "author.family:contains": (["ax"], ["z"]),
    "author.given": (["libre", "Lib", "LÎB"], ["max", "%"]),
    "author:identifier": (
        ["899900063480", "urn:oid:1.2.250.1.71.4.2.1|899900063480"],
        ["899900063499"],
    ),
    "author.identifier": (["https://rpps.esante.gouv.fr|99900063480"], ["1"]),
    "related:identifier": (
        ["DEMANDE-1", "urn:oid:1.2.3.4.567.8.9.12|DEMANDE-1"],
        ["DEMANDE-2", "urn:oid:1.2|DEMANDE-1"],
    ),
    "related.identifier": (["DEMANDE-1"], ["x"]),
    "isArchived": (["false", "true,false"], ["true"]),
    "_lastUpdated": (["2026-03-02", "ge2026-03-02T09:00:00Z"], ["lt2026-03-02", "gt2026"]),
}


@pytest.mark.parametrize("parameter", FINDS)
def test_a_parameter_finds_what_it_says_and_nothing_else(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID, parameter: str
) -> None:
    given = {} if parameter == "status" else {"status": "current"}
    for expected, values in zip((1, 0), FINDS[parameter], strict=True):
        for value in values:
            pairs = {"patient.identifier": identifier(ins), **given, parameter: value}
            reply = call("GET", f"/DocumentReference?{urlencode(pairs)}", **reader)
            assert reply.status == 200, reply.json
            assert len(reply.found) == expected, (parameter, value)
            assert reply.json["total"] == expected


def test_a_document_is_found_by_each_of_its_identifiers(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    (found,) = search(call, ins, reader).found
    unique_id = found["masterIdentifier"]["value"]
    uri = "urn:ietf:rfc:3986"
    for value in (
        unique_id,
        f"{uri}|{unique_id}",
        unique_id.removeprefix("urn:oid:"),
        f"{uri}|urn:uuid:{document}",
        f"urn:uuid:{document}",
    ):
        reply = call("GET", f"/DocumentReference?identifier={quote(value)}", **reader)
        assert [each["id"] for each in reply.found] == [str(document)], value
    for value in ("urn:oid:1.2.3", f"{unique_id.removeprefix('urn:oid:')}|x", "x"):
        assert not call("GET", f"/DocumentReference?identifier={quote(value)}", **reader).found


def test_a_document_is_found_by_its_id_and_by_what_it_relates_to(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    (new,) = publish(ins, replaces={"Document00": f"urn:uuid:{document}"})
    assert [each["id"] for each in search(call, ins, reader, _id=str(new)).found] == [str(new)]
    related = search(call, ins, reader, relatesto=f"DocumentReference/{document}").found
    assert [each["id"] for each in related] == [str(new)]
    assert related[0]["relatesTo"][0]["target"]["reference"] == f"DocumentReference/{document}"
    assert not search(call, ins, reader, relatesto=str(new)).found
    (old,) = search(call, ins, reader, status="superseded").found
    assert old["id"] == str(document)
    assert old["meta"]["versionId"] == "1.2"


def test_all_parameters_of_the_profiles_are_served() -> None:
    pdsm = "type setting identifier creation security-label status isArchived period-start"
    pdsm += " period-end format category relatesto event period patient author"
    mhd = "_id _lastUpdated author.given author.family category creation date event facility format"
    mhd += (
        " identifier patient patient.identifier period related security-label setting status type"
    )
    assert {*pdsm.split(), *mhd.split()} <= {each.name for each in DOCUMENTS}
    lists = "_id _lastUpdated code date identifier patient patient.identifier source.given"
    lists += " source.family status designationType sourceId title isArchived source authorOrg"
    assert set(lists.split()) <= {each.name for each in LISTS}


def test_the_capability_statement_tells_what_the_routes_serve(call: Call) -> None:
    reply = call("GET", "/metadata", authorization=None, certificate=None)
    CapabilityStatement.model_validate(reply.json)
    (rest,) = reply.json["rest"]
    assert [each["code"] for each in rest["interaction"]] == ["transaction"]
    served = {x["type"]: {i["code"] for i in x["interaction"]} for x in rest["resource"]}
    assert {"search-type", "read", "create"} <= served["DocumentReference"]
    assert served["List"] == {"search-type", "read"}
    assert served["Binary"] == {"read"}


# Pages


def test_pages_follow_each_other_and_survive_what_is_published_meanwhile(
    call: Call, ins: Ins, reader: dict[str, Any]
) -> None:
    published = publish(ins, *(world.letter(ins) for _ in range(7)))
    page = search(call, ins, reader, _count="3")
    seen = [each["id"] for each in page.found]
    assert page.json["total"] == 7
    publish(ins, world.letter(ins))
    while page.link("next"):
        page = call("GET", page.link("next"), **reader)
        seen += [each["id"] for each in page.found]
    assert len(seen) == len(set(seen))
    assert {str(each) for each in published} <= set(seen)


@pytest.mark.parametrize("sort", ["date", "-date", "_lastUpdated", "-_lastUpdated", "period"])
def test_pages_are_in_the_order_that_is_asked(
    call: Call, ins: Ins, reader: dict[str, Any], sort: str
) -> None:
    for day in (2, 1, 3):
        at = f"2024030{day}103000+0000"
        publish(
            ins,
            world.letter(ins, created_at=datetime.strptime(at, "%Y%m%d%H%M%S%z")),
            at=world.NOW + timedelta(days=day),
        )
    page = search(call, ins, reader, _sort=sort, _count="1")
    days = []
    while True:
        days += [each["date"][9] for each in page.found]
        if not page.link("next"):
            break
        page = call("GET", page.link("next"), **reader)
    expected = {"-": ["3", "2", "1"], "p": days}.get(sort[0], ["1", "2", "3"])
    assert days == expected
    assert len(days) == 3


def test_a_count_of_none_tells_the_total_alone(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    for parameters in ({"_summary": "count"}, {"_count": "0"}):
        reply = search(call, ins, reader, **parameters)
        assert (reply.json["total"], reply.found, reply.link("next")) == (1, [], "")
        Bundle.model_validate(reply.json)


def test_a_total_that_is_not_wanted_is_not_told(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    reply = search(call, ins, reader, _total="none")
    assert "total" not in reply.json
    assert len(reply.found) == 1


def test_a_search_by_post_keeps_the_patient_out_of_the_address(
    call: Call, ins: Ins, reader: dict[str, Any], document: UUID
) -> None:
    form = urlencode({"patient.identifier": identifier(ins), "status": "current"})
    reply = call(
        "POST",
        "/DocumentReference/_search?type=11490-0",
        form,
        content_type="application/x-www-form-urlencoded",
        **reader,
    )
    assert [each["id"] for each in reply.found] == [str(document)]
