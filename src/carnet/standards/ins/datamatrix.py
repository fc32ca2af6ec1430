"""The text of a datamatrix INS: what the symbol on a document or a label says of its holder.

It is not signed: an identity that was scanned helps to search or to create, and follows the rules
of reception like any other. Only an identité qualifiée is printed (RNIV 1 EXI PP 21).
Source: ANS, Format datamatrix INS v2.2 (26/09/2023); spec identity §2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from carnet.standards.ids import INS_OIDS, IdentifierError, Ins, Oid
from carnet.standards.ins.birth_date import BirthDate
from carnet.standards.ins.lexical import Trait, TraitError
from carnet.standards.ins.traits import Sex, Traits

#: Group separator, ends a variable block that is shorter than it could be.
GS: Final = "\x1d"
#: Marker, version, and 22 characters kept for later.
HEADER: Final = "IS01" + 22 * "0"
#: Characters of a text at most: longer than all blocks at their longest.
LIMIT: Final = 512


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of data: its identifier, its length in characters, whether it must be there."""

    id: str
    shortest: int
    longest: int
    required: bool = True

    @property
    def variable(self) -> bool:
        """Whether the length may vary, so that a separator may be needed."""
        return self.shortest < self.longest


#: The blocks, in the order in which they are written; they are read in any order.
BLOCKS: Final = (
    Block("S1", 15, 15),  # matricule and key
    Block("S2", 19, 20),  # OID
    Block("S3", 1, 100),  # list of given names
    Block("S4", 1, 100),  # birth name
    Block("S5", 1, 1),  # sex
    Block("S6", 10, 10),  # date of birth
    Block("S7", 5, 5, required=False),  # COG of the place of birth
)
_BY_ID: Final = {block.id: block for block in BLOCKS}


class DatamatrixProblem(StrEnum):
    """What is wrong with a text, as a stable code."""

    NOT_INS = "not_ins"  #: not a datamatrix INS at all
    VERSION = "version"
    HEADER = "header"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    UNKNOWN_BLOCK = "unknown_block"
    REPEATED_BLOCK = "repeated_block"
    MISSING_BLOCK = "missing_block"
    LENGTH = "length"
    SEPARATOR = "separator"  #: a separator is missing, often swallowed by the scanner
    VALUE = "value"


