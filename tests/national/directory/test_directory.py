"""Structures, and which of them a certificate covers."""

import pytest

from carnet.national.directory import actions, models, queries
from carnet.standards.ids import PsIdNat, StructIdNat
from tests.national import world
from tests.national.world import LEGAL_ENTITY, NOW, SITE

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hospital() -> None:
    world.make_hospital()


@pytest.mark.parametrize(
    ("certificate", "structure", "covered"),
    [
        (LEGAL_ENTITY, SITE, True),
        (LEGAL_ENTITY, LEGAL_ENTITY, True),
        (SITE, SITE, True),
        (SITE, LEGAL_ENTITY, False),
        ("1690000001", SITE, False),
        (LEGAL_ENTITY, "1690000001", False),
        ("", SITE, False),
    ],
)
def test_a_legal_entity_covers_its_sites_and_not_the_reverse(
    certificate: str, structure: str, covered: bool
) -> None:
    assert queries.covers(certificate, structure) is covered


def test_a_structure_that_is_closed_is_not_covered() -> None:
    models.Structure.objects.filter(struct_idnat=SITE).update(is_active=False)
    assert not queries.covers(SITE, SITE)


def test_a_professional_is_known_with_where_they_work() -> None:
    found = queries.professional("899900063480")
    assert found is not None
    assert (found.name, found.structures) == ("Dr Libre MAX", (SITE,))
    actions.register_professional(
        world.TESTS,
        PsIdNat("899900063480"),
        family_name="MAX",
        given_name="Libre",
        profession=world.PHYSICIAN,
        structures=[StructIdNat(LEGAL_ENTITY)],
        now=NOW,
    )
    moved = queries.professional("899900063480")
    assert moved is not None
    assert moved.structures == (LEGAL_ENTITY,)
    assert queries.professional("899900000000") is None
    assert {each.struct_idnat for each in queries.structures()} == {LEGAL_ENTITY, SITE}


def test_a_structure_that_closes_elsewhere_is_covered_for_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    assert queries.covers(SITE, SITE)
    models.Structure.objects.filter(struct_idnat=SITE).update(is_active=False)
    now[0] += 1.01
    assert not queries.covers(SITE, SITE)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("max", True),
        ("MAX libre", True),
        ("Libre Max", True),
        ("ma", True),
        ("ax", False),
        ("max zoé", False),
        ("%", False),
    ],
)
def test_a_professional_is_found_by_the_beginning_of_each_word(words: str, found: bool) -> None:
    called = queries.professionals_called(words, limit=5)
    assert bool([each for each in called if each.ps_idnat == "899900063480"]) == found


def test_a_professional_is_found_without_accents_and_by_a_part_of_a_composed_name() -> None:
    actions.register_professional(
        world.TESTS,
        PsIdNat("899900063507"),
        family_name="FABRE-LENOÎR",
        given_name="Zoé",
        profession=world.PHYSICIAN,
        now=NOW,
    )
    for words in ("lenoir", "fabre zoe", "Fabre-Lenoîr"):
        (found,) = queries.professionals_called(words, limit=5)
        assert found.ps_idnat == "899900063507"
