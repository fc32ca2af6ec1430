"""The exchange log: sealed, pruned by age and by size."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.exchanges import actions, queries
from carnet.national.exchanges.actions import Heard

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEARD = Heard(
    service="patients",
    request_type="application/soap+xml",
    request=b"<secret/>",
    status=200,
    answer_type="application/soap+xml",
    answer=b"<answer/>",
    milliseconds=4.2,
)


@pytest.fixture(autouse=True)
def sandbox(settings: Any) -> Any:
    settings.CARNET_EXCHANGES_HOURS = 24
    return settings


def test_what_was_heard_is_told_as_it_was() -> None:
    actions.keep(HEARD, now=NOW)
    (line,) = queries.lines()
    found = queries.exchange(line.id)
    assert (found.request, found.answer) == (HEARD.request, HEARD.answer)
    assert (found.line.service, found.line.status, found.line.at) == ("patients", 200, NOW)


def test_the_bytes_are_sealed_at_rest() -> None:
    actions.keep(HEARD, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT request, answer FROM exchanges_exchange")
        kept = b"".join(bytes(each) for each in cursor.fetchone())
    assert b"secret" not in kept
    assert b"answer" not in kept


def test_an_exchange_of_another_key_is_said_so(sandbox: Any) -> None:
    actions.keep(HEARD, now=NOW)
    (line,) = queries.lines()
    sandbox.CARNET_MASTER_KEY = bytes(32)
    with pytest.raises(queries.SealedByAnotherKey):
        queries.exchange(line.id)


def test_what_a_former_key_sealed_is_read_after_the_key_was_replaced(sandbox: Any) -> None:
    former = sandbox.CARNET_MASTER_KEY
    actions.keep(HEARD, now=NOW)
    sandbox.CARNET_MASTER_KEY = (bytes(32), former)
    (line,) = queries.lines()
    assert queries.exchange(line.id).request == HEARD.request


def test_the_bytes_of_one_exchange_cannot_stand_for_those_of_another() -> None:
    actions.keep(HEARD, now=NOW)
    (line,) = queries.lines()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchanges_exchange SET request = answer, answer = request")
    with pytest.raises(queries.SealedByAnotherKey):
        queries.exchange(line.id)


def test_what_is_too_old_goes() -> None:
    actions.keep(HEARD, now=NOW - timedelta(hours=25))
    actions.keep(HEARD, now=NOW)
    actions.prune(now=NOW)
    assert [line.at for line in queries.lines()] == [NOW]


def test_past_the_size_allowed_the_oldest_go(sandbox: Any) -> None:
    sandbox.CARNET_EXCHANGES_MEGABYTES = 1
    for minutes in range(3):
        big = Heard(**{**_fields(HEARD), "request": bytes(500_000)})
        actions.keep(big, now=NOW + timedelta(minutes=minutes))
    actions.prune(now=NOW + timedelta(minutes=3))
    assert [line.at.minute for line in queries.lines()] == [2, 1]


def _fields(heard: Heard) -> dict[str, Any]:
    return {name: getattr(heard, name) for name in Heard.__dataclass_fields__}


def test_lines_are_told_newest_first_by_service_and_page() -> None:
    for minutes, service in enumerate(("patients", "registry", "patients")):
        heard = Heard(**{**_fields(HEARD), "service": service})
        actions.keep(heard, now=NOW + timedelta(minutes=minutes))
    assert [line.at.minute for line in queries.lines(service="patients")] == [2, 0]
    older = queries.lines(before=NOW + timedelta(minutes=2), limit=1)
    assert [line.service for line in older] == ["registry"]


def test_an_exchange_that_is_not_there_is_said_so() -> None:
    with pytest.raises(queries.ExchangeNotFound):
        queries.exchange(UUID(int=1))
