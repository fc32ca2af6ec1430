"""A day that is over gets its root: one signed statement over the ends of all chains that grew.

The statements follow one another, and each is written to a folder from where it can be deposited
elsewhere (a notary, another operator): whoever then changes the journal, even as the database's
superuser and with the key, disagrees with what was deposited.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.journal import chain, signature
from carnet.national.journal.signature import Signer

_LOCK: Final = "SELECT day FROM journal_progress FOR UPDATE SKIP LOCKED"
_OVER: Final = """
SELECT DISTINCT day FROM journal_seal
 WHERE day < %s AND day > (SELECT coalesce(max(day), '0001-01-01') FROM journal_day)
 ORDER BY day
"""
_HEADS: Final = """
INSERT INTO journal_head (patient_id, day, seq, hash)
SELECT DISTINCT ON (patient_id) patient_id, day, seq, hash
  FROM journal_seal
 WHERE day = %s
 ORDER BY patient_id, seq DESC
"""
#: The leaves of a day, in the order of its tree.
_LEAVES: Final = """
SELECT patient_id, seq, hash
  FROM journal_head
 WHERE day = %s AND (%s::integer IS NULL OR get_byte(uuid_send(patient_id), 15) = %s::integer)
 ORDER BY get_byte(uuid_send(patient_id), 15), patient_id
"""
_LAST: Final = "SELECT number, statement FROM journal_day ORDER BY number DESC LIMIT 1"
_CLOSE: Final = """
INSERT INTO journal_day (day, number, statement, signature, certificate, buckets)
VALUES (%s, %s, %s, %s, %s, %s)
"""
_DAYS: Final = """
SELECT day, number, statement, signature, certificate, buckets FROM journal_day
 WHERE NOT to_char(day, 'YYYY-MM-DD') = ANY(%s::text[]) AND (%s::date IS NULL OR day = %s::date)
 ORDER BY number
"""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is over; `statement` is what was signed, `buckets` the 256 roots under its own."""

    day: date
    number: int
    statement: dict[str, Any]
    signature: bytes
    certificate: str
    buckets: bytes

    @property
    def roots(self) -> list[bytes]:
        """The roots of the buckets, one after the other."""
        return [self.buckets[at : at + 32] for at in range(0, len(self.buckets), 32)]

    def file(self) -> bytes:
        """The day as it is deposited: JSON, the same bytes each time."""
        return chain.canonical(
            {
                "statement": self.statement,
                "signature": base64.b64encode(self.signature).decode(),
                "certificate": self.certificate,
            }
        )


def close_days(signer: Signer, *, register: str) -> int:
    """Sign every day that is over and is not signed; give how many were.

    `register` names this journal (the OID of the repository). A day is over once lines are sealed
    on a later one, under the lock that sealing takes: none can be added to it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        found = cursor.fetchone()
        if found is None:
            return 0
        cursor.execute(_OVER, [found[0]])
        over = [day for (day,) in cursor.fetchall()]
        for day in over:
            _close(day, signer, register)
    return len(over)


def _close(day: date, signer: Signer, register: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [day])
        chains = cursor.rowcount
        cursor.execute(_LAST)
        number, before = cursor.fetchone() or (0, None)
        roots = bucket_roots(day)
        statement = {
            "format": signature.FORMAT,
            "register": register,
            "number": number + 1,
            "day": day.isoformat(),
            "chains": chains,
            "root": chain.root(roots).hex(),
            "previous": (
                signature.name_of(json.loads(before)) if before else signature.NO_STATEMENT
            ),
        }
        cursor.execute(
            _CLOSE,
            [
                day,
                number + 1,
                chain.canonical(statement).decode(),
                signer.sign(statement),
                signer.certificate,
                b"".join(roots),
            ],
        )


def leaves(day: date, bucket: int | None = None) -> Iterator[tuple[UUID, bytes]]:
    """The chains that grew on a day and their leaves, of one bucket or of all, in their order."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_LEAVES, [day, bucket, bucket])
        for patient_id, seq, hash_ in cursor:
            yield patient_id, chain.leaf(patient_id, seq, hash_)


def bucket_roots(day: date) -> list[bytes]:
    """The roots of the 256 buckets of a day, from its leaves."""
    roots = [chain.EMPTY] * chain.BUCKETS
    for bucket, found in groupby(leaves(day), key=lambda each: chain.bucket(each[0])):
        roots[bucket] = chain.root([leaf for _patient, leaf in found])
    return roots


def days(*, but: Collection[str] = (), only: date | None = None) -> Iterator[Day]:
    """The days that are over, oldest first: all, all `but` some, or one."""
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_DAYS, [list(but), only, only])
        for day, number, statement, signed, certificate, buckets in cursor:
            yield Day(day, number, json.loads(statement), signed, certificate, buckets)


def deposit(folder: Path) -> int:
    """Write the days that the folder has not, each in its file; give how many. Raises `OSError`.

    A file appears whole, under the name of its day, and is never written again.
    """
    written = 0
    for day in days(but=[path.stem for path in folder.glob("*.json")]):
        name = day.day.isoformat()
        partial = folder / f".{name}.{os.getpid()}"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            file.write(day.file())
            file.flush()
            os.fsync(file.fileno())
        partial.rename(folder / f"{name}.json")
        written += 1
    if written:
        entry = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(entry)
        finally:
            os.close(entry)
    return written
