"""From XDS text to columns."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.national.record import entries


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - drawn without zone
def test_a_whole_time_is_read_to_the_second(moment: datetime) -> None:
    text = moment.strftime("%Y%m%d%H%M%S")
    assert entries.moment(text) == moment.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2024", (2024, 1, 1)), ("202403", (2024, 3, 1)), ("20240308", (2024, 3, 8))],
)
def test_a_time_cut_short_is_its_first_instant(text: str, expected: tuple[int, int, int]) -> None:
    assert entries.moment(text) == datetime(*expected, tzinfo=UTC)


@given(st.text())
def test_any_text_is_a_time_or_is_refused(text: str) -> None:
    try:
        assert entries.moment(text).tzinfo is UTC
    except ValueError:
        return


@given(st.text())
def test_any_person_or_structure_is_read_as_far_as_it_goes(text: str) -> None:
    for read in (entries.xcn_id, entries.person_name, entries.xon_name, entries.xon_id):
        assert isinstance(read(text), str)


@given(st.text())
def test_plain_words_are_plain_for_good(text: str) -> None:
    assert entries.plain(entries.plain(text)) == entries.plain(text)


def test_plain_words_have_no_case_nor_accents() -> None:
    assert entries.plain("Œdème À L’ÉPAULE") == "oedeme a l’epaule"
