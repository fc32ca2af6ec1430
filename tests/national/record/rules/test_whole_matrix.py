"""The matrix profession x type, cell by cell, in each version and around the day of each.

The files are read again here with `csv`, and a profession is found again in other words.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from carnet.national.journal.actors import Professional
from carnet.national.record import law
from carnet.national.record.rules import (
    Act,
    Authorisation,
    DocumentFacts,
    RecordFacts,
    decide,
    facts_for,
)
from carnet.standards import nos
from carnet.standards.xds.metadata import Code
from tests.national.record.rules.oracle import may, tie, who
from tests.national.record.rules.people import G15, PATIENT, PHYSICIAN, R01

G16 = "1.2.250.1.71.1.2.8"
FLAGS = list(product((False, True), repeat=3))  # masked, own, kin
IN_CARE = RecordFacts(authorisation=Authorisation.VALID, masked_in_emergency=True)

Rows = dict[str, dict[str, str]]


def rows_of(text: str) -> Rows:
    """The cells of a file, by type then by profession."""
    told = [line for line in text.splitlines() if not line.startswith("#")]
    return {f"{row['type']}^^{row['system']}": row for row in csv.DictReader(told, delimiter="\t")}


def opens(rows: Rows, actor: Professional, type_code: str) -> bool:
    """Whether the file opens this type to this professional: the nearest column that it has."""
    scheme, code = actor.profession.scheme, actor.profession.code
    asked = []
    for known in {G15: ("G15",), G16: ("G16", "G15")}.get(scheme, ()):
        if actor.specialty:
            asked.append(f"{known}_{code}/{actor.specialty.code}")
        asked.append(f"{known}_{code}")
    cells = rows.get(type_code, {})
    return next((cells[each] for each in asked if each in cells), "").startswith("oui")


def readers() -> Sequence[Professional]:
    """Each profession, with a card, in training too, and some that no file knows."""
    codes = [Code(each.code, each.system) for each in nos.value_set("professions")]
    students = [Code(each.code, G16) for each in codes]
    unknown = [Code("99", G15), Code("10", "1.2.3")]
    return [
        replace(PHYSICIAN, ps_idnat="1", profession=profession, specialty=specialty)
        for profession in dict.fromkeys([*codes, *students, *unknown])
        for specialty in (None, Code("SI04", R01), Code("SM54", R01))
    ]


TYPES = (
    *(f"{each.code}^^{each.system}" for each in nos.value_set("type_codes")),
    "NOUVEAU^^1.2.250.1.213.1.1.4.12",
)


@pytest.fixture
def versions(tmp_path: Path, settings: Any) -> dict[date, Rows]:
    """The version that is shipped, and one that turns every cell round and adds two columns."""
    folder = resources.files("carnet.national.record.rules") / "matrices"
    first = (folder / "2023-10-29.tsv").read_text("utf-8")
    head, *lines = [line.split("\t") for line in first.splitlines() if not line.startswith("#")]
    turned = [
        "\t".join(
            [
                *line[:3],
                *("non" if cell.startswith("oui") else "oui?" for cell in line[3:]),
                *("oui" if place % 2 else "", "non" if place % 3 else "oui"),
            ]
        )
        for place, line in enumerate(lines)
    ]
    second = "\n".join(
        (
            "# version: turned\n# since: 2027-01-01\n# source: a test",
            "\t".join([*head, "G15_60/SI04", "G16_10"]),
            *turned,
        )
    )
    (tmp_path / "first.tsv").write_text(first, "utf-8")
    (tmp_path / "second.tsv").write_text(second, "utf-8")
    settings.CARNET_MATRICES = tmp_path
    return {date(2023, 10, 29): rows_of(first), date(2027, 1, 1): rows_of(second)}


def test_every_cell_of_every_version_is_what_is_applied_from_its_day(
    versions: dict[date, Rows], tell: Callable[[str], None]
) -> None:
    covered, contradictions = 0, []
    before: Rows = {}
    for since, rows in versions.items():
        midnight = datetime(since.year, since.month, since.day, tzinfo=law.PARIS).astimezone(UTC)
        for now, in_force in ((midnight - timedelta(seconds=1), before), (midnight, rows)):
            matrix = law.matrix(now)
            for actor, type_code in product(readers(), TYPES):
                covered += 1
                if matrix.opens(actor, type_code) is not opens(in_force, actor, type_code):
                    contradictions.append((now, actor, type_code))
        before = rows
    tell(f"matrix: {covered} cells by day, {len(contradictions)} contradictions")
    assert not contradictions[:5]


def test_every_profession_reads_what_the_cell_the_secrecy_and_the_context_let_it(
    versions: dict[date, Rows], tell: Callable[[str], None]
) -> None:
    covered, contradictions = 0, []
    matrix = law.matrix(datetime(2026, 6, 1, tzinfo=UTC))
    rows = versions[date(2023, 10, 29)]
    for reader, purpose in product(readers(), ("normal", "bris_de_glace", "centre_15")):
        actor = replace(reader, purpose=purpose)
        tied = tie(who(actor, PATIENT, is_medecin_traitant=False), IN_CARE)
        for type_code in TYPES:
            listed = opens(rows, actor, type_code)
            for masked, own, kin in FLAGS:
                facts = facts_for(
                    actor,
                    DocumentFacts(masked=masked),
                    author_ids=frozenset({actor.ps_idnat} if own else ()),
                    structures=frozenset(),
                    type_code=type_code,
                    matrix=matrix,
                )._replace(kin=kin)
                paper = DocumentFacts(masked=masked, own=own, kin=kin, listed=listed)
                covered += 1
                allowed = decide(actor, Act.READ, PATIENT, IN_CARE, facts).allowed
                if allowed is not may(tied, Act.READ, paper):
                    contradictions.append((actor, type_code, paper))
    tell(
        f"matrix: {covered} combinations of profession, type, secrecy, tie and context,"
        f" {len(contradictions)} contradictions"
    )
    assert not contradictions[:5]
