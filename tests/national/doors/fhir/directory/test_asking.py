"""Searches and reads of the directory, as the documentation of the real API asks them."""

from __future__ import annotations

import pytest
from fhir.resources.R4B import get_fhir_model_class

from carnet.national.directory import actions, models
from tests.national.doors.fhir.directory.conftest import BASE, HELENE, MARC, PHARMACY, Ask
from tests.national.world import NOW, PHYSICIAN, SITE, TESTS

pytestmark = pytest.mark.django_db

G15 = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante"
R38 = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale"
R02 = "https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite"
R276 = "https://mos.esante.gouv.fr/NOS/TRE_R276-FormeActivite/FHIR/TRE-R276-FormeActivite"
R272 = (
    "https://mos.esante.gouv.fr/NOS/TRE_R272-EquipementMaterielLourd/FHIR"
    "/TRE-R272-EquipementMaterielLourd"
)


def names(ask: Ask, path: str) -> list[str]:
    """The families, the names or the numbers of what a search finds."""
    answer = ask(path)
    assert answer.status == 200, answer.data
    return [
        each["name"][0]["family"]
        if each["resourceType"] == "Practitioner"
        else each.get("name") or each["id"][:3]
        for each in answer.found
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("family=arnoux", ["ARNOUX-DE LA TOUR"]),
        ("family=ARNOUX DE LA", ["ARNOUX-DE LA TOUR"]),
        ("family=tour", []),
        ("family:contains=tour", ["ARNOUX-DE LA TOUR"]),
        ("family:exact=BELLANGER", ["BELLANGER"]),
        ("family:exact=Bellanger", []),
        ("given=helene", ["ARNOUX-DE LA TOUR"]),
        ("name=hélène tour", ["ARNOUX-DE LA TOUR"]),
        ("name=noux", []),
        ("name:contains=noux", ["ARNOUX-DE LA TOUR"]),
        ("name=arnoux,bellanger", ["ARNOUX-DE LA TOUR", "BELLANGER"]),
        ("name=arnoux&given=marc", []),
        ("name=100%25", []),
        (f"identifier={HELENE[1:]}", ["ARNOUX-DE LA TOUR"]),
        (f"identifier={HELENE}", ["ARNOUX-DE LA TOUR"]),
        (f"identifier=https://rpps.esante.gouv.fr|{MARC[1:]}", ["BELLANGER"]),
        (f"identifier=https://rpps.esante.gouv.fr|{MARC}", []),
        (f"identifier=urn:oid:1.2.250.1.71.4.2.1|{MARC}", ["BELLANGER"]),
        ("identifier=https://rpps.esante.gouv.fr|", ["MAX", "ARNOUX-DE LA TOUR", "BELLANGER"]),
        ("identifier-type=ADELI", []),
        ("qualification-code=SM04", ["ARNOUX-DE LA TOUR"]),
        (f"qualification-code={R38}|SM26", ["MAX", "BELLANGER"]),
        (f"qualification-code={G15}|10&family=bel", ["BELLANGER"]),
        ("qualification-code=urn:oid:1.2.250.1.71.1.2.7|21", []),
        ("qualification-code=C&family=bel", ["BELLANGER"]),
        ("mailbox-mss=helene.arnoux", ["ARNOUX-DE LA TOUR"]),
        ("mailbox-mss:contains=%40", ["ARNOUX-DE LA TOUR"]),
        ("mailbox-mss:exact=helene.arnoux@pro.mssante.fr", ["ARNOUX-DE LA TOUR"]),
        ("mailbox-mss=helene_arnoux", []),
        ("mailbox-mss-type=PER", ["ARNOUX-DE LA TOUR"]),
        ("active=false", []),
        ("data-information-system=FINESS", []),
        ("_lastUpdated=ge2026-03-02&family=b", ["BELLANGER"]),
        ("_lastUpdated=gt2026-03-02", []),
        ("_lastUpdated=lt2026", []),
    ],
)
def test_practitioners_are_found_by_each_parameter(ask: Ask, query: str, found: list[str]) -> None:
    assert names(ask, f"Practitioner?{query}") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=hopital", ["Hôpital Sainte-Aurore"]),
        ("name:contains=tilleuls,aurore", ["Hôpital Sainte-Aurore", "Pharmacie des Tilleuls"]),
        ("address-city=AUBREVILLE", ["Hôpital Sainte-Aurore"]),
        ("address-city=Mont&name=pharmacie", ["Pharmacie des Tilleuls"]),
        ("address-postalcode=991", ["Pharmacie des Tilleuls"]),
        ("address=place", []),
        ("address=3 place", ["Pharmacie des Tilleuls"]),
        ("address-line:contains=TILLEULS", ["Pharmacie des Tilleuls"]),
        (f"identifier=https://finess.esante.gouv.fr|{SITE[1:]}", ["Hôpital Sainte-Aurore"]),
        (f"identifier={SITE}", ["Hôpital Sainte-Aurore"]),
        ("identifier-type=FINEJ", ["GH de l'Exemple"]),
        ("type=LEGAL-ENTITY", ["GH de l'Exemple"]),
        ("type=SA33", ["Pharmacie des Tilleuls"]),
        (f"type={R02}|SA01", ["Hôpital Sainte-Aurore"]),
        ("type=urn:oid:1.2.250.1.71.4.2.4|SA01", ["Hôpital Sainte-Aurore"]),
        ("mailbox-mss:contains=cardio", ["Hôpital Sainte-Aurore"]),
        ("mailbox-mss:contains=marc", []),
        ("partof.name=gh de", ["Hôpital Sainte-Aurore"]),
    ],
)
def test_organizations_are_found_by_each_parameter(ask: Ask, query: str, found: list[str]) -> None:
    assert names(ask, f"Organization?{query}") == found


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("role=SA01", 0),
        ("mailbox-mss=marc@", 1),
        ("specialty=SM26", 2),
        ("practitioner.family=arnoux&organization.address-city=aubreville", 1),
        ("practitioner.family=arnoux&organization.address-city=montbrelan", 0),
        (f"practitioner.identifier={MARC[1:]}", 1),
        ("active=true", 3),
    ],
)
def test_roles_are_found_by_who_and_where(ask: Ask, query: str, count: int) -> None:
    assert len(ask(f"PractitionerRole?{query}").found) == count


