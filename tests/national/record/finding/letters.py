"""Documents of one record, published and read as the worker reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import typst

from carnet.national.clients.texts import Reader
from carnet.national.journal.actors import Actor
from carnet.national.record import actions as record
from carnet.national.record import tasks
from carnet.national.record.finding import reading
from carnet.national.record.finding.found import Filters, Found
from carnet.national.record.finding.searching import search
from carnet.standards.ids import EntryUuid, Ins
from carnet.standards.xds.metadata import Code
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW


@cache
def pdf(words: str) -> bytes:
    """A PDF that says this; a form feed begins a page."""
    pages = "\n#pagebreak()\n".join(words.split("\f"))
    return typst.compile(f'#set text(lang: "fr", hyphenate: false)\n{pages}\n'.encode())


def publish(
    ins: Ins,
    words: str = "Madame, reposez-vous.",
    *,
    title: str = "Lettre de liaison à la sortie",
    days: int = 0,
    confidentiality: Sequence[Code] = (),
    replaces: dict[str, str] | None = None,
    cda: bytes | None = None,
    **changes: Any,
) -> UUID:
    """Publish a letter of so many days ago that says this; its id."""
    at = NOW - timedelta(days=days)
    times = dict.fromkeys(("service_start", "service_stop"), at)
    data = cda or world.letter(ins, pdf=pdf(words), title=title, **{**times, **changes})
    request = world.request(
        ins, data, confidentiality=tuple(confidentiality), replaces=replaces or {}
    )
    published = record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    (urn,) = published.entry_uuids.values()
    return EntryUuid(urn).uuid if urn.startswith("urn") else UUID(urn)


def read_all(reader: Reader, *, now: datetime = NOW + timedelta(days=3650)) -> int:
    """Do what the worker does until nothing is left; how many documents were looked at."""
    while tasks.drain(now=now):
        pass
    count = 0
    while reading.read_next(reader, now=now):
        count += 1
    return count


def find(actor: Actor, patient_id: UUID, text: str, **options: Any) -> Found:
    """What this reader finds."""
    filters = {name: options.pop(name) for name in tuple(options) if name in Filters.__slots__}
    return search(actor, patient_id, text, filters=Filters(**filters), now=NOW, **options)


def titles(found: Found) -> list[str]:
    """The titles of the results, in order."""
    return [result.document.title for result in found.results]
