"""A thread that ended leaves no connection behind."""

import time
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from carnet.ops import connections

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _followed() -> Iterator[None]:
    connection_created.connect(connections.follow)
    yield
    connection_created.disconnect(connections.follow)
    connections._kept.clear()


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    """A connection of another thread, ten minutes long."""
    other = connection.copy()
    other.settings_dict = {**other.settings_dict, "CONN_MAX_AGE": connections.IDLE}
    other.connect()
    yield other
    other.close()


def _another_connects() -> None:
    another = connection.copy()
    another.connect()
    another.close()


def test_a_connection_that_its_thread_would_have_made_anew_is_closed(
    kept: BaseDatabaseWrapper,
) -> None:
    kept.close_at = time.monotonic() - connections.IDLE - 1
    _another_connects()
    assert kept.connection.closed


def test_a_connection_whose_thread_may_idle_stays(kept: BaseDatabaseWrapper) -> None:
    kept.close_at = time.monotonic() - connections.IDLE + 60
    _another_connects()
    assert not kept.connection.closed
