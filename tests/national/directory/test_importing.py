"""Extracts come in by batches, are resumed after a stop, close what they no longer have."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from carnet.national.directory import models, queries
from carnet.national.directory.importing import ImportFailed, Progress, load
from carnet.standards.directory.extracts import ExtractError
from tests.national.directory.extracts import (
    ACTIVITY_COLUMNS,
    DIPLOMA_COLUMNS,
    MAILBOX_COLUMNS,
    SAVOIR_FAIRE_COLUMNS,
    activity,
    written,
)
from tests.national.world import NOW, TESTS

pytestmark = pytest.mark.django_db

_STUDENT = {"Code catégorie professionnelle": "E"}
LATER = NOW + timedelta(days=1)
FINESS_ET = (
    "finess;etalab;111;2026-05-12\n"
    "structureet;990000101;990000011;CH ESSAI;CENTRE HOSPITALIER DE L'ESSAI;;;9;RTE;DU LAC;;;100;"
    "99;AUBRE;99100 ESSAI SUR AUBRE;0400000000;;355;Centre Hospitalier;1102;CH;99000010100012;"
    "8610Z;03;ARS;1;Public;1979-02-13;1979-02-13;2020-02-04;\n"
)


def activities(folder: Path, *rows: dict[str, str], **more: object) -> Path:
    return written(folder / "Personne_activite.txt", ACTIVITY_COLUMNS, rows, **more)  # type: ignore[arg-type]


def test_a_line_makes_a_professional_an_exercise_and_a_place(tmp_path: Path) -> None:
    done = load(TESTS, activities(tmp_path, activity("99000000012", "NOËL-D'ARC")), now=NOW)
    assert (done.rows, done.refused, done.closed, done.line) == (1, 0, 0, 2)
    found = queries.professional("899000000012")
    assert found is not None
    assert (found.name, found.structures) == ("DR Léa NOËL-D'ARC", ("1990000101",))
    assert (found.profession.code, found.specialty and found.specialty.code) == ("10", "SM26")
    place = queries.structure("1990000101")
    assert place is not None
    assert (place.name, place.address) == ("HOPITAL DE L'ESSAI", "DU LAC, 99100 Essai-sur-Aubre")
    exercise = models.Exercise.objects.get()
    assert (exercise.mode, exercise.is_active, exercise.last_updated) == ("S", True, NOW)
    assert models.Professional.objects.get().names == " noel d arc lea"


def test_a_student_is_one_in_training(tmp_path: Path) -> None:
    student = activity("99000000012", **_STUDENT)
    both = activity("99000000020", "BON")
    load(TESTS, activities(tmp_path, student, both, {**both, **_STUDENT}), now=NOW)
    systems = {"899000000012": "1.2.250.1.71.1.2.8", "899000000020": "1.2.250.1.71.1.2.7"}
    for ps_idnat, system in systems.items():
        found = queries.professional(ps_idnat)
        assert found is not None
        assert (found.profession.code, found.profession.scheme) == ("10", system)


def test_the_same_extract_again_changes_nothing(tmp_path: Path) -> None:
    path = activities(tmp_path, activity("99000000012"), activity("99000000020", "BON"))
    load(TESTS, path, now=NOW)
    done = load(TESTS, path, now=LATER)
    assert (done.rows, done.closed) == (2, 0)
    for table in (models.Professional, models.Structure, models.Exercise):
        assert set(table.objects.values_list("last_updated", flat=True)) == {NOW}


def test_what_an_extract_no_longer_has_is_closed_and_comes_back(tmp_path: Path) -> None:
    elsewhere = {"Numéro FINESS site": "990000202", "Raison sociale site": "AUTRE"}
    both = (activity("99000000012"), activity("99000000020", "BON", **elsewhere))
    load(TESTS, activities(tmp_path, *both), now=NOW)
    done = load(TESTS, activities(tmp_path, both[0]), now=LATER)
    assert done.closed == 1
    gone = models.Professional.objects.get(family_name="BON")
    assert (gone.is_active, gone.last_updated) == (False, LATER)
    assert not models.Structure.objects.get(struct_idnat="1990000202").is_active
    left = queries.professional("899000000020")
    assert left is not None
    assert left.structures == ()
    kept = models.Professional.objects.get(family_name="MARTIN")
    assert (kept.is_active, kept.last_updated) == (True, NOW)
    number = gone.number
    load(TESTS, activities(tmp_path, *both), now=LATER)
    gone.refresh_from_db()
    assert (gone.is_active, gone.number) == (True, number)
    assert models.Exercise.objects.filter(is_active=True).count() == 2
    assert not models.Seen.objects.exists()


def test_a_file_cut_short_closes_nothing(tmp_path: Path) -> None:
    many = [activity(f"99{order:09d}", f"NOM{order}") for order in range(150)]
    load(TESTS, activities(tmp_path, *many), now=NOW)
    short = activities(tmp_path, *many[:20])
    with pytest.raises(ImportFailed, match="130 of 150 would be closed"):
        load(TESTS, short, now=LATER)
    assert models.Exercise.objects.filter(is_active=True).count() == 150
    done = load(TESTS, short, now=LATER, most_closed=1)
    assert (done.closed, done.resumed_at) == (130, 21)


def test_a_stopped_import_goes_on_after_its_last_batch(tmp_path: Path) -> None:
    rows = [activity(f"99{order:09d}", f"NOM{order}") for order in range(50)]
    path = activities(tmp_path, *rows)

    def kill(progress: Progress) -> None:
        if progress.line >= 21:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(TESTS, path, now=NOW, batch=10, progress=kill)
    assert models.Professional.objects.count() == 20
    lines: list[int] = []
    done = load(TESTS, path, now=NOW, batch=10, progress=lambda told: lines.append(told.line))
    assert (done.rows, done.resumed_at) == (50, 21)
    assert lines[0] == 31
    assert models.Professional.objects.count() == 50
    assert models.Import.objects.filter(ended_at=None).count() == 0


def test_a_line_that_cannot_be_read_is_told_and_skipped(tmp_path: Path) -> None:
    path = activities(
        tmp_path,
        activity("99000000012"),
        activity("12"),
        activity("99000000020", ""),
        activity("99000000020", "BON", **{"Numéro FINESS site": "x"}),
        activity("99000000038", "TAB\tUL\\ATION"),
        extra=["a|b", "", "\x00" * 3, "x" * 70_000],
    )
    told: list[tuple[int, str]] = []
    done = load(TESTS, path, now=NOW, refuse=lambda line, reason: told.append((line, reason)))
    assert [line for line, _reason in told] == [3, 4, 5, 7, 9, 10]
    assert told[3][1] == "2 columns, 56 are expected"
    assert (done.rows, done.refused) == (2, 6)
    assert models.Professional.objects.filter(family_name="TAB\tUL\\ATION").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_extracts_of_other_times_are_read(tmp_path: Path, encoding: str) -> None:
    load(
        TESTS,
        activities(tmp_path, activity("99000000012", "NOËL"), encoding=encoding),
        now=NOW,
    )
    assert models.Professional.objects.get().family_name == "NOËL"


def test_an_archive_of_one_file_is_read_as_it_comes(tmp_path: Path) -> None:
    path = activities(tmp_path, activity("99000000012"))
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        archive.write(path)
    assert load(TESTS, tmp_path / "one.zip", now=NOW).rows == 1
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(path)
        archive.writestr("other.txt", "x")
    with pytest.raises(ExtractError, match="2 files"):
        load(TESTS, tmp_path / "two.zip", now=NOW)


@pytest.mark.parametrize("first", ["", "a|b|c", "Identification nationale PP|Code mode exercice"])
def test_another_file_is_refused_before_anything(tmp_path: Path, first: str) -> None:
    path = tmp_path / "file.txt"
    path.write_text(f"{first}\n")
    with pytest.raises(ExtractError):
        load(TESTS, path, now=NOW)
    assert not models.Import.objects.exists()


def test_qualifications_are_added_to_those_of_the_activities(tmp_path: Path) -> None:
    load(TESTS, activities(tmp_path, activity("99000000012")), now=NOW)
    said = {"Identification nationale PP": "899000000012", "Code profession": "10"}
    more = {"Code type savoir-faire": "C", "Code savoir-faire": "C35"}
    path = written(
        tmp_path / "sf.txt",
        SAVOIR_FAIRE_COLUMNS,
        [said | more, said | more | {"Identification nationale PP": "899000000020"}],
    )
    told: list[tuple[int, str]] = []
    done = load(TESTS, path, now=LATER, refuse=lambda line, reason: told.append((line, reason)))
    assert (done.kind, told[0][0]) == ("savoir-faire", 3)
    diploma = {
        "Identification nationale PP": "899000000012",
        "Code type diplôme obtenu": "DE",
        "Code diplôme obtenu": "DE05",
    }
    load(TESTS, written(tmp_path / "d.txt", DIPLOMA_COLUMNS, [diploma]), now=LATER)
    found = models.Qualification.objects.filter(is_active=True)
    assert {(each.kind, each.code) for each in found} == {
        ("profession", "10"),
        ("savoir_faire", "SM26"),
        ("savoir_faire", "C35"),
        ("diploma", "DE05"),
    }
    assert models.Professional.objects.get().last_updated == LATER
    # The extract of activities does not close what the others say.
    load(TESTS, activities(tmp_path, activity("99000000012")), now=LATER)
    assert models.Qualification.objects.filter(is_active=True).count() == 4


def test_mailboxes_go_to_who_holds_them(tmp_path: Path) -> None:
    load(TESTS, activities(tmp_path, activity("99000000012")), now=NOW)

    def box(kind: str, address: str, who: str = "", where: str = "") -> dict[str, str]:
        return {
            "Type de BAL": kind,
            "Adresse BAL": address,
            "Identification nationale PP": who,
            "Type identifiant structure": "1" if where else "",
            "Identification Structure": where,
        }

    path = written(
        tmp_path / "bal.txt",
        MAILBOX_COLUMNS,
        [
            box("PER", "Lea.Martin@pro.mssante.fr", "899000000012"),
            box("PER", "lea@ch.mssante.fr", "899000000012", "990000101"),
            box("PER", "lea@elsewhere.mssante.fr", "899000000012", "990000999"),
            box("ORG", "accueil@ch.mssante.fr", "", "1990000101"),
            box("ORG", "nowhere@ch.mssante.fr", "", "990000999"),
            box("PER", "nobody@ch.mssante.fr", "899000000020"),
            box("PER", "no address", "899000000012"),
            box("XXX", "x@ch.mssante.fr", "899000000012"),
        ],
    )
    told: list[int] = []
    load(TESTS, path, now=LATER, refuse=lambda line, _reason: told.append(line))
    assert sorted(told) == [6, 7, 8, 9]
    held = {
        each.address: (each.professional_id, each.structure_id)
        for each in models.Mailbox.objects.all()
    }
    assert held == {
        "lea.martin@pro.mssante.fr": ("899000000012", None),
        "lea@ch.mssante.fr": ("899000000012", "1990000101"),
        "lea@elsewhere.mssante.fr": ("899000000012", None),
        "accueil@ch.mssante.fr": (None, "1990000101"),
    }
    for table in (models.Professional, models.Exercise, models.Structure):
        assert table.objects.get().last_updated == LATER
    first = written(
        tmp_path / "bal.txt",
        MAILBOX_COLUMNS,
        [box("ORG", "accueil@ch.mssante.fr", "", "1990000101")],
    )
    assert load(TESTS, first, now=LATER).closed == 3


def test_finess_says_what_a_structure_is_and_to_whom_it_belongs(tmp_path: Path) -> None:
    load(TESTS, activities(tmp_path, activity("99000000012")), now=NOW)
    path = tmp_path / "etalab.csv"
    path.write_bytes(FINESS_ET.encode("latin-1"))
    load(TESTS, path, now=LATER)
    place = models.Structure.objects.get(struct_idnat="1990000101")
    assert (place.name, place.parent_id) == ("CENTRE HOSPITALIER DE L'ESSAI", "1990000011")
    assert (place.city, place.commune, place.category) == ("ESSAI SUR AUBRE", "99100", "355")
    assert queries.covers("1990000011", "1990000101")
    # What FINESS said, the RPPS does not change.
    load(TESTS, activities(tmp_path, activity("99000000012")), now=LATER)
    place.refresh_from_db()
    assert place.name == "CENTRE HOSPITALIER DE L'ESSAI"


def test_what_was_registered_here_is_left_alone(tmp_path: Path) -> None:
    load(TESTS, activities(tmp_path, activity("99000000012")), now=NOW)
    models.Professional.objects.update(fed_by="", family_name="ICI")
    models.Exercise.objects.update(fed_by="")
    load(TESTS, activities(tmp_path, activity("99000000012")), now=LATER)
    load(TESTS, activities(tmp_path, activity("99000000020", "BON")), now=LATER)
    kept = models.Professional.objects.get(ps_idnat="899000000012")
    assert (kept.family_name, kept.is_active) == ("ICI", True)
