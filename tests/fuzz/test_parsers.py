"""Every reader of what comes from elsewhere: whatever comes, it is read or refused, and soon."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.driving import drive, spoilt
from tests.fuzz.targets import TARGETS, Target

EACH = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)

# cryptography only warns of a serial number below 1; nobody trusted has issued it.
pytestmark = pytest.mark.filterwarnings("ignore:Parsed a serial number")


@EACH
def test_what_is_spoilt_is_read_or_refused_in_the_words_of_its_reader(
    target: Target, tmp_path: Path
) -> None:
    seeds = [*target.seeds(), *target.examples()]
    drive(
        target.name,
        spoilt(target.name, seeds, target.mutation),
        target.read,
        target.refusals,
        tmp_path,
    )


@EACH
def test_what_once_broke_a_reader_breaks_it_no_more(target: Target, tmp_path: Path) -> None:
    drive(target.name, iter(target.found()), target.read, target.refusals, tmp_path)


@EACH
def test_what_is_perfect_is_read(target: Target) -> None:
    """Or the fuzzing would only ever see the first check."""
    for seed in target.seeds():
        target.read(seed)
