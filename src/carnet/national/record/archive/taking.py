"""A citizen takes a copy of a record: one at a time, and a few a day."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Final
from uuid import UUID

from django.db import connection, transaction

from carnet.national.journal import queries as journal
from carnet.national.journal.actors import Citizen
from carnet.national.record.archive.exporting import export_record

#: Copies of one record that may be taken in `_PERIOD`: each reads every document of it.
MOST_COPIES: Final = 5
_PERIOD: Final = timedelta(days=1)
_ACTION: Final = "record.exported"
_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('record copy ' || %s, 0))"


class CopyRefused(Exception):  # noqa: N818 - says what happened
    """No copy was made: one is `under_way`, or enough were taken lately."""

    def __init__(self, *, under_way: bool) -> None:
        super().__init__("a copy is under way" if under_way else "enough copies were taken")
        self.under_way = under_way


def take_copy(actor: Citizen, patient_id: UUID, *, now: datetime) -> IO[bytes]:
    """The archive of a record as its holder, or a legal representative, may see it; at its start.

    The file is gone once it is closed. Told in the journal. Raises `CopyRefused`; what
    `export_record` raises.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [str(patient_id)])
            (mine,) = cursor.fetchone()
        if not mine:
            raise CopyRefused(under_way=True)
        if journal.times(patient_id, _ACTION, since=now - _PERIOD) >= MOST_COPIES:
            raise CopyRefused(under_way=False)
        with ExitStack() as unless_made:
            file = unless_made.enter_context(TemporaryFile())
            export_record(actor, actor, patient_id, file, now=now)
            unless_made.pop_all()
    file.seek(0)
    return file
