"""The rules of the house that a machine can hold."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from carnet.ops import translations

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "carnet"
LONGEST_FILE = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "core", "common", "misc"}

# What tells of one machine or of where it installs from has no place in a public repository.
MACHINE = re.compile(
    r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/"
    r"|(?:extra-)?index-url|--find-links"
    r"|https?://[^/\s\"']*(?:artifactory|nexus|mirror|pypi|npmjs|pythonhosted|goproxy)",
    re.IGNORECASE,
)


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py") if "migrations" not in p.parts)


def tracked() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout: there is no list of what it tracks")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def routes(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, object]]:
    for pattern in patterns:
        place = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, place)
        else:
            yield place, pattern.callback


def test_imports_go_in_one_direction() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    ended = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_no_folder_or_module_has_a_name_that_says_nothing() -> None:
    named = {p for p in PACKAGE.rglob("*") if p.stem.lower() in NAMES_THAT_SAY_NOTHING}
    assert not named


def test_no_file_is_too_long_to_be_read_at_once() -> None:
    counts = {p: len(p.read_text(encoding="utf-8").splitlines()) for p in modules()}
    long = {str(p.relative_to(ROOT)): n for p, n in counts.items() if n > LONGEST_FILE}
    assert not long


@pytest.mark.parametrize("wing", ["national", "establishment"])
def test_every_address_says_who_may_come(wing: str) -> None:
    every = list(routes(get_resolver(f"carnet.ops.urls_{wing}").url_patterns))
    silent = [place for place, view in every if not getattr(view, "access", None)]
    assert every
    assert not silent


@pytest.mark.django_db
def test_the_migrations_make_the_tables_that_the_models_describe() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


@pytest.mark.parametrize("part", ["national", "establishment", "ops"])
def test_every_sentence_has_its_english(part: str) -> None:
    assert not list(translations.problems(PACKAGE / part))


def test_no_tracked_file_tells_of_one_machine() -> None:
    telling = {}
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a font, a compiled catalogue
        if path != Path(__file__) and (found := MACHINE.search(text)):
            telling[str(path.relative_to(ROOT))] = found[0]
    assert not telling
