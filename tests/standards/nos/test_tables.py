"""The value sets hold the published facts and answer in French."""

from __future__ import annotations

import pytest

from carnet.standards import nos


@pytest.mark.parametrize("name", nos.value_set_names())
def test_every_value_set_is_shipped_with_its_source_and_no_code_twice(name: str) -> None:
    values = nos.value_set(name)
    assert "Source: ANS" in values.source
    assert len(values) == len({(c.system, c.code) for c in values}) > 0


def test_a_label_is_found_by_the_oid_or_by_the_hl7_name_of_the_system() -> None:
    expected = "Lettre de liaison à la sortie d'un établissement de soins"
    assert nos.display("2.16.840.1.113883.6.1", "11490-0") == expected
    assert nos.display("LN", "11490-0") == expected


def test_an_unknown_code_has_an_empty_label() -> None:
    assert nos.display("LN", "0-0") == ""


@pytest.mark.parametrize(
    ("type_code", "class_code"),
    [("11490-0", "10"), ("18748-4", "31"), ("PRESC-BIO", "42"), ("101881-1", "52")],
)
def test_the_class_follows_from_the_type(type_code: str, class_code: str) -> None:
    found = nos.class_of_type(type_code)
    assert (found.code, found.system) == (class_code, "1.2.250.1.213.1.1.4.1")
    assert found.display


@pytest.mark.parametrize("type_code", ["0-0", "FEUILLE-DE-STYLE"])
def test_a_type_without_a_class_is_said_and_not_guessed(type_code: str) -> None:
    with pytest.raises(nos.UnknownCode, match=type_code):
        nos.class_of_type(type_code)


def test_the_dmp_list_is_narrower_than_the_ci_sis_list() -> None:
    assert nos.document_type("11490-0").dmp
    assert not nos.document_type("PIECE-IDENTITE").dmp


def test_a_code_in_two_systems_is_told_apart() -> None:
    sets = nos.value_set("content_types")
    internat = sets.find("11", "1.2.250.1.213.2.2")
    postcure = sets.find("11", "TRE_R276")
    assert internat is not None
    assert postcure is not None
    assert internat.display != postcure.display


def test_a_value_set_knows_its_codes() -> None:
    professions = nos.value_set("professions")
    assert "10" in professions
    assert "999" not in professions
    assert professions.find("10", "1.2.3") is None


def test_the_format_of_a_known_model_is_found() -> None:
    found = nos.format_of_template("1.2.250.1.213.1.1.1.13")
    assert found is not None
    assert found.code == "urn:asip:ci-sis:vsm:2012"
    assert nos.format_of_template("1.2.3") is None


def test_an_unknown_value_set_is_refused() -> None:
    with pytest.raises(nos.UnknownCode):
        nos.value_set("../secrets")
