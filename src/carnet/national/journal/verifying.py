"""Reading everything again: lines, chains, trees, signatures, deposits; every fault named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.journal import chain, days, signature
from carnet.national.journal.days import Day
from carnet.national.journal.signature import SignatureError

#: Every seal with its line, chain by chain.
_CHAINS: Final = f"""
SELECT seal.patient_id, seal.seq, seal.at, seal.trace_id, seal.hash, trace.id IS NOT NULL,
       {", ".join(f"trace.{column}" for column in chain.COLUMNS)}
  FROM journal_seal seal
  LEFT JOIN journal_trace trace
    ON trace.patient_id = seal.patient_id AND trace.at = seal.at AND trace.id = seal.trace_id
 WHERE %s::uuid IS NULL OR seal.patient_id = %s::uuid
 ORDER BY seal.patient_id, seal.seq
"""  # noqa: S608 - constants only
#: Lines without a seal: of transactions that sealing has passed, or that it has yet to see.
_UNSEALED: Final = """
SELECT trace.patient_id, trace.at, trace.id, trace.tx < progress.horizon
  FROM journal_trace trace, journal_progress progress
 WHERE (%s::uuid IS NULL OR trace.patient_id = %s::uuid)
   AND NOT EXISTS (SELECT FROM journal_seal seal
                    WHERE seal.patient_id = trace.patient_id AND seal.trace_id = trace.id
                      AND seal.at = trace.at)
 ORDER BY trace.patient_id, trace.at, trace.id
"""
#: Ends of chains, as the seals say them and as they were on the days that are over.
_HEADS: Final = """
WITH ends AS (
    SELECT DISTINCT ON (patient_id, day) patient_id, day, seq, hash
      FROM journal_seal
     WHERE (%(patient)s::uuid IS NULL OR patient_id = %(patient)s::uuid)
       AND day <= (SELECT max(day) FROM journal_day)
     ORDER BY patient_id, day, seq DESC
), heads AS (
    SELECT * FROM journal_head WHERE %(patient)s::uuid IS NULL OR patient_id = %(patient)s::uuid
)
SELECT patient_id, day, ends.seq, heads.seq
  FROM ends FULL JOIN heads USING (patient_id, day)
 WHERE (ends.seq, ends.hash) IS DISTINCT FROM (heads.seq, heads.hash)
 ORDER BY patient_id, day
"""
_DAYS_OF: Final = "SELECT day FROM journal_head WHERE patient_id = %s"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed. `what` is one of the codes of the how-to page."""

    what: str
    patient_id: UUID | None = None
    seq: int | None = None  #: place in the chain
    at: datetime | None = None
    trace_id: UUID | None = None
    day: date | None = None
    detail: str = ""

    def __str__(self) -> str:
        told = {
            "patient": self.patient_id,
            "line": self.seq,
            "at": self.at.isoformat() if self.at else None,
            "id": self.trace_id,
            "day": self.day,
        }
        words = [self.what, *(f"{name} {value}" for name, value in told.items() if value)]
        return " ".join(words) + (f": {self.detail}" if self.detail else "")


@dataclass(slots=True)
class Count:
    """What was looked at so far; `waiting` lines are not sealed yet, as is right."""

    lines: int = 0
    chains: int = 0
    days: int = 0
    waiting: int = 0


def verify(
    count: Count,
    *,
    certificates: frozenset[str],
    patient_id: UUID | None = None,
    deposits: Path | None = None,
) -> Iterator[Finding]:
    """Each finding, as it is found; `count` is kept up to date meanwhile.

    `certificates` are the known signers (PEM). With a patient: their chain, and the days it is
    in. `deposits` is a folder of files brought back from where the days were deposited. Memory
    does not grow with the journal. All is read as of one moment: the journal may be written to.
    Raises `OSError` when a deposit cannot be read.
    """
    with _one_moment():
        yield from _chains(count, patient_id)
        yield from _unsealed(count, patient_id)
        yield from _heads(patient_id)
        yield from _days(count, certificates, patient_id, deposits)


@contextmanager
def _one_moment() -> Iterator[None]:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _rows(statement: str, parameters: Any) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters)
        yield from cursor


def _chains(count: Count, patient_id: UUID | None) -> Iterator[Finding]:
    rows = _rows(_CHAINS, [patient_id, patient_id])
    for patient, seals in groupby(rows, key=lambda row: row[0]):
        count.chains += 1
        yield from _chain(count, patient, seals)


