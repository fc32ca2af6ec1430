"""The checklist of sign-in: each of its lines names a test that exists."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[3]
PAGE = TESTS.parent / "docs" / "reference" / "sign-in-checklist.md"


def test_every_line_of_the_checklist_names_a_test_that_exists() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    named = [re.findall(r"`(\S+\.py)::(\w+)`", row) for row in rows]
    heads = [row for row, found in zip(rows, named, strict=True) if not found]
    assert len(heads) == 2, heads
    for path, name in (each for found in named for each in found):
        assert f"\ndef {name}(" in (TESTS / path).read_text("utf-8"), f"{path}::{name}"