@pytest.mark.parametrize(
    ("path", "count"),
    [
        (f"Device?type={R272}|05602", 1),
        ("Device?identifier=93-93-67204&status=active", 1),
        ("Device?status=inactive", 0),
        ("Device?manufacturer=exem", 1),
        (f"HealthcareService?characteristic={R276}|07", 1),
        ("HealthcareService?service-type=02&active=true", 1),
        (
            "HealthcareService?_profile=https://interop.esante.gouv.fr/ig/fhir/annuaire"
            "/StructureDefinition/as-dp-healthcareservice-social-equipment",
            0,
        ),
        ("HealthcareService?organization.address-city=aubre", 1),
    ],
)
def test_services_and_devices_are_found(ask: Ask, path: str, count: int) -> None:
    assert len(ask(path).found) == count


def test_references_are_asked_by_id(ask: Ask) -> None:
    legal = ask("Organization?type=LEGAL-ENTITY").found[0]["id"]
    for reference in (
        legal,
        f"Organization/{legal}",
        f"http://testserver{BASE}/Organization/{legal}",
    ):
        assert names(ask, f"Organization?partof={reference}") == ["Hôpital Sainte-Aurore"]
    marc = ask("Practitioner?family=bellanger").found[0]["id"]
    (role,) = ask(f"PractitionerRole?practitioner={marc}").found
    assert role["practitioner"] == {"reference": f"Practitioner/{marc}"}
    assert ask(f"PractitionerRole?practitioner=Organization/{legal}").status == 400


