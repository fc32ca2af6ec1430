"""What a request asks of the directory."""

from datetime import UTC, datetime

import pytest

from carnet.standards.fhir.directory import search
from carnet.standards.fhir.directory.ids import logical_id, number_of, referred
from carnet.standards.fhir.outcome import FhirRefused
from carnet.standards.fhir.search import Token

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_system_is_understood_by_oid_and_by_url() -> None:
    url = "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
    for said in (url, "urn:oid:1.2.250.1.71.4.2.4"):
        asked = search.read("Organization", [("type", f"{said}|SA01")], now=NOW)
        assert asked.conditions[0].values == (Token(url, "SA01"),)


def test_values_are_alternatives_and_parameters_add_up() -> None:
    asked = search.read("Practitioner", [("name", "a\\,b,c"), ("name", "d")], now=NOW)
    assert [each.values for each in asked.conditions] == [("a,b", "c"), ("d",)]


def test_a_reference_may_be_followed_once() -> None:
    pairs = [("practitioner.family", "x")]
    (condition,) = search.read("PractitionerRole", pairs, now=NOW).conditions
    assert (condition.via, condition.field) == ("practitioner", "family")
    with pytest.raises(FhirRefused):
        search.read("PractitionerRole", [("organization.partof.name", "x")], now=NOW)


def test_a_page_has_a_thousand_resources_at_most() -> None:
    assert search.read("Device", [("_count", "10000")], now=NOW).count == search.MOST_COUNT
    assert search.read("Device", [("_summary", "count")], now=NOW).count == 0


def test_ids_tell_their_resource() -> None:
    assert logical_id("Practitioner", 42) == "003-42"
    assert number_of("Practitioner", "003-42") == 42
    assert number_of("Organization", "003-42") is None
    assert number_of("Practitioner", "003-042") is None
    assert referred("Practitioner", "https://x/fhir/Practitioner/003-42") == 42
    assert referred("Practitioner", "Organization/003-42") is None
