"""The matrix profession x type: its versions, its file, and what it opens (R-148)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from carnet.national.journal.actors import Citizen, Establishment
from carnet.national.record import law
from carnet.national.record.rules.matrix import (
    EMPTY,
    MatrixError,
    matrix_of,
    ordered,
    read,
    shipped,
)
from carnet.standards import nos
from carnet.standards.xds.metadata import Code
from tests.national.world import PHYSICIAN_READER

G15, G16, R01 = "1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8", "1.2.250.1.71.4.2.5"
REPORT = "11488-4^^2.16.840.1.113883.6.1"
RESIDENCE = "ATTEST-RESID^^1.2.250.1.213.1.1.4.12"
PSYCHIATRY = "68599-0^^2.16.840.1.113883.6.1"
FILE = (
    "# version: test\n# since: 2030-01-01\n# source: a test\n"
    "type\tsystem\tlabel\tG15_60\tG15_60/SI04\tG16_10\n"
    "11488-4\t2.16.840.1.113883.6.1\tCR\toui\toui\tnon\n"
    "68599-0\t2.16.840.1.113883.6.1\tSynthèse\tnon\toui?\t\n"
)


def reader(profession: str, scheme: str = G15, specialty: str = "") -> Any:
    return replace(
        PHYSICIAN_READER,
        profession=Code(profession, scheme),
        specialty=Code(specialty, R01) if specialty else None,
    )


def test_the_shipped_version_holds_what_is_known_of_the_order_of_2023() -> None:
    (matrix,) = shipped()
    assert matrix.since == date(2023, 10, 29)
    physician, nurse, dentist = reader("10"), reader("60"), reader("40")
    types = {f"{each.code}^^{each.system}" for each in nos.value_set("type_codes")}
    assert {each for each in types if not matrix.opens(physician, each)} == {RESIDENCE}
    assert matrix.opens(nurse, REPORT)
    assert not matrix.opens(nurse, PSYCHIATRY)
    assert not matrix.opens(dentist, PSYCHIATRY)
    unconfirmed = {matrix.cell("G15_21", each)[-1] for each in types}
    assert unconfirmed == {"?"}


@pytest.mark.parametrize(
    "actor",
    [
        reader("99"),
        reader("10", "1.2.3"),
        Citizen(UUID(int=1), UUID(int=1), "X"),
        Establishment("1750803447", "CH"),
    ],
)
def test_who_is_not_named_is_opened_nothing(actor: Any) -> None:
    (matrix,) = shipped()
    assert not matrix.opens(actor, REPORT)
    assert matrix.opened(actor) == "{}"


def test_a_type_that_is_not_named_is_closed() -> None:
    assert not shipped()[0].opens(reader("10"), "NOUVEAU^^1.2.250.1.213.1.1.4.12")


def test_a_specialty_and_a_training_may_have_a_column_of_their_own() -> None:
    matrix = read(FILE)
    assert not matrix.opens(reader("60"), PSYCHIATRY)
    assert matrix.opens(reader("60", specialty="SI04"), PSYCHIATRY)
    assert matrix.opens(reader("60", specialty="SI01"), REPORT)
    assert not matrix.opens(reader("10", G16), REPORT)
    assert shipped()[0].opens(reader("10", G16), REPORT)


def test_the_version_of_the_day_is_applied_and_before_the_first_nothing_is_open() -> None:
    versions = ordered([read(FILE), *shipped()])
    assert matrix_of(date(2029, 12, 31), versions).version != "test"
    assert matrix_of(date(2030, 1, 1), versions).version == "test"
    assert matrix_of(date(2023, 10, 28), versions) is EMPTY
    with pytest.raises(MatrixError, match="same day"):
        ordered([read(FILE), read(FILE)])


def test_a_server_applies_the_files_of_its_folder(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "2030.tsv").write_text(FILE, "utf-8")
    settings.CARNET_MATRICES = tmp_path
    assert law.matrix(datetime(2029, 12, 31, 23, 30, tzinfo=UTC)).version == "test"
    assert law.matrix(datetime(2029, 12, 31, 22, 30, tzinfo=UTC)) is EMPTY


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("# since: 2030-01-01", "# since: demain", "since"),
        ("# version: test\n", "", "version"),
        ("type\tsystem", "code\tsystem", "head"),
        ("G15_60\tG15_60/SI04", "G15_60\tG15_60", "twice"),
        ("G16_10", "G15_1000", "unknown"),
        ("CR\toui\toui\tnon", "CR\toui\toui", "line 5"),
        ("11488-4\t", "11488-5\t", "line 5"),
        ("68599-0\t", "11488-4\t", "twice"),
        ("oui?", "peut-être", "no cell"),
    ],
)
def test_a_file_that_is_not_a_matrix_is_refused_whole(wrong: str, right: str, told: str) -> None:
    assert wrong in FILE
    with pytest.raises(MatrixError, match=told):
        read(FILE.replace(wrong, right, 1))


def test_the_command_checks_a_file_and_says_what_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "matrix.tsv"
    file.write_text(FILE, "utf-8")
    said = StringIO()
    call_command("matrix", file, stdout=said)
    assert "test, from 2030-01-01: 3 professions, 2 types, 1 cells not confirmed" in said.getvalue()
    assert "+ G15_60/SI04 68599-0 Synthèse psychiatrique" in said.getvalue()
    assert "- G15_10 11488-4" in said.getvalue()
    file.write_text("nonsense", "utf-8")
    with pytest.raises(CommandError, match="since"):
        call_command("matrix", file)
