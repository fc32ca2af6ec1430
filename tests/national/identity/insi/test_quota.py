"""A structure has so many calls a minute, whichever process counts them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carnet.national.identity.insi import quota
from carnet.standards.ins.insi import InsiFault
from tests.national.world import NOW

pytestmark = pytest.mark.django_db


def refused(*seconds: int, caller: str = "1750803447") -> list[bool]:
    """Whether each call was, at these seconds of a minute; two are allowed."""
    found = []
    for at in seconds:
        error = ""
        try:
            quota.count(caller, most=2, now=NOW + timedelta(seconds=at))
        except InsiFault as fault:
            error = fault.error
        found.append(error == "carnet_quota")
    return found


def test_the_calls_of_a_minute_are_counted_by_structure() -> None:
    assert refused(0, 20, 40, 59) == [False, False, True, True]
    assert refused(59, caller="1750100125") == [False]


def test_a_new_minute_begins_from_nothing() -> None:
    assert refused(0, 1, 2, 60) == [False, False, True, False]


def test_a_clock_that_is_behind_counts_in_the_minute_that_has_begun() -> None:
    assert refused(60, 61, 59) == [False, False, True]
