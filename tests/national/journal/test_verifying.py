"""Verification: whatever a superuser does to the journal is found, and the line is named."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection

from carnet.national.journal import actions, chain, days, sealing, signature
from carnet.national.journal.signature import Signer
from carnet.national.journal.verifying import Count, Finding, verify
from tests.national import world
from tests.national.certificates import Papers
from tests.national.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_journal")]

LINES = 5
DAYS = 3


def write(patient_id: UUID | None, day: int, second: int) -> None:
    actions.record(
        world.TESTS,
        "document.read",
        at=NOW + timedelta(days=day, seconds=second),
        patient_id=patient_id,
        outcome="allowed",
    )


@pytest.fixture
def patients(signer: Signer, deposits: Path) -> list[UUID]:
    """Three people and nobody, with lines on each of three days; two days are over and signed."""
    made = [uuid4(), uuid4(), uuid4()]
    for day in range(DAYS):
        for second in range(LINES):
            for patient_id in (*made, None):
                write(patient_id, day, second)
        sealing.seal(now=NOW + timedelta(days=day))
    assert days.close_days(signer, register="1.2.3") == DAYS - 1
    assert days.deposit(deposits) == DAYS - 1
    return sorted(made)


@pytest.fixture
def check(signer: Signer, patients: list[UUID], deposits: Path) -> Callable[..., list[Finding]]:
    def check(**wanted: Any) -> list[Finding]:
        wanted = {"deposits": deposits, **wanted}
        known = frozenset({signer.certificate})
        return list(verify(Count(), certificates=known, **wanted))

    return check


def found(findings: list[Finding]) -> list[tuple[str, UUID | None, int | None]]:
    return [(each.what, each.patient_id, each.seq) for each in findings]


def test_a_journal_that_nobody_touched_has_no_finding(
    check: Any, patients: list[UUID], signer: Signer
) -> None:
    assert check() == []
    count = Count()
    list(verify(count, certificates=frozenset({signer.certificate})))
    assert count == Count(lines=4 * LINES * DAYS, chains=4, days=DAYS - 1, waiting=0)
    write(patients[0], 9, 0)
    assert check(patient_id=patients[0]) == []


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'refused'",
        "actor_label = 'Personne'",
        "reasons = ARRAY['x']",
        'details = \'{"title": "autre"}\'',
        "correlation = 'x'",
    ],
)
@pytest.mark.parametrize("seq", [1, 7, LINES * DAYS])
def test_a_changed_line_is_named(
    check: Any, patients: list[UUID], tamper: Any, change: str, seq: int
) -> None:
    tamper(
        f"UPDATE journal_trace SET {change} FROM journal_seal seal"  # noqa: S608 - our own
        " WHERE seal.trace_id = journal_trace.id AND seal.patient_id = %s AND seal.seq = %s",
        patients[1],
        seq,
    )
    assert found(check()) == [("changed", patients[1], seq)]
    assert found(check(patient_id=patients[1])) == [("changed", patients[1], seq)]
    assert check(patient_id=patients[0]) == []


def test_a_removed_line_is_named(check: Any, patients: list[UUID], tamper: Any) -> None:
    tamper(
        "DELETE FROM journal_trace USING journal_seal seal WHERE seal.trace_id = journal_trace.id"
        " AND seal.patient_id = %s AND seal.seq = 4",
        patients[0],
    )
    assert found(check()) == [("removed", patients[0], 4)]


def test_lines_removed_with_their_seals_are_named(
    check: Any, patients: list[UUID], tamper: Any
) -> None:
    tamper(
        "DELETE FROM journal_trace USING journal_seal seal WHERE seal.trace_id = journal_trace.id"
        " AND seal.patient_id = %s AND seal.seq IN (3, 4)",
        patients[0],
    )
    tamper("DELETE FROM journal_seal WHERE patient_id = %s AND seq IN (3, 4)", patients[0])
    (finding,) = check()
    assert (finding.what, finding.patient_id) == ("seals-missing", patients[0])
    assert finding.detail == "lines 3 to 4"


def test_the_end_of_a_chain_that_was_cut_is_named(
    check: Any, patients: list[UUID], tamper: Any
) -> None:
    tamper("DELETE FROM journal_trace WHERE patient_id = %s AND at > %s", patients[0], NOW)
    tamper("DELETE FROM journal_seal WHERE patient_id = %s AND seq > 1", patients[0])
    findings = check()
    assert found(findings) == [
        ("head-changed", patients[0], LINES),
        ("head-changed", patients[0], 2 * LINES),
    ]
    assert "ends at line 1" in findings[0].detail
    assert "no line of that day" in findings[1].detail


def test_an_inserted_line_is_named(check: Any, patients: list[UUID], tamper: Any) -> None:
    identifier = uuid4()
    tamper(
        "INSERT INTO journal_trace SELECT patient_id, at, %s, action, outcome, actor_kind,"
        " actor_id, actor_label, structure, purpose, reasons, object_type, object_id, details,"
        " correlation, tx FROM journal_trace WHERE patient_id = %s LIMIT 1",
        identifier,
        patients[2],
    )
    (finding,) = check()
    assert (finding.what, finding.patient_id, finding.trace_id) == (
        "inserted",
        patients[2],
        identifier,
    )


def test_a_line_moved_in_time_is_named(check: Any, patients: list[UUID], tamper: Any) -> None:
    tamper(
        "UPDATE journal_trace SET at = journal_trace.at - interval '1 hour'"
        " FROM journal_seal seal WHERE seal.trace_id = journal_trace.id"
        " AND seal.patient_id = %s AND seal.seq = 2",
        patients[0],
    )
    assert [each.what for each in check()] == ["removed", "inserted"]


def test_a_changed_seal_is_told_from_a_changed_line(
    check: Any, patients: list[UUID], tamper: Any
) -> None:
    tamper(
        "UPDATE journal_seal SET hash = decode(repeat('ab', 32), 'hex')"
        " WHERE patient_id = %s AND seq = 2",
        patients[0],
    )
    assert found(check()) == [("seal-changed", patients[0], 2)]


def chained_again(superuser: psycopg.Connection, patient_id: UUID) -> None:
    """What somebody does who changed a line and knows how chains are made."""
    rows = superuser.execute(
        f"SELECT {', '.join(chain.COLUMNS)} FROM journal_trace"  # noqa: S608 - constants only
        " WHERE patient_id = %s ORDER BY at",
        [patient_id],
    ).fetchall()
    hash_ = chain.ORIGIN
    for seq, values in enumerate(rows, 1):
        hash_ = chain.link(hash_, chain.digest(chain.line(values)))
        superuser.execute(
            "UPDATE journal_seal SET hash = %s WHERE patient_id = %s AND seq = %s",
            [hash_, patient_id, seq],
        )


def test_a_chain_made_again_disagrees_with_the_days_that_are_over(
    check: Any, patients: list[UUID], tamper: Any, superuser: psycopg.Connection
) -> None:
    tamper("UPDATE journal_trace SET outcome = 'refused' WHERE patient_id = %s", patients[0])
    chained_again(superuser, patients[0])
    assert found(check()) == [
        ("head-changed", patients[0], LINES),
        ("head-changed", patients[0], 2 * LINES),
    ]


def test_heads_made_again_disagree_with_the_signed_roots(
    check: Any, patients: list[UUID], tamper: Any, superuser: psycopg.Connection
) -> None:
    tamper("UPDATE journal_trace SET outcome = 'refused' WHERE patient_id = %s", patients[0])
    chained_again(superuser, patients[0])
    tamper(
        "UPDATE journal_head head SET hash = seal.hash FROM journal_seal seal"
        " WHERE seal.patient_id = head.patient_id AND seal.seq = head.seq"
    )
    findings = check()
    assert [each.what for each in findings] == ["root-differs", "root-differs"]
    assert f"{patients[0].bytes[-1]:02x}" in findings[0].detail


def test_a_head_removed_is_named(check: Any, patients: list[UUID], tamper: Any) -> None:
    tamper("DELETE FROM journal_head WHERE patient_id = %s AND seq = %s", patients[0], LINES)
    assert [each.what for each in check()] == ["head-missing", "root-differs"]


def test_days_signed_again_by_the_key_itself_disagree_with_what_was_deposited(
    check: Any, patients: list[UUID], tamper: Any, superuser: psycopg.Connection, signer: Signer
) -> None:
    tamper("UPDATE journal_trace SET outcome = 'refused' WHERE patient_id = %s", patients[0])
    chained_again(superuser, patients[0])
    superuser.execute("TRUNCATE journal_head, journal_day")
    days.close_days(signer, register="1.2.3")
    assert check(deposits=None) == []
    assert [each.what for each in check()] == ["deposit-differs"] * (DAYS - 1)


def test_the_last_day_removed_is_known_from_its_deposit(
    check: Any, patients: list[UUID], tamper: Any
) -> None:
    tamper("DELETE FROM journal_day WHERE number = 2")
    tamper("DELETE FROM journal_head WHERE day = '2026-03-03'")
    assert "2026-03-03" in check()[-1].detail


def test_a_day_removed_in_the_middle_is_named(
    check: Any, patients: list[UUID], tamper: Any
) -> None:
    tamper("DELETE FROM journal_day WHERE number = 1")
    assert "days-missing" in {each.what for each in check(deposits=None)}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("signature = signature || '\\x00'", "signature"),
        ("statement = replace(statement, '\"chains\":4', '\"chains\":3')", "signature"),
        ("statement = replace(statement, '\"number\":1', '\"number\":7')", "statement"),
        ("day = '2025-01-01'", "statement"),
    ],
)
def test_a_changed_day_is_named(
    check: Any, patients: list[UUID], tamper: Any, change: str, what: str
) -> None:
    tamper(f"UPDATE journal_day SET {change} WHERE number = 1")  # noqa: S608 - our own
    assert what in {each.what for each in check()}


def test_a_day_signed_by_another_certificate_is_named(
    check: Any, patients: list[UUID], papers: Papers, tamper: Any
) -> None:
    other = Signer.open(papers.server.cert_path, papers.server.key_path)
    (day, _next) = days.days()
    tamper(
        "UPDATE journal_day SET signature = %s, certificate = %s WHERE number = 1",
        other.sign(day.statement),
        other.certificate,
    )
    assert [each.what for each in check(deposits=None)] == ["signature"]


def test_each_statement_names_the_one_before(patients: list[UUID], deposits: Path) -> None:
    first, second = (json.loads(path.read_bytes()) for path in sorted(deposits.iterdir()))
    assert first["statement"]["previous"] == signature.NO_STATEMENT
    assert second["statement"]["previous"] == signature.name_of(first["statement"])
    assert [each["statement"]["chains"] for each in (first, second)] == [4, 4]


def test_a_deposit_is_written_once_and_again_when_it_is_lost(
    patients: list[UUID], deposits: Path
) -> None:
    before = {path.name: path.read_bytes() for path in deposits.iterdir()}
    assert days.deposit(deposits) == 0
    next(deposits.iterdir()).unlink()
    assert days.deposit(deposits) == 1
    assert {path.name: path.read_bytes() for path in deposits.iterdir()} == before


def test_a_day_that_is_not_over_is_not_signed(patients: list[UUID], signer: Signer) -> None:
    assert days.close_days(signer, register="1.2.3") == 0
    sealing.seal(now=NOW + timedelta(days=DAYS))
    assert days.close_days(signer, register="1.2.3") == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(day)::text FROM journal_day")
        assert cursor.fetchone() == ("2026-03-04",)


def test_a_file_of_the_folder_that_is_no_day_keeps_no_day_from_being_deposited(
    patients: list[UUID], deposits: Path
) -> None:
    first = min(deposits.iterdir())
    first.rename(first.with_name("copy-of-it.json"))
    assert days.deposit(deposits) == 1
    assert first.exists()
