"""One import, from the first line of a file to what is closed at its end.

Each batch is one transaction: its rows, how far the import went, what was seen. Killed at any time,
the same command goes on after the last batch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from django.db import connection, transaction

from carnet.national.directory import models
from carnet.national.directory.importing import (
    activities,
    mailboxes,
    qualifications,
    structures,
)
from carnet.national.directory.importing.lines import fingerprint, lines, opened, text_of
from carnet.national.directory.importing.plans import Plan
from carnet.national.directory.remembered import forget
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.standards.directory.extracts import (
    ExtractError,
    Kind,
    Layout,
    LineRefused,
    recognise,
)
from carnet.standards.directory.rows import COLUMNS, row_of

PLANS: Final[Mapping[Kind, Plan]] = MappingProxyType(
    {
        Kind.ACTIVITIES: activities.PLAN,
        Kind.SAVOIR_FAIRE: qualifications.SAVOIR_FAIRE,
        Kind.DIPLOMAS: qualifications.DIPLOMAS,
        Kind.MAILBOXES: mailboxes.PLAN,
        Kind.STRUCTURES: structures.PLAN,
    }
)
BATCH: Final = 20_000
#: Share of what is open that one extract may close: a file cut short would close the rest.
MOST_CLOSED: Final = 0.1
#: Below so many, any share may close.
_FEW: Final = 100
#: Advisory lock of the one import at a time.
_LOCK: Final = 0x616E6E75


class ImportFailed(Exception):  # noqa: N818 - says what happened
    """The import stops; the sentence says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is. `line` is that of the file; `closed` is known at the end."""

    kind: str
    line: int
    rows: int
    refused: int
    closed: int = 0
    resumed_at: int = 0


Refuse = Callable[[int, str], None]


def load(
    actor: Actor,
    path: Path,
    *,
    now: datetime,
    progress: Callable[[Progress], None] = lambda _progress: None,
    refuse: Refuse = lambda _line, _reason: None,
    batch: int = BATCH,
    most_closed: float = MOST_CLOSED,
) -> Progress:
    """Import an extract: the state of it at its end.

    `refuse` is told the number of each line that is skipped, and why. Raises `ExtractError`,
    `ImportFailed`, `OSError`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        if cursor.fetchone() != (True,):
            raise ImportFailed("another import is under way")
    try:
        with opened(path) as file:
            source = lines(file)
            layout = _layout(next(source, b""))
            begun = _Import(actor, path, layout, now, refuse)
            begun.read(source, batch=batch, progress=progress)
            return begun.finish(most_closed)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _layout(first: bytes) -> Layout:
    try:
        return recognise(text_of(first))
    except LineRefused as refusal:
        raise ExtractError(f"the first line is {refusal}") from None


