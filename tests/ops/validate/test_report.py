"""What `carnet validate` prints and how it ends."""

import json
import os

import pytest

from carnet.ops import cli
from carnet.ops.validate import report
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict, shown
from tests.ops.validate import files
from tests.standards.cda.letters import MATRICULE


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.xml").write_bytes(files.cda())
    (tmp_path / "wrong.xml").write_bytes(files.cda().replace(b'code="FR"', b'code="DE"', 1))
    (tmp_path / "strange.bin").write_bytes(b"\x00")
    return tmp_path


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (["good.xml"], 0),
        (["wrong.xml"], 1),
        (["good.xml", "wrong.xml"], 1),
        (["strange.bin"], 2),
        (["wrong.xml", "strange.bin", "good.xml"], 2),
        (["absent.xml"], 2),
        (["."], 2),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_exit_code_tells_the_worst_file(folder, names, code, options, capsys) -> None:
    assert cli.main(["validate", *options, *names]) == code
    assert capsys.readouterr().err == ""


def test_a_person_reads_the_rule_the_place_the_problem_and_the_remedy(folder, capsys) -> None:
    cli.main(["validate", "wrong.xml"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "wrong.xml"
    assert lines[2].split(maxsplit=1) == ["erreur", "realm-code, dmp §5.1"]
    assert lines[3].strip().startswith("/ClinicalDocument")
    assert lines[5].strip().startswith("→ ")
    assert lines[-1].strip() == "1 erreur(s), 0 avertissement(s)"


def test_a_machine_reads_one_object_a_line(folder, capsys) -> None:
    cli.main(["validate", "--json", "good.xml", "wrong.xml", "absent.xml"])
    good, wrong, absent = map(json.loads, capsys.readouterr().out.splitlines())
    assert (good["kind"], good["errors"], good["findings"]) == ("cda", 0, [])
    assert wrong["findings"][0]["rule"] == "realm-code"
    assert set(wrong["findings"][0]) == {
        *("rule", "severity", "place", "problem", "remedy", "requirement")
    }
    assert (absent["kind"], absent["exit_code"]) == ("unknown", 2)


def test_errors_come_before_warnings(folder, capsys) -> None:
    verdict = Verdict(
        Kind.CDA,
        "",
        (Finding("b", "", "", severity=Severity.WARNING), Finding("a", "", "")),
    )
    assert [finding.rule for finding in report._ordered(verdict)] == ["a", "b"]


def test_a_file_that_is_too_large_is_not_read_to_its_end(folder, monkeypatch) -> None:
    monkeypatch.setattr(report, "LARGEST_FILE", 100)
    verdict = report.validate_file(folder / "good.xml")
    assert files.rules_of(verdict) == {"file-too-large"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_told(folder) -> None:
    (folder / "good.xml").chmod(0)
    assert files.rules_of(report.validate_file(folder / "good.xml")) == {"file-unreadable"}


def test_a_pipe_is_not_waited_for(folder) -> None:
    os.mkfifo(folder / "pipe")
    assert files.rules_of(report.validate_file(folder / "pipe")) == {"file-not-regular"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"IHE_XDM/{MATRICULE}.xml", f"IHE_XDM/{MATRICULE[:3]}….xml"),
        ("2A0352A12151898", "2A0352A12151898"),
        ("279032A21518989", "279…"),
        ("1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.10"),
        ("20260305143000123456", "20260305143000123456"),
        ("a\x1b[31mb\r\nc\x9b", "a\ufffd[31mb\ufffd\ufffdc\ufffd"),
    ],
)
def test_what_is_printed_holds_neither_matricule_nor_control(text, expected) -> None:
    assert shown(text) == expected


def test_what_is_printed_is_not_endless() -> None:
    assert len(shown("a" * 10_000)) < 1_000


def test_no_colour_is_printed_where_nobody_looks(folder, capsys) -> None:
    cli.main(["validate", "wrong.xml"])
    assert "\x1b" not in capsys.readouterr().out


def test_colours_are_printed_on_a_terminal(folder, capsys, monkeypatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    cli.main(["validate", "wrong.xml"])
    assert "\x1b[31merreur" in capsys.readouterr().out
