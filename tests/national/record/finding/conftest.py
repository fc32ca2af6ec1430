"""A reader of documents for the session, and a person with a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from carnet.national.clients.texts import Reader
from carnet.national.journal.actors import Citizen
from carnet.national.record.finding.found import Found
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.record.finding import letters


@pytest.fixture(scope="session")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@dataclass(frozen=True)
class Owner:
    """Somebody whose record is searched."""

    patient_id: UUID
    ins: Ins

    @property
    def actor(self) -> Citizen:
        return world.holder(self.patient_id)

    def find(self, text: str, **options: Any) -> Found:
        return letters.find(self.actor, self.patient_id, text, **options)

    def titles(self, text: str, **options: Any) -> list[str]:
        return letters.titles(self.find(text, **options))


@pytest.fixture
def owner(db: None) -> Owner:
    return Owner(*world.make_patient())


@pytest.fixture
def read(reader: Reader) -> Callable[[], int]:
    """Read all that was published."""
    return lambda: letters.read_all(reader)
