"""Questions to INSi read back as written; a broken one is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.ins import BirthDate, Sex, Trait, TraitError, Traits
from carnet.standards.ins.insi import (
    CardQuery,
    Matricule,
    NationalIdentifier,
    Query,
    Tiq,
    TraitsQuery,
    VerifyQuery,
)
from carnet.standards.ins.insi.queries import read, write
from carnet.standards.soap.envelope import SoapFault

JEANNE = Traits.of(
    "D'ARC", "JEANNE", "F", "1960-05-30", given_names="JEANNE MARIE", birth_place="88154"
)
INS = Ins("260058815400233", INS_NIR_TEST)
BY_TRAITS = TraitsQuery("D'ARC", ("JEANNE", "MARIE"), Sex.FEMININE, JEANNE.birth_date, "88154")
BY_CARD = CardQuery(
    Matricule("2600588154002", "33"), Matricule("1550188154001"), "D'ARC", "1960-05-30", "1"
)
VERIFY = VerifyQuery(NationalIdentifier.of(INS), Tiq.of(JEANNE))

words = st.text("ABYZ'", min_size=1, max_size=8).map(lambda text: f"A{text.replace(chr(39), '')}")
dates = st.builds(
    lambda year, month, day: BirthDate.parse(f"{year:04d}-{month:02d}-{day:02d}"),
    st.integers(1, 9999),
    st.integers(0, 14),
    st.integers(0, 35),
)
traits_queries = st.builds(
    TraitsQuery,
    words,
    st.lists(words, min_size=1, max_size=4).map(tuple),
    st.sampled_from([Sex.FEMININE, Sex.MASCULINE]),
    dates,
    st.sampled_from(["", "2A004", "99352", "63220"]),
)
numbers = st.builds(
    Matricule,
    st.from_regex("[12][0-9]{5}[AB0-9][0-9]{6}", fullmatch=True),
    st.sampled_from(["", "01", "97"]),
    st.sampled_from(["", "NIR", "NIA"]),
)
texts = st.text(st.characters(categories=["L", "Nd", "Po", "Sm"]), max_size=20)
card_queries = st.builds(
    CardQuery, numbers, st.none() | numbers, texts, texts, st.sampled_from(["", "1", "12"])
)
verify_queries = st.builds(
    VerifyQuery,
    st.builds(NationalIdentifier, numbers, st.just("1.2.250.1.213.1.4.8")),
    st.builds(Tiq, texts, texts, texts, texts, texts, texts),
)


def payload(query: Query) -> str:
    return write(query).decode()


@given(st.one_of(traits_queries, card_queries, verify_queries))
def test_a_question_reads_back_as_it_was_written(query: Query) -> None:
    assert read(xml.parse(write(query))) == query


def test_a_question_by_traits_is_the_one_of_the_schema() -> None:
    assert payload(BY_TRAITS) == (
        '<RECSANSVITALE xmlns="http://www.cnamts.fr/INSiRecSans"><NomNaissance>D\'ARC'
        "</NomNaissance><Prenom>JEANNE</Prenom><Prenom>MARIE</Prenom><Sexe>F</Sexe>"
        "<DateNaissance>1960-05-30</DateNaissance><LieuNaissance>88154</LieuNaissance>"
        "</RECSANSVITALE>"
    )


def test_a_question_by_card_is_the_one_of_the_schema() -> None:
    assert payload(BY_CARD) == (
        '<RECVITALE xmlns="http://www.cnamts.fr/INSiRecVit"><MatriculeIndividu><NumIdentifiant>'
        "2600588154002</NumIdentifiant><Cle>33</Cle></MatriculeIndividu><MatriculeOD>"
        "<NumIdentifiant>1550188154001</NumIdentifiant></MatriculeOD><NomNaissance>D'ARC"
        "</NomNaissance><DateNaissance>1960-05-30</DateNaissance><RangNaissance>1"
        "</RangNaissance></RECVITALE>"
    )


def test_the_first_question_has_no_place_of_birth_and_one_given_name() -> None:
    """EXI SI 26."""
    query = TraitsQuery.first(JEANNE)
    assert (query.given_names, query.birth_place) == (("JEANNE",), "")


@pytest.mark.parametrize(
    ("changes", "trait"),
    [
        ({"birth_name": "D'Arc"}, Trait.BIRTH_NAME),
        ({"birth_name": ""}, Trait.BIRTH_NAME),
        ({"given_names": ()}, Trait.FIRST_GIVEN_NAME),
        ({"given_names": ("JEANNE", "")}, Trait.GIVEN_NAMES),
        ({"sex": Sex.UNDETERMINED}, Trait.SEX),
        ({"birth_place": "PARIS 12"}, Trait.BIRTH_PLACE),
    ],
)
def test_traits_that_insi_refuses_make_no_question(changes: dict[str, Any], trait: Trait) -> None:
    values = {name: getattr(BY_TRAITS, name) for name in BY_TRAITS.__slots__} | changes
    with pytest.raises(TraitError) as caught:
        TraitsQuery(**values)
    assert caught.value.trait is trait


def test_a_card_without_any_number_makes_no_question() -> None:
    with pytest.raises(ValueError, match="number is needed"):
        CardQuery(birth_name="D'ARC")


@pytest.mark.parametrize(
    ("query", "old", "new", "reason"),
    [
        (BY_TRAITS, "RECSANSVITALE", "RECHERCHE", "no question"),
        (BY_TRAITS, "INSiRecSans", "INSiRecVit", "no question"),
        (BY_TRAITS, "<Sexe>F</Sexe>", "", "SEX"),
        (BY_TRAITS, "<Sexe>F</Sexe>", "<Sexe>I</Sexe>", "SEX"),
        (BY_TRAITS, "<Sexe>F</Sexe>", "<Sexe>F</Sexe><Sexe>F</Sexe>", "repeated"),
        (BY_TRAITS, "<Sexe>F</Sexe>", "<Sexe><F/></Sexe>", "text is expected"),
        (BY_TRAITS, "1960-05-30", "30/05/1960", "BIRTH_DATE"),
        (BY_TRAITS, "1960-05-30", "19600530", "BIRTH_DATE"),
        (BY_TRAITS, "1960-05-30", "0000-05-30", "BIRTH_DATE"),
        (BY_TRAITS, "D'ARC", "D'ÀRC", "BIRTH_NAME"),
        (BY_TRAITS, "<Prenom>JEANNE</Prenom><Prenom>MARIE</Prenom>", "", "FIRST_GIVEN_NAME"),
        (BY_TRAITS, "88154", "881540", "BIRTH_PLACE"),
        (BY_CARD, "2600588154002", "260058815400", "13 characters"),
        (BY_CARD, "<Cle>33", "<Cle>3", "two digits"),
        (BY_CARD, "<RangNaissance>1", "<RangNaissance>un", "rank"),
        (VERIFY, "IndividuVerifie", "Individu", "IndividuVerifie is missing"),
        (VERIFY, "<OID>1.2.250.1.213.1.4.10</OID>", "", "OID is missing"),
    ],
)
def test_a_broken_question_gets_a_sender_fault(
    query: Query, old: str, new: str, reason: str
) -> None:
    text = payload(query)
    assert old in text, "the test breaks nothing"
    element = xml.parse(text.replace(old, new).encode())
    with pytest.raises(SoapFault, match=reason) as caught:
        read(element)
    assert caught.value.code == "Sender"
    assert "260058815400" not in caught.value.reason


def test_the_number_of_the_insured_is_enough() -> None:
    text = payload(BY_CARD).replace("MatriculeIndividu", "Autre")
    query = read(xml.parse(text.encode()))
    assert isinstance(query, CardQuery)
    assert query.individual is None


def test_a_comment_inside_a_value_is_not_read() -> None:
    text = payload(BY_TRAITS).replace("JEANNE", "JEAN<!-- ou JULIE -->NE")
    assert read(xml.parse(text.encode())) == BY_TRAITS
