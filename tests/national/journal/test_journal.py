"""The journal: written with the act, never changed, told in sentences."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from carnet.national.journal import actions, queries
from carnet.national.journal.sentences import SENTENCES
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_trace SET outcome = 'allowed' WHERE patient_id = %s",
        "DELETE FROM journal_trace WHERE patient_id = %s",
        "TRUNCATE journal_trace -- %s",
    ],
)
def test_a_line_is_neither_changed_nor_removed(statement: str) -> None:
    patient_id, _ins = world.make_patient()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement.replace("%s", f"'{patient_id}'"))


def test_what_is_rolled_back_leaves_no_trace() -> None:
    patient_id = uuid4()
    with transaction.atomic():
        actions.record(
            world.TESTS, "document.read", at=NOW, patient_id=patient_id, outcome="allowed"
        )
        transaction.set_rollback(True)
    assert queries.history(world.holder(patient_id), patient_id) == []


@pytest.mark.parametrize(
    ("kept", "seconds"),
    [
        ({"actor_kinds": ["citizen"]}, [0]),
        ({"actor_kinds": ["citizen", "establishment"]}, [3, 0]),
        ({"outcome": "refused"}, [3]),
        ({"emergencies": True}, [2]),
        ({"emergencies": True, "outcome": "refused"}, []),
    ],
)
def test_a_page_holds_only_the_acts_that_are_asked_for(
    kept: dict[str, Any], seconds: list[int]
) -> None:
    patient_id = uuid4()
    actor = world.holder(patient_id)
    urgent = replace(PHYSICIAN_READER, purpose="bris_de_glace")
    for second, doer in enumerate((actor, PHYSICIAN_READER, urgent, HOSPITAL_SYSTEM)):
        actions.record(
            doer,
            "document.read",
            at=NOW + timedelta(seconds=second),
            patient_id=patient_id,
            outcome="refused" if doer is HOSPITAL_SYSTEM else "allowed",
        )
    found = queries.history(actor, patient_id, **kept)
    assert [trace.at - NOW for trace in found] == [timedelta(seconds=each) for each in seconds]
    assert len(queries.history(actor, patient_id, limit=1, **kept)) == len(found[:1])


def test_each_act_is_told_by_a_sentence_for_its_doer() -> None:
    patient_id = uuid4()
    actor = world.holder(patient_id)
    details = {"title": "Bilan"}
    doers = (
        actor,
        PHYSICIAN_READER,
        replace(PHYSICIAN_READER, purpose="bris_de_glace"),
        HOSPITAL_SYSTEM,
    )
    for place, doer in enumerate(doers):
        actions.record(
            doer,
            "document.read",
            at=NOW + timedelta(seconds=place),
            patient_id=patient_id,
            outcome="refused" if doer is HOSPITAL_SYSTEM else "allowed",
            details=details,
        )
    told = [each.sentence for each in queries.history(actor, patient_id)]
    assert told == [
        "L’ouverture d’un document a été refusée à CH de l'Exemple.",
        "En urgence : Camille DURAND (CH de l'Exemple) a ouvert le document « Bilan ».",
        "Camille DURAND (CH de l'Exemple) a ouvert le document « Bilan ».",
        "Vous avez ouvert le document « Bilan ».",
    ]


def test_history_goes_on_from_where_it_stopped() -> None:
    patient_id = uuid4()
    actor = world.holder(patient_id)
    for minute in range(5):
        actions.record(
            actor,
            "document.read",
            at=NOW + timedelta(minutes=minute),
            patient_id=patient_id,
            outcome="allowed",
        )
    first = queries.history(actor, patient_id, limit=3)
    rest = queries.history(actor, patient_id, before=first[-1].at)
    assert (len(first), len(rest)) == (3, 2)


def test_acts_of_one_instant_are_not_cut_by_a_page() -> None:
    patient_id = uuid4()
    actor = world.holder(patient_id)
    for minute in (0, 1, 1, 1, 2):
        actions.record(
            actor,
            "document.read",
            at=NOW + timedelta(minutes=minute),
            patient_id=patient_id,
            outcome="allowed",
        )
    first = queries.history(actor, patient_id, limit=2)
    rest = queries.history(actor, patient_id, before=first[-1].at, limit=2)
    assert (len(first), len(rest)) == (4, 1)


def test_another_persons_history_is_refused() -> None:
    with pytest.raises(PermissionError):
        queries.history(world.holder(uuid4()), uuid4())


def test_every_sentence_can_be_said() -> None:
    for said in SENTENCES.values():
        for sentence in (said.you, said.other, said.refused):
            assert str(sentence) % {"actor": "X", "title": "Y"}


def test_the_months_to_come_have_their_partition() -> None:
    actions.make_partitions(now=datetime(2031, 5, 6, tzinfo=UTC))
    patient_id = uuid4()
    actions.record(
        world.TESTS,
        "document.read",
        at=datetime(2031, 12, 31, 23, 59, tzinfo=UTC),
        patient_id=patient_id,
        outcome="allowed",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_trace_2031_12")
        assert cursor.fetchone() == (1,)
