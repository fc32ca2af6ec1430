"""The text of a datamatrix INS: one good text, broken in one way by each test."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ids import INS_NIA, INS_NIR, INS_NIR_DEMO, INS_NIR_TEST, Ins
from carnet.standards.ins import BirthDate, Sex, Traits, synthetic_ins
from carnet.standards.ins.datamatrix import (
    BLOCKS,
    GS,
    HEADER,
    LIMIT,
    Datamatrix,
    DatamatrixError,
    DatamatrixProblem,
    join,
    read,
    split,
    write,
)

P = DatamatrixProblem
#: Published with the format (v2.2): its values are fictitious, and no INS.
VECTOR = (
    f"IS01{22 * '0'}S1123549685274612S225978456325481569525S3TEST1 TEST2 TEST{GS}"
    f"S4DATAMATRIXTEST{GS}S5MS631-08-2021S717000"
)
VECTOR_VALUES = {
    "S1": "123549685274612",
    "S2": "25978456325481569525",
    "S3": "TEST1 TEST2 TEST",
    "S4": "DATAMATRIXTEST",
    "S5": "M",
    "S6": "31-08-2021",
    "S7": "17000",
}
INS = Ins("260058815400233", INS_NIR_TEST)
TRAITS = Traits.of(
    "D'ARC", "JEANNE", "F", "1960-05-30", given_names="JEANNE MARIE CECILE", birth_place="88154"
)
GOOD = write(INS, TRAITS)

words = st.text("ABCXYZ", min_size=1, max_size=12)
names = st.lists(words, min_size=1, max_size=4).map("-".join)
lists = st.lists(names, min_size=1, max_size=5).map(" ".join).filter(lambda text: len(text) <= 100)
sexes = st.sampled_from([Sex.FEMININE, Sex.MASCULINE])


@st.composite
def identities(draw: st.DrawFn) -> Datamatrix:
    """An identity as an INS gives it, lunar and incomplete dates included."""
    sex, given_names = draw(sexes), draw(lists)
    year, month, day = draw(st.integers(1900, 2026)), draw(st.integers(0, 14)), draw(days)
    oid = draw(st.sampled_from([INS_NIR, INS_NIA, INS_NIR_TEST, INS_NIR_DEMO]))
    return Datamatrix(
        synthetic_ins(sex, year, month % 12 + 1, "2A004", draw(orders), oid=oid),
        Traits(
            draw(names),
            given_names.split(" ")[0],
            sex,
            BirthDate.parse(f"{year}-{month:02d}-{day:02d}"),
            given_names,
            draw(st.sampled_from(["", "63220", "2B020", "99352", "99999"])),
        ),
    )


days, orders = st.integers(0, 35), st.integers(1, 999)


def character(text: str, offset: int = 0) -> str:
    """The place of an error found that far after `text` in the good text."""
    return f"character {GOOD.index(text) + offset + 1}"


def error_of(text: str) -> DatamatrixError:
    with pytest.raises(DatamatrixError) as caught:
        read(text)
    return caught.value


def outcome(text: str) -> str:
    """`read`, or the code of the refusal."""
    try:
        read(text)
    except DatamatrixError as error:
        return error.code
    return "read"


def test_the_published_text_is_split_and_written_back() -> None:
    assert split(VECTOR) == VECTOR_VALUES
    assert join(VECTOR_VALUES) == VECTOR


def test_the_published_text_is_no_ins() -> None:
    assert (error_of(VECTOR).code, error_of(VECTOR).place) == (P.VALUE, "S2")


def test_an_identity_is_written_in_the_order_of_the_blocks() -> None:
    assert (
        f"{HEADER}S1260058815400233S21.2.250.1.213.1.4.10S3JEANNE MARIE CECILE{GS}"
        f"S4D'ARC{GS}S5FS630-05-1960S788154"
    ) == GOOD


def test_an_oid_of_19_characters_is_followed_by_a_separator() -> None:
    text = write(replace(INS, oid=INS_NIR), TRAITS)
    assert f"S21.2.250.1.213.1.4.8{GS}S3" in text
    assert read(text).ins.oid == INS_NIR


def test_the_place_of_birth_may_be_left_out() -> None:
    text = write(INS, replace(TRAITS, birth_place=""))
    assert text.endswith("S630-05-1960")
    assert read(text).traits.birth_place == ""


@given(identities())
def test_an_identity_reads_back_as_it_was_written(identity: Datamatrix) -> None:
    assert read(write(identity.ins, identity.traits)) == identity


@given(identities(), st.permutations(BLOCKS))
def test_the_blocks_may_come_in_any_order(identity: Datamatrix, order: list[object]) -> None:
    values = split(write(identity.ins, identity.traits))
    text = HEADER
    for block in order:
        value = values.get(block.id, "")  # type: ignore[attr-defined]
        text += f"{block.id}{value}{GS}" if value else ""  # type: ignore[attr-defined]
    assert read(text) == identity


def test_separators_are_needed_only_where_a_block_could_go_on() -> None:
    values = split(GOOD)
    needy = {"S3", "S4"}  # the OID has its 20 characters
    for order in permutations(sorted(values)):
        body = "".join(f"{key}{values[key]}{GS if key in needy else ''}" for key in order)
        assert read(HEADER + body.removesuffix(GS)) == Datamatrix(INS, TRAITS)


@pytest.mark.parametrize("substitute", ["<GS>", "^]", "\t", "|", "\\x1D"])
def test_a_scanner_may_send_the_separator_otherwise(substitute: str) -> None:
    scanned = GOOD.replace(GS, substitute)
    assert read(scanned, separators=(GS, substitute)) == Datamatrix(INS, TRAITS)


@pytest.mark.parametrize("substitute", ["", " ", "-", "A", "S3"])
def test_what_a_value_may_hold_cannot_stand_for_the_separator(substitute: str) -> None:
    with pytest.raises(ValueError, match="separator"):
        read(GOOD, separators=(substitute,))


def test_a_wrong_key_is_told_and_not_refused() -> None:
    assert read(GOOD).ins.key_valid
    assert not read(GOOD.replace("260058815400233", "260058815400244")).ins.key_valid


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("IS01", "DC04", P.NOT_INS, "header"),
        ("IS01", "]d2IS01", P.NOT_INS, "header"),
        ("IS01", "IS02", P.VERSION, "header"),
        ("IS010", "IS011", P.HEADER, "header"),
        ("S5F", "S5F\r\n", P.CONTROL_CHARACTER, character("S5F", 3)),
        ("S5F", "S5F\x00", P.CONTROL_CHARACTER, character("S5F", 3)),
        ("S5F", "S5\x85", P.CONTROL_CHARACTER, character("S5F", 2)),
        ("S788154", "S888154", P.UNKNOWN_BLOCK, character("S788154")),
        ("S788154", "S788154x", P.UNKNOWN_BLOCK, character("S788154", 7)),
        ("S788154", f"{GS}{GS}S788154", P.UNKNOWN_BLOCK, character("S788154", 1)),
        ("S5F", "S5FS5M", P.REPEATED_BLOCK, "S5"),
        ("S5F", "", P.MISSING_BLOCK, "S5"),
        ("S1260058815400233", "", P.MISSING_BLOCK, "S1"),
        ("S788154", "S788", P.LENGTH, "S7"),
        ("S788154", "S7", P.LENGTH, "S7"),
        (f"S4D'ARC{GS}", f"S4{GS}", P.LENGTH, "S4"),
        ("S21.2.250.1.213.1.4.10", f"S21.2.250.1.213.1.4{GS}", P.LENGTH, "S2"),
        (f"CECILE{GS}", "CECILE", P.SEPARATOR, "S3"),
        ("S21.2.250.1.213.1.4.10", "S21.2.250.1.213.1.4.8", P.SEPARATOR, "S2"),
        ("1.4.10", "1.4.12", P.VALUE, "S2"),
        ("S1260058815400233", "S1260058_15400233", P.VALUE, "S1"),
        ("JEANNE MARIE", "Jeanne MARIE", P.VALUE, "S3"),
        ("JEANNE MARIE", "JEANNE  MARIE", P.VALUE, "S3"),
        ("D'ARC", "DÉARC", P.VALUE, "S4"),
        ("D'ARC", "D4ARC", P.VALUE, "S4"),
        ("S5F", "S5I", P.VALUE, "S5"),
        ("30-05-1960", "30/05/1960", P.VALUE, "S6"),
        ("30-05-1960", "30-05-0000", P.VALUE, "S6"),
        ("30-05-1960", "٣0-05-1960", P.VALUE, "S6"),
        ("S788154", "S7PARIS", P.VALUE, "S7"),
    ],
)
def test_a_broken_text_is_told_by_its_code_and_its_place(
    old: str, new: str, code: DatamatrixProblem, place: str
) -> None:
    assert old in GOOD, "the test breaks nothing"
    error = error_of(GOOD.replace(old, new, 1))
    assert (error.code, error.place) == (code, place)


def test_a_lost_separator_is_named_even_when_the_next_block_is_another() -> None:
    values = split(GOOD)
    text = f"{HEADER}S4{values['S4']}S5F{GS}" + "".join(f"{k}{values[k]}" for k in ("S6", "S1"))
    assert (error_of(text).code, error_of(text).place) == (P.SEPARATOR, "S4")


def test_a_text_without_end_is_refused() -> None:
    assert error_of(GOOD + "A" * LIMIT).code is P.TOO_LONG


def test_errors_never_repeat_what_was_read() -> None:
    error = error_of(GOOD.replace("S1260058815400233", "S126005_815400233"))
    assert "815400233" not in str(error)


@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 4),
    st.text(st.characters(categories=["Lu", "Nd", "Cc", "Pd"]), max_size=4),
)
def test_a_mutated_text_is_read_or_refused_with_a_code(at: int, cut: int, put: str) -> None:
    assert outcome(GOOD[:at] + put + GOOD[at + cut :]) in {"read", *P}


@given(st.text(max_size=80))
def test_any_text_is_refused_with_a_code(text: str) -> None:
    assert outcome(text) in set(P)
    assert outcome(HEADER + text) in set(P)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"given_names": ""}, "S3"),
        ({"sex": Sex.UNDETERMINED}, "S5"),
        ({"birth_date": BirthDate.estimate(1960)}, "S6"),
    ],
)
def test_an_identity_that_is_no_ins_is_not_written(changes: dict[str, object], place: str) -> None:
    with pytest.raises(DatamatrixError) as caught:
        write(INS, replace(TRAITS, **changes))  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.place) == (P.VALUE, place)


def test_a_name_too_long_for_its_block_is_not_cut() -> None:
    with pytest.raises(DatamatrixError) as caught:
        write(INS, replace(TRAITS, birth_name="A" * 101))
    assert (caught.value.code, caught.value.place) == (P.LENGTH, "S4")


def test_a_name_as_long_as_its_block_takes_no_separator() -> None:
    longest = replace(TRAITS, birth_name="A" * 100)
    assert f"S4{'A' * 100}S5" in write(INS, longest)
    assert read(write(INS, longest)).traits == longest
