"""How the desk draws states and times."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from carnet.establishment.doors.desk.templatetags.desk import fates, told, when


def deliveries(*places: tuple[str, str]) -> Any:
    return [
        SimpleNamespace(destination=place, state=state, state_label=state.title())
        for place, state in places
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), []),
        (
            (("record", "delivered"), ("professional", "delivered"), ("patient", "delivered")),
            ["Delivered: dossier, professionnel, patient"],
        ),
        (
            (("record", "stuck"), ("professional", "delivered"), ("patient", "delivered")),
            ["Stuck: dossier", "Delivered: professionnel, patient"],
        ),
        (
            (("professional", "ready"), ("professional", "ready"), ("patient", "ready")),
            ["Ready: professionnel × 2, patient"],
        ),
    ],
)
def test_a_document_has_a_line_for_each_state(given: Any, expected: list[str]) -> None:
    assert [f"{fate.label}: {fate.places}" for fate in fates(deliveries(*given))] == expected


def test_today_is_said_so_without_seconds() -> None:
    now = timezone.now()
    assert f"aujourd’hui {timezone.localtime(now):%H:%M}</time>" in when(now)


def test_another_day_is_a_date_of_the_reader() -> None:
    late = datetime(2026, 3, 2, 23, 30, 12, tzinfo=UTC)  # already 3 March in Paris
    assert ">03/03/2026 00:30</time>" in when(late)
    assert "aujourd’hui" not in when(timezone.now() - timedelta(days=1))


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("birth_date=19510314; sex=F", "Date de naissance 14/03/1951, Sexe F"),
        ("birth_place=", "Lieu de naissance –"),
        ("provisoire", "provisoire"),
        ("", "∅"),
    ],
)
def test_what_changed_of_an_identity_is_told_in_words(change: str, shown: str) -> None:
    assert told(change) == shown