class _Import:
    """An import under way."""

    def __init__(
        self, actor: Actor, path: Path, layout: Layout, now: datetime, refuse: Refuse
    ) -> None:
        self._actor = actor
        self._layout = layout
        self._plan = PLANS[layout.kind]
        self._now = now
        self._refuse = refuse
        with transaction.atomic():
            self._run = self._begun(path)
        self._resumed_at = self._run.line
        self._values: dict[str, Any] = {
            "now": now,
            "run": self._run.id,
            "closes": self._run.closes,
        }
        columns = ", ".join(f"{name} text NOT NULL" for name in COLUMNS[layout.kind])
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS staged")
            cursor.execute(f"CREATE TEMPORARY TABLE staged (line bigint, {columns})")

    def _begun(self, path: Path) -> models.Import:
        """The import of this very file that was stopped, or a new one."""
        printed = fingerprint(path)
        kind = self._layout.kind.value
        stopped = models.Import.objects.filter(
            kind=kind, fingerprint=printed, ended_at=None
        ).first()
        if stopped:
            return stopped
        # What an import of another file had seen says nothing any more.
        models.Import.objects.filter(kind=kind, ended_at=None).delete()
        with connection.cursor() as cursor:
            cursor.execute(self._plan.fed)
            (fed,) = cursor.fetchone()
        return models.Import.objects.create(
            kind=kind, file=path.name, fingerprint=printed, closes=fed, started_at=self._now
        )

    def read(
        self,
        source: Any,
        *,
        batch: int,
        progress: Callable[[Progress], None],
    ) -> None:
        """Merge all lines that are not merged yet, and tell how far after each batch."""
        rows: list[str] = []
        refused: list[tuple[int, str]] = []
        number = 1
        for number, line in enumerate(source, start=2):
            if number <= self._resumed_at or line.isspace():
                continue
            try:
                rows.append(self._row(number, line))
            except LineRefused as refusal:
                refused.append((number, str(refusal)))
            if len(rows) + len(refused) >= batch:
                self._merge(rows, refused, number)
                progress(self.told())
                rows, refused = [], []
        self._merge(rows, refused, number)
        progress(self.told())

    def _row(self, number: int, line: bytes) -> str:
        fields = self._layout.cut(text_of(line))
        values = row_of(self._layout.kind, self._layout.reader(fields))
        return f"{number}\t{_copied(values)}"

    def _merge(self, rows: Sequence[str], refused: list[tuple[int, str]], line: int) -> None:
        if line <= self._run.line:
            return
        with transaction.atomic():
            with connection.cursor() as cursor:
                # A batch is looked up by its keys: no table is read whole for it.
                cursor.execute("SET LOCAL enable_hashjoin = off")
                cursor.execute("SET LOCAL enable_mergejoin = off")
                cursor.execute("TRUNCATE staged")
                with cursor.copy("COPY staged FROM STDIN") as copy:
                    copy.write("".join(rows))
                if self._plan.refused:
                    cursor.execute(self._plan.refused)
                    refused += cursor.fetchall()
                for statement in self._plan.merge:
                    cursor.execute(statement, self._taken(statement))
            self._run.line = line
            self._run.rows += len(rows)
            self._run.refused += len(refused)
            self._run.save(update_fields=["line", "rows", "refused"])
            transaction.on_commit(forget)
        for number, reason in refused:
            self._refuse(number, reason)

    def finish(self, most_closed: float) -> Progress:
        """Close what the extract no longer has. Raises `ImportFailed` when it is too much."""
        with connection.cursor() as cursor:
            for table in (*self._plan.tables, "directory_seen"):
                cursor.execute(f"ANALYZE {table}")
        with transaction.atomic(), connection.cursor() as cursor:
            closed = self._leaving(cursor, most_closed) if self._run.closes else 0
            for statement in (*(self._plan.close if closed else ()), *self._plan.settle):
                cursor.execute(statement, self._taken(statement))
            models.Seen.objects.filter(run=self._run).delete()
            self._run.closed = closed
            self._run.ended_at = self._now
            self._run.save(update_fields=["closed", "ended_at"])
            journal.record(
                self._actor,
                "directory.imported",
                at=self._now,
                patient_id=None,
                outcome="allowed",
                object_type="directory",
                object_id=self._run.kind,
                details={
                    "file": self._run.file,
                    "rows": self._run.rows,
                    "refused": self._run.refused,
                    "closed": closed,
                },
            )
            transaction.on_commit(forget)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE staged")
        return self.told()

    def _leaving(self, cursor: Any, most_closed: float) -> int:
        cursor.execute(self._plan.leaving, self._taken(self._plan.leaving))
        leaving, open_ = cursor.fetchone()
        if leaving > max(_FEW, most_closed * open_):
            raise ImportFailed(
                f"{leaving} of {open_} would be closed: is the file whole? Nothing is closed; the"
                " same command with a higher share goes on"
            )
        return int(leaving)

    def _taken(self, statement: str) -> dict[str, Any]:
        """The values that a statement names, and no other."""
        return {name: value for name, value in self._values.items() if f"%({name})s" in statement}

    def told(self) -> Progress:
        """How far it is."""
        run = self._run
        return Progress(run.kind, run.line, run.rows, run.refused, run.closed, self._resumed_at)


def _copied(values: Sequence[str]) -> str:
    """A row in the text format of COPY."""
    text = "\t".join(values)
    if "\\" in text or text.count("\t") != len(values) - 1:
        text = "\t".join(value.replace("\\", "\\\\").replace("\t", "\\t") for value in values)
    return text.replace("\r", "\\r") + "\n"
