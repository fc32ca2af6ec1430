"""A local INSi gives each scripted person the documented answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carnet.standards.ids import INS_NIA, INS_NIR, INS_NIR_TEST, Ins
from carnet.standards.ins import BirthDate, Sex, StatusEvent, Traits
from carnet.standards.ins.insi import (
    Asked,
    CardQuery,
    Individual,
    InsiFault,
    Operation,
    Person,
    Result,
    ResultCode,
    Scripted,
    Tiq,
    TraitsQuery,
    VerifyQuery,
    answer,
    matches,
    next_query,
    read_answer,
    review,
    scripted_population,
    scripted_questions,
    write_answer,
)
from carnet.standards.ins.insi.faults import KNOWN
from carnet.standards.soap.envelope import SoapFault

PEOPLE = scripted_population()
NIR, NIA, TEST = INS_NIR, INS_NIA, INS_NIR_TEST


def asked(name: str, given: str, sex: str, birth_date: str, place: str = "") -> Result:
    query = TraitsQuery(name, tuple(given.split()), Sex(sex), BirthDate.parse(birth_date), place)
    return answer(query, PEOPLE)


def found(name: str, given: str, sex: str, birth_date: str, place: str = "") -> Individual:
    individual = asked(name, given, sex, birth_date, place).individual
    assert individual is not None
    return individual


@pytest.mark.parametrize(
    ("question", "ins", "tiq"),
    [
        (("ADRUN", "ZOE", "F", "1975-12-31"), Ins("275126322074974", NIR), ("", "ZOE", "63220")),
        (
            ("CORSE", "ANTHONY", "M", "1980-03-02"),
            Ins("180032B02040123", NIR),
            ("", "ANTHONY", "2B020"),
        ),
        (
            ("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14"),
            Ins("109076322083489", NIR),
            ("", "PIERRE-ALAIN MURIEL FLORIANT", "63220"),
        ),
        (
            ("HERMANN", "GATIEN", "M", "1981-03-24"),
            Ins("181036322045660", NIR),
            ("GATIEN", "GATIEN", "63220"),
        ),
        (
            ("NESSI", "MICHELANGELO", "M", "2010-08-07"),
            Ins("110086322083060", NIR),
            ("", "MICHELANGELO ANTHONY", "63220"),
        ),
        (
            ("TCHITCHI", "CATARINA", "F", "1936-06-21"),
            Ins("236066322083656", NIR),
            ("", "CATARINA BELLA", "63220"),
        ),
        (
            ("ADRTROIS", "DOMINIQUE", "F", "1997-02-26"),
            Ins("297022A02077878", NIR),
            ("", "DOMINIQUE", "2A020"),
        ),
        (
            ("ADRTROIS", "TOUSSAINT", "M", "1960-01-01"),
            Ins("160012B02077713", NIR),
            ("", "TOUSSAINT", "2B020"),
        ),
        (
            ("PROVISOIRE", "MATRICULE", "M", "2009-07-01"),
            Ins("109076322088835", NIA),
            ("MATRICULE", "MATRICULE", "63220"),
        ),
        (
            ("PATB-QUATRE", "LAURENCE", "F", "1907-05-25"),
            Ins("207058575627097", NIR),
            ("LAURENCE", "", "85756"),
        ),
        (
            ("PAT-TROIS", "DOMINIQUE", "F", "1979-03-28"),
            Ins("279035121518989", TEST),
            ("", "DOMINIQUE", "63220"),
        ),
        (
            ("DARK", "JEANNE", "F", "1960-05-30"),
            Ins("260058815400233", TEST),
            ("", "JEANNE MARIE CECILE", "88154"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_published_identity_gets_its_published_answer(
    question: tuple[str, str, str, str], ins: Ins, tiq: tuple[str, str, str]
) -> None:
    """`tiq`: Prenom, ListePrenom and LieuNaissance as they are answered."""
    name, _, sex, birth_date = question
    first, names, place = tiq
    individual = found(*question)
    assert individual.active.ins == ins
    assert individual.traits == Tiq(name, first, names, sex, birth_date, place)


@pytest.mark.parametrize("scripted", scripted_questions(), ids=lambda one: one.case)
def test_a_question_gets_its_documented_answer(scripted: Scripted) -> None:
    if scripted.code in KNOWN:
        with pytest.raises(InsiFault) as caught:
            answer(scripted.query, PEOPLE)
        assert caught.value.error == scripted.code
        return
    result = answer(scripted.query, PEOPLE)
    assert result.code == scripted.code
    assert scripted.answer == (result.individual.active.ins.matricule if result.individual else "")


def test_every_person_is_asked_for() -> None:
    queries = [scripted.query for scripted in scripted_questions()]
    alone = [p.case for p in PEOPLE if not any(matches(query, p) for query in queries)]
    assert alone == []


@pytest.mark.parametrize(
    ("name", "given", "sex", "birth_date"),
    [
        ("NOBODY", "AT ALL", "F", "1936-06-21"),
        ("TCHITCHI", "CATARINA", "M", "1936-06-21"),
        ("TCHITCHI", "CATARINA", "F", "1936-06-22"),
        ("TCHITCHI", "CATA", "F", "1936-06-21"),
    ],
)
def test_one_trait_that_differs_finds_nobody(
    name: str, given: str, sex: str, birth_date: str
) -> None:
    assert asked(name, given, sex, birth_date).code is ResultCode.NONE


def test_the_history_is_told_with_its_published_defects() -> None:
    hermann = found("HERMANN", "GATIEN", "M", "1981-03-24")
    assert [one.ins.matricule for one in hermann.history] == ["181036322045660", "281036322045610"]
    assert not any(one.ins.key_valid for one in (hermann.active, *hermann.history))
    first, second = found("ECETINSI", "PIERRE-ALAIN", "M", "2009-07-14").history
    assert (first.ins.matricule, first.start, first.end) == (
        "209076322083439",
        "2019-03-01",
        "2019-02-28",
    )
    assert (second.ins.matricule, second.start) == ("209066322012355", "")
    corse = found("CORSE", "ANTHONY", "M", "1980-03-02")
    assert corse.history == (corse.active,)


def test_only_the_published_identities_are_under_a_production_oid() -> None:
    oids = {p.individual.active.oid for p in PEOPLE if not p.published}
    assert oids == {INS_NIR_TEST}


def test_every_key_is_right_but_one_published() -> None:
    active = [(p.traits.birth_name, p.individual.active.ins) for p in PEOPLE]
    wrong = [name for name, ins in active if not ins.key_valid]
    assert wrong == ["HERMANN"]


def test_homonyms_are_told_apart_by_their_place_of_birth() -> None:
    assert asked("MARTIN", "CLAIRE", "F", "1984-03-17").code is ResultCode.SEVERAL
    assert found("MARTIN", "CLAIRE", "F", "1984-03-17", "62041").traits.birth_place == "62041"


def test_homonyms_born_in_one_place_are_told_apart_by_following_the_proposals() -> None:
    local = Traits.of(
        "LEROY", "PAUL", "M", "1990-11-02", given_names="PAUL LOUIS", birth_place="59606"
    )
    past = [Asked(TraitsQuery.first(local), asked("LEROY", "PAUL", "M", "1990-11-02").code)]
    while proposal := next_query(past, local):
        result = answer(proposal.query, PEOPLE)
        past.append(Asked(proposal.query, result.code))
    assert [one.code for one in past] == ["02", "02", "00"]
    assert result.individual is not None
    assert result.individual.traits.given_names == "PAUL LOUIS"


def test_a_changed_sex_is_explained_by_the_history() -> None:
    local = Traits.of("CARPENTIER", "ALEX", "M", "1995-01-30")
    individual = found("CARPENTIER", "ALEX", "F", "1995-01-30")
    assert review(individual, local).event is StatusEvent.INSI_INCONSISTENT
    assert individual.history[0].matricule.number.startswith("1")


def test_a_list_cut_short_does_not_forbid_to_accept() -> None:
    local = Traits.of(
        "VANDENBROUCKE",
        "MARIE-ANTOINETTE",
        "F",
        "1947-10-12",
        given_names="MARIE-ANTOINETTE JOSEPHINE CHARLOTTE",
        birth_place="59606",
    )
    seen = review(found("VANDENBROUCKE", "MARIE-ANTOINETTE", "F", "1947-10-12"), local)
    assert seen.acceptable
    assert len(seen.differences) == 1


def test_a_search_that_fails_is_a_temporary_fault() -> None:
    with pytest.raises(InsiFault) as caught:
        asked("PANNE", "ALICE", "F", "1980-01-01")
    assert caught.value.error == "insi_102"
    assert caught.value.temporary


MOTHER = found("BESSON", "NADIA", "F", "1992-09-23").active.matricule


def test_a_card_whose_date_cannot_be_read_is_refused() -> None:
    for known in (PEOPLE, ()):
        with pytest.raises(SoapFault, match="DateNaissance") as caught:
            answer(CardQuery(individual=MOTHER, birth_date="04/05/2021"), known)
        assert caught.value.code == "Sender"


OUEDRAOGO = found("OUEDRAOGO", "FATOU", "F", "1988-08-08")


def test_a_verification_without_a_trait_is_refused() -> None:
    query = VerifyQuery(OUEDRAOGO.active, replace(OUEDRAOGO.traits, sex=""))
    for known in (PEOPLE, ()):
        with pytest.raises(SoapFault, match="SEX"):
            answer(query, known)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda p: p.individual.active.matricule.number)
def test_every_answer_survives_the_message(person: Person) -> None:
    result = Result(ResultCode.FOUND, person.individual)
    assert read_answer(write_answer(result, Operation.SEARCH_BY_TRAITS)) == result