def _chain(count: Count, patient: UUID, seals: Iterator[tuple[Any, ...]]) -> Iterator[Finding]:
    """Follow one chain.

    When a line does not lead to its hash, either may be what was changed: the line after tells,
    since it was sealed upon the true one. `before` holds the hashes that the next may follow,
    the stored one first; none after a gap, where the chain is taken up again.
    """
    last = 0
    before = [chain.ORIGIN]
    doubt: Finding | None = None
    for _patient, seq, at, trace_id, stored, there, *values in seals:
        found = {"patient_id": patient, "seq": seq, "at": at, "trace_id": trace_id}
        if seq != last + 1:
            missing = f"lines {last + 1} to {seq - 1}"
            yield Finding("seals-missing", patient, detail=missing)
            before = []
        last = seq
        if not there:
            if doubt:
                yield doubt
            doubt = None
            yield Finding("removed", **found)
            before = [stored]
            continue
        count.lines += 1
        digest = chain.digest(chain.line(values))
        leading = [hash_ for hash_ in before if chain.link(hash_, digest) == stored]
        if doubt:
            # Both hashes of the line in doubt were kept: the one that leads here was sealed.
            true_seal = bool(leading) and leading[0] != before[0]
            yield _seal_changed(doubt) if true_seal else doubt
            doubt = None
        if leading or not before:
            before = [stored]
        else:
            doubt = Finding("changed", **found)
            before = [stored, chain.link(before[0], digest)]
    if doubt:
        yield doubt


def _seal_changed(finding: Finding) -> Finding:
    return Finding("seal-changed", finding.patient_id, finding.seq, finding.at, finding.trace_id)


def _unsealed(count: Count, patient_id: UUID | None) -> Iterator[Finding]:
    for patient, at, trace_id, passed in _rows(_UNSEALED, [patient_id, patient_id]):
        if passed:
            yield Finding("inserted", patient, None, at, trace_id)
        else:
            count.waiting += 1


def _heads(patient_id: UUID | None) -> Iterator[Finding]:
    for patient, day, seq, signed in _rows(_HEADS, {"patient": patient_id}):
        if signed is None:
            yield Finding("head-missing", patient, seq, day=day)
        else:
            yield Finding("head-changed", patient, signed, day=day, detail=_end(seq, signed))


def _end(seq: int | None, signed: int) -> str:
    if seq is None:
        return "the chain has no line of that day"
    return "its hash is another" if seq == signed else f"the chain then ends at line {seq}"


def _days(
    count: Count, certificates: frozenset[str], patient_id: UUID | None, deposits: Path | None
) -> Iterator[Finding]:
    trees = None
    if patient_id:
        trees = {day for (day,) in _rows(_DAYS_OF, [patient_id])}
    missing = {path.stem: path for path in deposits.glob("*.json")} if deposits else {}
    number, before = 0, signature.NO_STATEMENT
    for day in days.days():
        count.days += 1
        if day.number != number + 1:
            yield Finding(
                "days-missing", day=day.day, detail=f"days {number + 1} to {day.number - 1}"
            )
        elif day.statement.get("previous") != before:
            yield Finding("statement", day=day.day, detail="it does not follow the day before")
        number, before = day.number, signature.name_of(day.statement)
        yield from _statement(day, certificates)
        if trees is None or day.day in trees:
            yield from _tree(day)
        deposit = missing.pop(day.day.isoformat(), None)
        if deposit and deposit.read_bytes() != day.file():
            yield Finding("deposit-differs", day=day.day)
    for name in sorted(missing):
        yield Finding("deposit-differs", detail=f"{name} was deposited and is no longer there")


def _statement(day: Day, certificates: frozenset[str]) -> Iterator[Finding]:
    said = {name: day.statement.get(name) for name in ("format", "number", "day")}
    if said != {"format": signature.FORMAT, "number": day.number, "day": day.day.isoformat()}:
        yield Finding("statement", day=day.day, detail="it is about another day")
    if day.certificate not in certificates:
        yield Finding("signature", day=day.day, detail="its certificate is not a known one")
    try:
        signature.check(day.statement, day.signature, day.certificate)
    except SignatureError as error:
        yield Finding("signature", day=day.day, detail=str(error))


def _tree(day: Day) -> Iterator[Finding]:
    roots = days.bucket_roots(day.day)
    if chain.root(roots).hex() == day.statement.get("root"):
        return
    differing = [place for place, root in enumerate(roots) if root != day.roots[place]]
    detail = ", ".join(f"{place:02x}" for place in differing[:10])
    yield Finding(
        "root-differs",
        day=day.day,
        detail=f"in the chains of patients whose id ends in {detail}" if detail else "",
    )
