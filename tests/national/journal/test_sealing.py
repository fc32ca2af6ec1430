"""Sealing: every line once, in an unbroken chain, whoever seals and whenever lines appear."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import groupby
from threading import Barrier, Event
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from carnet.national.journal import actions, chain, sealing
from tests.national import world
from tests.national.world import NOW
from tests.waiting import LONG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_journal")]


def write(patient_id: UUID | None, *, action: str = "document.read", after: int = 0) -> None:
    actions.record(
        world.TESTS,
        action,
        at=NOW + timedelta(seconds=after),
        patient_id=patient_id,
        outcome="allowed",
        details={"title": "Bilan d’été"},
    )


def seals() -> list[tuple[UUID, int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT patient_id, seq, hash FROM journal_seal ORDER BY patient_id, seq")
        return [(patient, seq, bytes(hash_)) for patient, seq, hash_ in cursor.fetchall()]


def seal_all() -> int:
    done = 0
    while sealed := sealing.seal(now=NOW, batch=7):
        done += sealed
    return done


def test_each_line_of_a_patient_follows_the_one_before() -> None:
    patient_id = uuid4()
    for second in (2, 0, 1):
        write(patient_id, after=second)
    assert sealing.seal(now=NOW) == 3
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(chain.COLUMNS)} FROM journal_trace"  # noqa: S608 - constants only
            " JOIN journal_seal USING (patient_id, at) ORDER BY seq"
        )
        lines = [chain.line(values) for values in cursor.fetchall()]
    hash_ = chain.ORIGIN
    for (_patient, seq, sealed), line in zip(seals(), lines, strict=True):
        hash_ = chain.link(hash_, chain.digest(line))
        assert (seq, sealed) == (lines.index(line) + 1, hash_)


def test_a_chain_goes_on_where_it_was_and_lines_of_nobody_have_theirs() -> None:
    patient_id = uuid4()
    for _ in range(3):
        write(patient_id)
        write(None)
        sealing.seal(now=NOW)
    assert [(patient, seq) for patient, seq, _hash in seals()] == sorted(
        (each, seq) for each in (patient_id, actions.NO_PATIENT) for seq in (1, 2, 3)
    )


def test_a_line_whose_transaction_ends_late_is_sealed_then() -> None:
    late, patient_id = uuid4(), uuid4()
    written, let_go = Event(), Event()

    def slowly() -> None:
        with transaction.atomic():
            write(late, after=-3600)
            written.set()
            let_go.wait(LONG)
        connection.close()

    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(slowly)
        written.wait(LONG)
        write(patient_id)
        seal_all()
        assert late not in {patient for patient, *_ in seals()}
        let_go.set()
        slow.result()
    write(patient_id)
    assert seal_all() in (2, 3)
    assert [(p, s) for p, s, _ in seals()] == sorted([(late, 1), (patient_id, 1), (patient_id, 2)])


def test_two_workers_seal_each_line_once_while_lines_appear() -> None:
    patients = [uuid4() for _ in range(5)]
    barrier = Barrier(4)

    def run(deed: Any) -> None:
        try:
            barrier.wait(LONG)
            deed()
        finally:
            connection.close()

    def writing() -> None:
        for number in range(60):
            write(patients[number % 5], after=number)

    def working() -> None:
        for _ in range(40):
            sealing.seal(now=NOW, batch=5)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(run, (writing, writing, working, working)))
    seal_all()
    chains = {p: [seq for _p, seq, _h in found] for p, found in groupby(seals(), lambda s: s[0])}
    assert chains == {patient: list(range(1, 25)) for patient in patients}


def test_what_a_killed_worker_had_under_way_is_done_again() -> None:
    patient_id = uuid4()
    for _ in range(4):
        write(patient_id)
    with transaction.atomic():
        assert sealing.seal(now=NOW, batch=3) == 3
        transaction.set_rollback(True)
    assert seals() == []
    assert seal_all() == 4


def test_transactions_are_taken_by_number_and_not_by_how_it_is_written(tamper: Any) -> None:
    patient_id = uuid4()
    sealing.seal(now=NOW)
    tamper("UPDATE journal_progress SET horizon = '5'")
    for second, number in enumerate((9, 10, 99, 100)):
        write(patient_id, after=second)
        tamper("UPDATE journal_trace SET tx = %s::text::xid8 WHERE tx::text::int > 100", number)
    for _ in range(4):
        assert sealing.seal(now=NOW, batch=1) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT at FROM journal_seal ORDER BY seq")
        found = [at for (at,) in cursor.fetchall()]
    assert found == sorted(found)
    assert len(found) == 4


def test_nothing_is_forgotten_after_a_move_to_another_cluster(tamper: Any) -> None:
    patient_id = uuid4()
    write(patient_id)
    seal_all()
    write(patient_id)
    # Numbers of transactions begin anew there: those that were kept are far ahead.
    tamper("UPDATE journal_trace SET tx = (tx::text::bigint + 1000000000)::text::xid8")
    tamper("UPDATE journal_progress SET cluster = 'another', horizon = '1000000000'")
    assert seal_all() == 1
    write(patient_id)
    assert seal_all() == 1
    assert [seq for _p, seq, _h in seals()] == [1, 2, 3]


def test_the_day_never_goes_back() -> None:
    sealing.seal(now=NOW)
    sealing.seal(now=NOW - timedelta(days=3))
    assert sealing.open_day() == date(2026, 3, 2)


PROTECTED = ("journal_trace", "journal_trace_2026_03", "journal_seal")
CHANGES = ("UPDATE {} SET patient_id = patient_id", "DELETE FROM {}", "TRUNCATE {}")


@pytest.fixture
def other_role(superuser: psycopg.Connection, empty_journal: None) -> Any:
    """A role that owns nothing and was given every right on every table, as by mistake."""
    actions.make_partitions(now=NOW)
    superuser.execute("CREATE ROLE audit_app LOGIN")
    superuser.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO audit_app")
    superuser.execute(f"GRANT CONNECT ON DATABASE {connection.settings_dict['NAME']} TO audit_app")
    with psycopg.connect(
        host=connection.settings_dict["HOST"],
        user="audit_app",
        dbname=connection.settings_dict["NAME"],
        autocommit=True,
    ) as held:
        yield held
    superuser.execute("DROP OWNED BY audit_app")
    superuser.execute("DROP ROLE audit_app")


@pytest.mark.parametrize("table", [*PROTECTED, "journal_head", "journal_day"])
@pytest.mark.parametrize("change", CHANGES)
def test_the_role_that_runs_the_wing_changes_nothing_of_the_journal(
    table: str, change: str
) -> None:
    actions.make_partitions(now=NOW)
    change = change.replace("patient_id", "day") if table == "journal_day" else change
    with pytest.raises(DatabaseError, match="permission denied"):
        connection.cursor().execute(change.format(table))


@pytest.mark.parametrize("table", PROTECTED)
@pytest.mark.parametrize(
    "change", [*CHANGES, "DROP TABLE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"]
)
def test_a_role_apart_from_the_owner_changes_nothing_whatever_it_was_granted(
    other_role: psycopg.Connection, table: str, change: str
) -> None:
    write(uuid4())
    seal_all()
    with pytest.raises(psycopg.Error, match=r"append-only|must be owner"):
        other_role.execute(change.format(table))


def test_a_role_apart_from_the_owner_seals_and_makes_partitions(
    other_role: psycopg.Connection,
) -> None:
    other_role.execute("SELECT journal_make_partitions('2044-01-01', 1)")
    with pytest.raises(psycopg.Error, match="permission denied"):
        other_role.execute("TRUNCATE journal_trace_2044_01")
    assert other_role.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