def test_a_page_includes_what_it_refers_to_and_what_refers_to_it(ask: Ask) -> None:
    answer = ask("PractitionerRole?practitioner.family=bellanger&_include=*").json
    modes = [(each["resource"]["resourceType"], each["search"]["mode"]) for each in answer["entry"]]
    assert modes == [
        ("PractitionerRole", "match"),
        ("Practitioner", "include"),
        ("Organization", "include"),
    ]
    back = ask("Practitioner?family=bellanger&_revinclude=PractitionerRole:practitioner").json
    assert [each["resource"]["resourceType"] for each in back["entry"]] == [
        "Practitioner",
        "PractitionerRole",
    ]
    site = ask("Organization?name=hopital&_include=Organization:partof").json
    assert [each["resource"]["name"] for each in site["entry"]] == [
        "Hôpital Sainte-Aurore",
        "GH de l'Exemple",
    ]


def test_every_resource_is_valid_and_tells_its_mailboxes(ask: Ask) -> None:
    for kind in ("Practitioner", "PractitionerRole", "Organization", "HealthcareService", "Device"):
        answer = ask(kind)
        get_fhir_model_class("Bundle").model_validate(answer.json)
        assert answer.found
    (marc,) = ask("PractitionerRole?mailbox-mss=marc").found
    metadata = marc["telecom"][0]["extension"][1]["extension"]
    assert metadata[0]["valueCodeableConcept"]["coding"][0]["code"] == "PER"
    assert marc["telecom"][0]["value"] == "marc@ch.mssante.fr"
    (site,) = ask("Organization?name=hopital").found
    assert {"url": "service", "valueString": "Cardiologie"} in site["telecom"][0]["extension"][1][
        "extension"
    ]
    (helene,) = ask(f"Practitioner?identifier={HELENE[1:]}").found
    assert [each["value"] for each in helene["identifier"]] == [HELENE, HELENE[1:]]
    assert [c["code"] for q in helene["qualification"] for c in q["code"]["coding"]] == [
        *("10", "C"),
        *("SM04", "S"),
    ]


def test_pages_hold_when_the_directory_changes_between_them(ask: Ask) -> None:
    first = ask("Practitioner?active=true&_count=1")
    assert [each["name"][0]["family"] for each in first.found] == ["MAX"]
    assert "total" not in first.json
    actions.register_professional(
        TESTS,
        HELENE,
        family_name="CHANGÉE",
        given_name="Hélène",
        profession=PHYSICIAN,
        now=NOW,
    )
    seen = []
    while link := first.link("next"):
        first = ask(link)
        seen += [each["name"][0]["family"] for each in first.found]
    assert seen == ["CHANGÉE", "BELLANGER"]


def test_a_total_is_told_when_it_is_asked_or_known(ask: Ask) -> None:
    assert ask("Practitioner").json["total"] == 3
    assert ask("Practitioner?_count=1&_total=accurate").json["total"] == 3
    counted = ask("Practitioner?_summary=count").json
    assert (counted["total"], counted.get("entry")) == (3, None)


def test_elements_leave_the_others_out(ask: Ask) -> None:
    (found,) = ask("Practitioner?family=bellanger&_elements=name").found
    assert set(found) == {"resourceType", "id", "meta", "name"}
    assert found["meta"]["tag"][0]["code"] == "SUBSETTED"


def test_what_is_unlisted_withdrawn_or_closed_is_not_shown(ask: Ask) -> None:
    address = "helene.arnoux@pro.mssante.fr"
    publish = actions.publish_mailbox
    publish(TESTS, address, kind="PER", professional=HELENE, unlisted=True, now=NOW)
    assert names(ask, f"Practitioner?mailbox-mss={address}") == []
    assert "telecom" not in ask(f"Practitioner?identifier={HELENE}").found[0]
    publish(TESTS, address, kind="PER", professional=HELENE, now=NOW)
    assert names(ask, f"Practitioner?mailbox-mss={address}") == ["ARNOUX-DE LA TOUR"]
    assert actions.withdraw_mailbox(TESTS, address, now=NOW)
    assert names(ask, f"Practitioner?mailbox-mss={address}") == []
    models.Structure.objects.filter(struct_idnat=PHARMACY).update(is_active=False)
    (closed,) = ask("Organization?active=false").found
    assert (closed["name"], closed["active"]) == ("Pharmacie des Tilleuls", False)


