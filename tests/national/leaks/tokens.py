"""What tells of whom: every word, id and number that is one person's alone, and how it is found.

The ids are read from the database, from every table that has a person's id: a table made tomorrow
is watched too.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import connection

from tests.national.leaks.crowd import Audience, Person

_TOKEN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|z[qmhr][a-z]{9}"
    r"|(?<![0-9.])[0-9]+(?:\.[0-9]+){5,}"
    r"|(?<![0-9])[0-9]{15}(?![0-9])"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{80,}={0,2}")
#: Columns that hold the id of a person, whatever the table.
_TABLES = """
SELECT table_name, string_agg(column_name, ',') FROM information_schema.columns
 WHERE table_schema = 'public' AND column_name IN ('patient_id', 'mailbox_id')
   AND table_name NOT IN (SELECT inhrelid::regclass::text FROM pg_inherits)
 GROUP BY 1
"""


def tokens(text: str) -> set[str]:
    """All that may tell of somebody, in a text and in what is in base64 inside it."""
    found = set(_TOKEN.findall(text.lower()))
    for run in _BASE64.findall(text):
        try:
            data = base64.b64decode(run.rstrip("=") + "=" * (-len(run.rstrip("=")) % 4), "-_")
        except binascii.Error:
            continue
        found |= set(_TOKEN.findall(data.decode("latin-1").lower()))
    return found


@dataclass(frozen=True)
class Holder:
    """Whom a token tells of, and who among their readers may know it."""

    person: Person
    audience: Audience


class Register:
    """The holder of each token; what belongs to nobody, or to several, tells of nobody."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = {person.patient_id: person for person in people}
        self._holders: dict[str, Holder | None] = {}
        for person in self.people.values():
            for audience in Audience:
                self._keep(person.word(audience), Holder(person, audience))
            own = Holder(person, Audience.EVERYBODY)
            for token in (person.ins.matricule, str(person.patient_id), str(person.account_id)):
                self._keep(token, own)
        # Lines that hold a word say whom their ids are hidden from; the others come after.
        lines = [(patient_id, tokens(line)) for patient_id, line in _lines()]
        for patient_id, found in sorted(lines, key=lambda line: not _words(line[1])):
            if patient_id in self.people:
                self._keep_line(self.people[patient_id], found)

    def __len__(self) -> int:
        return sum(holder is not None for holder in self._holders.values())

    def of(self, person: Person, *, like: str = "") -> list[str]:
        """The tokens of a person, those that match `like`, in their order."""
        return [each for each in self._by_person[person.number] if re.fullmatch(like or ".*", each)]

    @cached_property
    def _by_person(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {person.number: [] for person in self.people.values()}
        for token, holder in sorted(self._holders.items()):
            if holder is not None:
                found[holder.person.number].append(token)
        return found

    def told(self, text: str) -> Iterator[tuple[str, Holder]]:
        """Each token of the text that tells of somebody."""
        for token in tokens(text):
            holder = self._holders.get(token)
            if holder is not None:
                yield token, holder

    def _keep_line(self, person: Person, found: set[str]) -> None:
        words = _words(found)
        said = {Audience(word[:2]) for word in words}
        audience = said.pop() if len(said) == 1 else Audience.EVERYBODY
        for token in found - words:
            if words or token not in self._holders:
                self._keep(token, Holder(person, audience))
            elif (known := self._holders[token]) is not None and known.person is not person:
                self._holders[token] = None

    def _keep(self, token: str, holder: Holder) -> None:
        known = self._holders.setdefault(token, holder)
        if known is None or known.person is not holder.person:
            self._holders[token] = None
        elif known.audience is not holder.audience:
            self._holders[token] = Holder(holder.person, Audience.EVERYBODY)


def _words(found: set[str]) -> set[str]:
    return {token for token in found if token.startswith("z")}


def _lines() -> Iterator[tuple[UUID, str]]:
    """Every line of every table that is about a person."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for table, columns in cursor.fetchall():
            column = "patient_id" if "patient_id" in columns.split(",") else "mailbox_id"
            cursor.execute(f"SELECT {column}, line::text FROM {table} AS line")  # noqa: S608 - ours
            yield from cursor.fetchall()
