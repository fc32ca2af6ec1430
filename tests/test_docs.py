"""The reference pages are what the code says, and their examples run."""

from __future__ import annotations

import argparse
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from carnet.ops import cli
from carnet.standards.hl7v2 import er7
from tests.ops.validate import files
from tests.standards.hl7v2.perfect import with_field

DOCS = Path(__file__).parents[1] / "docs"
COMMAND_LINE = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
FRENCH = {**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "120"}


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=FRENCH,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )


def test_the_pages_made_from_the_code_are_up_to_date() -> None:
    ended = run("docs/build.py", "--check", folder=DOCS.parent)
    assert ended.returncode == 0, ended.stdout


def test_what_the_page_of_coverage_says_in_words_is_about_requirements_that_exist() -> None:
    said = runpy.run_path(str(DOCS / "elsewhere.py"))
    lines = (DOCS / "requirements.tsv").read_text("utf-8").splitlines()[2:]
    known = {line.partition("\t")[0] for line in lines}
    missing, elsewhere = said["missing"](), said["words"]()
    assert missing.keys() | elsewhere.keys() <= known
    assert not missing.keys() & elsewhere.keys()
    words = (*said["LATER"].values(), *said["NO_SUCH_PART"].values())
    named = [each for line in words for each in said["ids"](line)]
    assert len(named) == len(set(named))


def examples_of(page: str) -> Iterator[tuple[str, str, int | None]]:
    """The commands of a page: arguments, output, exit code when it is shown."""
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        steps = [step.partition("\n") for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
        for number, (command, _, output) in enumerate(steps):
            if command == "echo $?":
                continue
            asked = steps[number + 1 : number + 2]
            code = int(asked[0][2]) if asked and asked[0][0] == "echo $?" else None
            yield command.removeprefix("carnet "), output, code


EXAMPLES = list(examples_of(COMMAND_LINE))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the examples are about."""
    without_id = er7.write(with_field(files.adt(), "PID", 3, ""))
    for name, data in {
        "lettre.xml": files.cda(),
        "realm-de.xml": files.cda().replace(b'code="FR"', b'code="DE"', 1),
        "message.eml": files.mail(),
        "admission-sans-ipp.hl7": without_id,
        "photo.png": b"\x89PNG\r\n\x1a\n",
    }.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_the_page_of_the_command_line_has_examples() -> None:
    assert len(EXAMPLES) > 4


@pytest.mark.parametrize(("arguments", "output", "code"), EXAMPLES)
def test_an_example_of_the_command_line_does_what_the_page_shows(
    folder: Path, arguments: str, output: str, code: int | None
) -> None:
    ended = run("-m", "carnet.ops.cli", *shlex.split(arguments), folder=folder)
    assert ended.stdout == output
    assert ended.returncode == (code if code is not None else ended.returncode)


def subcommands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return {
        name: command
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, command in action.choices.items()
    }


def words_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """What a user may write: options, choices, and those of the subcommands."""
    for action in parser._actions:
        yield from (option for option in action.option_strings if option not in ("-h", "--help"))
        yield from (str(choice) for choice in action.choices or ())
    for command in subcommands(parser).values():
        yield from words_of(command)


def test_every_command_and_option_is_in_the_page() -> None:
    for name, parser in subcommands(cli._parser()).items():
        _, _, section = COMMAND_LINE.partition(f"\n## carnet {name}\n")
        section = section.partition("\n## ")[0]
        missing = [word for word in words_of(parser) if word not in section]
        assert section, name
        assert not missing, name


def test_every_link_of_the_reference_pages_leads_somewhere() -> None:
    for page in (DOCS / "reference").glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
