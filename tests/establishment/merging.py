"""Two files that were taken for one, their documents, and what happens at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import connection, connections

from carnet.establishment.exchange import following
from carnet.establishment.exchange.models import Document
from carnet.establishment.patients import vigilance
from carnet.establishment.patients.models import Merge, Patient
from carnet.standards.hl7v2.messages import Action, Flags, LocalId
from carnet.standards.xds.metadata import Status
from tests.establishment.country import Record
from tests.establishment.messages import pdf
from tests.establishment.people import NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp, movement
from tests.establishment.vigilance import CLAIRE
from tests.establishment.working import work
from tests.waiting import LONG

TO_RECORD = Flags(to_record=True)
ALL = Flags(to_record=True, to_professionals=True, to_patient=True)
VISITS = "1.2.250.1.999.7.3"
OTHER = replace(
    QUALIFIED, local_ids=(ipp("IPP2"),), birth_name="AUTRE", given_names="LOUISE", ins=OTHER_INS
)
OTHER_UNKNOWN = replace(OTHER, ins=None, reliability=("PROV",))


def letter(number: int, patient: Any = OTHER, flags: Flags = TO_RECORD, **fields: Any) -> Any:
    return pdf(
        control_id=f"D{number}",
        document_id=f"1.2.250.1.999.7.9.{number}",
        title=f"Lettre {number}",
        patient=replace(patient, ins=None),
        flags=flags,
        **fields,
    )


def patient(value: str) -> UUID:
    """Whose file holds this identifier."""
    return Patient.objects.get(identifiers__value=value).id


def merged(kept: str = "IPP1", gone: str = "IPP2") -> Merge:
    ids = patient(kept), patient(gone)
    following.done(lambda: vigilance.merge(CLAIRE, *ids, now=NOW), now=NOW)
    return Merge.objects.get(survivor=ids[0], merged=ids[1])


def undone(merge: Merge) -> None:
    following.done(lambda: vigilance.unmerge(CLAIRE, merge.id, now=NOW), now=NOW)


def held(patient_id: UUID) -> dict[str, tuple[str, ...]]:
    """The documents of a file, but for what corrections made: id's end -> states."""
    rows = Document.objects.filter(patient_id=patient_id, correction=None)
    return {
        d.uid.rpartition(".")[2]: tuple(sorted(x.state for x in d.deliveries.all())) for d in rows
    }


def alive(record: Record) -> list[str]:
    """The INS under which the record shows a letter, once for each."""
    letters = set(Document.objects.values_list("uid", flat=True))
    shown = [e for u, e in record.entries.items() if u in letters and e.status is Status.APPROVED]
    return sorted(e.patient_id.partition("^")[0] for e in shown)


def replacement(number: int, replaced: int) -> Any:
    return letter(
        number,
        PATIENT,
        trigger="T10",
        action=Action.REPLACE,
        parent_id=f"1.2.250.1.999.7.9.{replaced}",
    )


def arrival(who: Any, number: str, visit: str, trigger: str = "A01") -> Any:
    return adt(
        trigger,
        replace(who, account=LocalId("N1", "CH-AUBRE", "1.2.250.1.999.7.4", "AN")),
        movement=movement(number, medical_unit="CARDIO", nature="HMS"),
        patient_class="I",
        visit=LocalId(visit, "CH-AUBRE", VISITS, "VN"),
    )


def stays_of(patient_id: UUID) -> list[str]:
    return list(Patient.objects.get(pk=patient_id).movements.values_list("visit", flat=True))


def in_a_thread(deed: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        deed()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@contextmanager
def sending(record: Record) -> Iterator[None]:
    """What is due is on its way: the record was asked, and answers when this is over."""
    asked, answers = threading.Event(), threading.Event()

    def slow() -> str:
        asked.set()
        assert answers.wait(LONG)
        return "ok"

    record.behaviour = slow
    sent = in_a_thread(work)
    assert asked.wait(LONG)
    try:
        yield
    finally:
        answers.set()
        sent.join(LONG)


def somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])
