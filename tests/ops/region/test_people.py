"""The synthetic region is plausible, distinct and always the same."""

from collections import Counter

from carnet.ops.region.people import POPULATION, population
from carnet.ops.region.places import PROFESSIONALS, STRUCTURES
from carnet.standards.ids import INS_NIR_TEST, luhn_valid


def test_two_hundred_citizens_have_distinct_valid_test_matricules() -> None:
    people = population()
    assert len(people) == POPULATION
    assert len({person.matricule for person in people}) == POPULATION
    assert all(person.ins.key_valid and person.ins.oid == INS_NIR_TEST for person in people)


def test_the_matricule_agrees_with_the_traits() -> None:
    for person in population():
        assert person.matricule[0] == {"M": "1", "F": "2"}[person.sex]
        assert person.matricule[1:5] == f"{person.birth_date:%y%m}"
        assert person.matricule[5:10] == person.birth_place


def test_two_draws_give_the_same_region() -> None:
    assert population() == population()


def test_children_are_minors_and_belong_to_people_of_the_region() -> None:
    people = {person.key: person for person in population()}
    parents = Counter(child for person in people.values() for child in person.children)
    known = [child for child in parents if child in people]
    assert len(known) > 30
    assert all(people[child].birth_date.year >= 2008 for child in known)
    assert max(parents.values()) <= 2


def test_traits_are_in_the_alphabet_of_insi() -> None:
    allowed = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-")
    for person in population():
        assert set("".join((person.birth_name, person.used_name, *person.given_names))) <= allowed


def test_numbers_of_professionals_and_structures_cannot_be_real() -> None:
    assert all(person.rpps.startswith("99") and person.rpps.luhn_valid for person in PROFESSIONALS)
    assert all(place.finess.startswith("99") and luhn_valid(place.finess) for place in STRUCTURES)
    assert len({place.finess for place in STRUCTURES}) == len(STRUCTURES)


def test_every_professional_works_in_a_structure_and_has_a_mailbox() -> None:
    places = {place.key for place in STRUCTURES}
    assert all(person.structure in places for person in PROFESSIONALS)
    assert len({person.mailbox for person in PROFESSIONALS}) == len(PROFESSIONALS)
    assert all(person.mailbox.isascii() for person in PROFESSIONALS)