class DatamatrixError(ValueError):
    """A text is no datamatrix INS, or an identity cannot be written as one.

    `place` is a block (`S3`), `header`, or `character 31` counted from 1 once separators are
    restored. `reason` is in English and never repeats a value.
    """

    def __init__(self, code: DatamatrixProblem, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.code = code
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Datamatrix:
    """What a datamatrix INS says. `ins.key_valid` tells a wrong key, which INSi may have given.

    The first given name is not written: the first word of the list stands for it, to be confirmed
    (RNIV 1 annex III, EXI SI 29).
    """

    ins: Ins
    traits: Traits


def read(text: str, *, separators: Iterable[str] = (GS,)) -> Datamatrix:
    """Read a text, its blocks in any order. Raises `DatamatrixError`.

    `separators` are the texts by which a scanner may send the group separator (`<GS>`, `^]`…).
    """
    values = split(text, separators=separators)
    for block in BLOCKS:
        if block.required and block.id not in values:
            raise DatamatrixError(
                DatamatrixProblem.MISSING_BLOCK, block.id, "this block is required"
            )
    return Datamatrix(_ins(values), _traits(values))


def write(ins: Ins, traits: Traits) -> str:
    """The text for an identité qualifiée. Raises `DatamatrixError` when a trait cannot be said."""
    lacking = {
        "S3": not traits.given_names,
        "S5": traits.sex is Sex.UNDETERMINED,
        "S6": traits.birth_date.estimated,
    }
    for place, absent in lacking.items():
        if absent:
            raise DatamatrixError(
                DatamatrixProblem.VALUE, place, "this trait is not known as an INS needs it"
            )
    return join(
        {
            "S1": ins.matricule,
            "S2": ins.oid,
            "S3": traits.given_names,
            "S4": traits.birth_name,
            "S5": traits.sex.value,
            "S6": traits.birth_date.french.replace("/", "-"),
            "S7": traits.birth_place,
        }
    )


def split(text: str, *, separators: Iterable[str] = (GS,)) -> dict[str, str]:
    """The values by block, unjudged but for their lengths. Raises `DatamatrixError`."""
    text = _separated(text, separators)
    values: dict[str, str] = {}
    position = len(HEADER)
    while position < len(text):
        block = _BY_ID.get(text[position : position + 2])
        if block is None:
            raise DatamatrixError(
                DatamatrixProblem.UNKNOWN_BLOCK,
                f"character {position + 1}",
                "expected the identifier of a block, S1 to S7",
            )
        if block.id in values:
            raise DatamatrixError(DatamatrixProblem.REPEATED_BLOCK, block.id, "seen twice")
        start = position + 2
        value = text[start : start + block.longest].partition(GS)[0]
        _check_length(block, value)
        if block.variable and re.search("S[1-7]", text[start : start + len(value) + 1]):
            raise DatamatrixError(
                DatamatrixProblem.SEPARATOR,
                block.id,
                "the separator after this block is missing: the scanner must send it",
            )
        values[block.id] = value
        position = start + len(value)
        # Written by some after any block; no block begins with it, so nothing is ambiguous.
        position += text.startswith(GS, position)
    return values


def join(values: Mapping[str, str]) -> str:
    """The text of these values by block, in the order of `BLOCKS`; an empty one is left out.

    Raises `DatamatrixError` for a length that is not allowed or a required block that is empty.
    """
    present = [block for block in BLOCKS if block.required or values.get(block.id)]
    parts = [HEADER]
    for block in present:
        value = values.get(block.id, "")
        _check_length(block, value)
        ends = block.variable and len(value) < block.longest and block is not present[-1]
        parts.append(f"{block.id}{value}{GS if ends else ''}")
    return "".join(parts)


def _check_length(block: Block, value: str) -> None:
    if not block.shortest <= len(value) <= block.longest:
        expected = " to ".join(map(str, sorted({block.shortest, block.longest})))
        raise DatamatrixError(DatamatrixProblem.LENGTH, block.id, f"expected {expected} characters")


def _separated(text: str, separators: Iterable[str]) -> str:
    """`text` with its group separators restored, its header and its characters checked."""
    if len(text) > LIMIT:
        raise DatamatrixError(DatamatrixProblem.TOO_LONG, "header", f"more than {LIMIT} characters")
    for substitute in separators:
        if re.fullmatch(r"[A-Z0-9 '.-]*", substitute):
            raise ValueError("a separator must hold a character that no value may hold")
        text = text.replace(substitute, GS)
    control = re.search("[\x00-\x1c\x1e\x1f\x7f-\x9f]", text)
    if control:
        raise DatamatrixError(
            DatamatrixProblem.CONTROL_CHARACTER,
            f"character {control.start() + 1}",
            "a control character is not allowed",
        )
    if not text.startswith(HEADER[:2]):
        raise DatamatrixError(DatamatrixProblem.NOT_INS, "header", "expected IS")
    if text[2:4] != HEADER[2:4]:
        raise DatamatrixError(DatamatrixProblem.VERSION, "header", "only version 01 is known")
    if not text.startswith(HEADER):
        raise DatamatrixError(DatamatrixProblem.HEADER, "header", "expected IS01 and 22 zeros")
    return text


def _ins(values: Mapping[str, str]) -> Ins:
    if values["S2"] not in INS_OIDS:
        raise DatamatrixError(DatamatrixProblem.VALUE, "S2", "the OID is not one of an INS")
    try:
        return Ins(values["S1"], Oid(values["S2"]))
    except IdentifierError as error:
        raise DatamatrixError(DatamatrixProblem.VALUE, "S1", error.reason) from None


_PLACES: Final = {
    Trait.GIVEN_NAMES: "S3",
    Trait.FIRST_GIVEN_NAME: "S3",
    Trait.BIRTH_NAME: "S4",
    Trait.SEX: "S5",
    Trait.BIRTH_DATE: "S6",
    Trait.BIRTH_PLACE: "S7",
}


def _traits(values: Mapping[str, str]) -> Traits:
    try:
        return Traits(
            birth_name=values["S4"],
            first_given_name=values["S3"].partition(" ")[0],
            sex=_sex(values["S5"]),
            birth_date=_birth_date(values["S6"]),
            given_names=values["S3"],
            birth_place=values.get("S7", ""),
        )
    except TraitError as error:
        raise DatamatrixError(DatamatrixProblem.VALUE, _PLACES[error.trait], error.reason) from None


def _sex(value: str) -> Sex:
    if value not in (Sex.FEMININE, Sex.MASCULINE):
        raise TraitError(Trait.SEX, "expected F or M")
    return Sex(value)


def _birth_date(value: str) -> BirthDate:
    parts = re.fullmatch("([0-9]{2})-([0-9]{2})-([0-9]{4})", value)
    if not parts:
        raise TraitError(Trait.BIRTH_DATE, "expected JJ-MM-AAAA")
    day, month, year = parts.groups()
    return BirthDate.parse(f"{year}-{month}-{day}")
