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
    Matricule,
    NationalIdentifier,
    Operation,
    Person,
    Result,
    ResultCode,
    Tiq,
    TraitsQuery,
    VerifyQuery,
    answer,
    next_query,
    read_answer,
    review,
    scripted_population,
    write_answer,
)
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


@pytest.mark.parametrize(
    ("name", "given", "sex", "birth_date", "code"),
    [
        ("HOUILLES", "PIERRE", "M", "1993-01-27", "01"),
        ("HOUILLES", "PAUL", "M", "1993-01-27", "01"),
        ("HOUILLES", "JACQUES", "M", "1993-01-27", "01"),
        ("DE VINCI", "LEONARDO", "M", "2014-02-01", "02"),
        ("TCHITCHI", "OLA", "F", "1936-06-21", "01"),
        ("NOBODY", "AT ALL", "F", "1936-06-21", "01"),
        ("TCHITCHI", "CATARINA", "M", "1936-06-21", "01"),
        ("TCHITCHI", "CATARINA", "F", "1936-06-22", "01"),
        ("TCHITCHI", "CATA", "F", "1936-06-21", "01"),
        ("PAT TROIS", "DOMINIQUE", "F", "1979-03-28", "01"),
        ("LE GALL-DUPONT", "JEAN-MARC", "M", "1972-06-18", "00"),
        ("LE GALL DUPONT", "JEAN-MARC", "M", "1972-06-18", "01"),
        ("D'ALMEIDA", "ANNE-LAURE", "F", "1979-04-09", "00"),
        ("BENALI", "YOUSSEF", "M", "1958-07-00", "00"),
        ("BENALI", "YOUSSEF", "M", "1958-07-01", "01"),
        ("DIALLO", "AMINATA", "F", "1949-00-00", "00"),
        ("HADDAD", "SAMIR", "M", "1952-14-32", "00"),
        ("KOWALSKI", "SANSPRENOM", "M", "1966-12-05", "00"),
        ("LEFEBVRE", "HENRI", "M", "1931-02-14", "00"),
        ("CARPENTIER", "ALEX", "M", "1995-01-30", "01"),
    ],
)
def test_a_question_gets_its_documented_code(
    name: str, given: str, sex: str, birth_date: str, code: str
) -> None:
    assert asked(name, given, sex, birth_date).code == code


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
    oids = {p.individual.active.oid for p in PEOPLE[14:] if p.individual}
    assert oids == {INS_NIR_TEST}


def test_every_key_is_right_but_one_published() -> None:
    active = [(p.traits.birth_name, p.individual.active.ins) for p in PEOPLE if p.individual]
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


@pytest.mark.parametrize(
    ("card", "given"),
    [
        (CardQuery(insured=MOTHER, birth_date="1992-09-23"), "NADIA SAMIRA"),
        (CardQuery(individual=MOTHER), "NADIA SAMIRA"),
        (CardQuery(insured=MOTHER, birth_date="2021-05-04", rank="1"), "LINA ROSE"),
        (CardQuery(insured=MOTHER, birth_date="20210504", rank="2"), "LOUISE ALMA"),
    ],
)
def test_a_card_finds_its_holder_and_each_of_her_twins(card: CardQuery, given: str) -> None:
    individual = answer(card, PEOPLE).individual
    assert individual is not None
    assert individual.traits.given_names == given


@pytest.mark.parametrize(
    ("card", "code"),
    [
        (CardQuery(insured=MOTHER, birth_date="2021-05-04"), "02"),
        (CardQuery(insured=MOTHER), "02"),
        (CardQuery(insured=MOTHER, birth_date="2021-05-05"), "01"),
        (CardQuery(individual=MOTHER, birth_name="MARTIN"), "01"),
        (CardQuery(individual=Matricule("2990199999999")), "01"),
    ],
)
def test_a_card_that_does_not_tell_one_person_is_answered_by_its_code(
    card: CardQuery, code: str
) -> None:
    assert answer(card, PEOPLE).code == code


def test_a_former_number_on_a_card_finds_the_number_in_force() -> None:
    active = found("OUEDRAOGO", "FATOU", "F", "1988-08-08")
    card = CardQuery(individual=active.history[0].matricule)
    assert answer(card, PEOPLE).individual == active
    assert (active.history[0].oid, active.active.oid) == (INS_NIA, INS_NIR_TEST)


def test_a_card_whose_date_cannot_be_read_is_refused() -> None:
    with pytest.raises(SoapFault, match="DateNaissance") as caught:
        answer(CardQuery(individual=MOTHER, birth_date="04/05/2021"), PEOPLE)
    assert caught.value.code == "Sender"


OUEDRAOGO = found("OUEDRAOGO", "FATOU", "F", "1988-08-08")


@pytest.mark.parametrize(
    ("identifier", "changes", "code"),
    [
        (OUEDRAOGO.active, {}, "00"),
        (OUEDRAOGO.active, {"birth_place": ""}, "00"),
        (OUEDRAOGO.history[0], {}, "01"),
        (replace(OUEDRAOGO.active, oid=INS_NIR), {}, "01"),
        (OUEDRAOGO.active, {"birth_name": "OUEDRAOGHO"}, "01"),
        (OUEDRAOGO.active, {"birth_date": "1988-08-09"}, "01"),
        (OUEDRAOGO.active, {"sex": "M"}, "01"),
        (OUEDRAOGO.active, {"given_names": "FATOUMATA"}, "01"),
        (OUEDRAOGO.active, {"birth_place": "99332"}, "01"),
    ],
)
def test_a_verification_says_whether_the_identity_is_still_the_same(
    identifier: NationalIdentifier, changes: dict[str, str], code: str
) -> None:
    query = VerifyQuery(identifier, replace(OUEDRAOGO.traits, **changes))
    assert answer(query, PEOPLE) == Result(ResultCode(code))


def test_a_verification_without_a_trait_is_refused() -> None:
    query = VerifyQuery(OUEDRAOGO.active, replace(OUEDRAOGO.traits, sex=""))
    with pytest.raises(SoapFault, match="SEX"):
        answer(query, PEOPLE)


@pytest.mark.parametrize("person", [p for p in PEOPLE if p.individual], ids=lambda p: p.case)
def test_every_answer_survives_the_message(person: Person) -> None:
    result = Result(ResultCode.FOUND, person.individual)
    assert read_answer(write_answer(result, Operation.SEARCH_BY_TRAITS)) == result