def test_a_search_by_post_is_as_by_get(ask: Ask) -> None:
    answer = ask("Practitioner/_search", "family=bellanger&_count=10", method="POST")
    assert [each["name"][0]["family"] for each in answer.found] == ["BELLANGER"]


def test_a_resource_is_read_once_for_each_version(ask: Ask) -> None:
    id_ = ask("Practitioner?family=bellanger").found[0]["id"]
    first = ask(f"Practitioner/{id_}")
    assert first.json["meta"]["versionId"] in first.headers["ETag"]
    again = ask(f"Practitioner/{id_}", If_None_Match=first.headers["ETag"])
    assert (again.status, again.data) == (304, b"")
    for unknown in ("Practitioner/003-999999999", "Practitioner/x", f"Organization/{id_}"):
        assert ask(unknown).refusal[:2] == (404, "not-found")
    assert ask("Practitioner?_id=x,003-1,003-999999999999999999").status == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Practitioner?number-smartcard=1", 400, "not-supported"),
        ("Practitioner?organization.name=x", 400, "not-supported"),
        ("Practitioner?family=", 400, "not-supported"),
        ("Practitioner?family:text=x", 400, "value"),
        ("Practitioner?active=yes", 400, "value"),
        ("Practitioner?_lastUpdated=2026-13", 400, "value"),
        ("Practitioner?_count=-1", 400, "value"),
        ("Practitioner?_cursor=abc", 400, "value"),
        ("Practitioner?_include=Practitioner:x", 400, "value"),
        ("Practitioner?_total=maybe", 400, "value"),
        ("Practitioner?family=%00", 400, "value"),
        ("Practitioner?_elements=<x>", 400, "value"),
        ("Device?organization=x", 400, "value"),
        ("Patient", 404, "not-supported"),
        ("Patient/1", 404, "not-supported"),
        ("a/b/c/d", 404, "not-supported"),
        ("Practitioner?_format=xml", 406, "not-supported"),
    ],
)
def test_what_cannot_be_asked_is_said(ask: Ask, path: str, status: int, code: str) -> None:
    assert ask(path).refusal[:2] == (status, code)


def test_the_directory_is_not_written(ask: Ask) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = ask("Practitioner/003-1", method=method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    assert ask("Practitioner", "family=x", method="POST").status == 405


def test_a_lenient_caller_is_told_what_was_passed_over(ask: Ask) -> None:
    answer = ask("Practitioner?colour=red&family=bellanger", Prefer="handling=lenient").json
    assert answer["entry"][-1]["search"]["mode"] == "outcome"


def test_an_application_shows_its_key(ask: Ask, settings: object) -> None:
    settings.CARNET_DIRECTORY_KEYS = ("a-key", "another")  # type: ignore[attr-defined]
    refused = ask("Practitioner")
    assert refused.refusal[:2] == (401, "login")
    assert refused.headers["WWW-Authenticate"].startswith("ESANTE-API-KEY")
    assert ask("Practitioner", ESANTE_API_KEY="a-ke").status == 401
    assert ask("Practitioner", ESANTE_API_KEY="another").status == 200
    assert ask("metadata").status == 200


def test_metadata_tells_the_table_of_parameters(ask: Ask) -> None:
    statement = get_fhir_model_class("CapabilityStatement").model_validate(ask("metadata").json)
    served = {each.type: each for each in statement.rest[0].resource}
    assert set(served) == {
        "Practitioner",
        "PractitionerRole",
        "Organization",
        "HealthcareService",
        "Device",
    }
    for kind, told in served.items():
        for parameter in told.searchParam:
            prefix = "003" if parameter.name == "practitioner" else "001"
            value = {"date": "2026", "reference": f"{prefix}-1"}.get(parameter.type, "true")
            assert ask(f"{kind}?{parameter.name}={value}").status == 200, (kind, parameter.name)
