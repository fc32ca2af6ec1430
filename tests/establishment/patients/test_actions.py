"""ADT scenarios (spec identity §5.14, checks 1 to 6)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from carnet.establishment.patients import queries
from carnet.establishment.patients.actions import Applied, apply_adt
from carnet.establishment.patients.actors import Sender
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.hl7v2.messages import AdtEvent, Feeding, Wishes
from carnet.standards.ins import Status
from tests.establishment.people import (
    INS,
    NOW,
    OTHER_INS,
    PATIENT,
    QUALIFIED,
    adt,
    ins,
    ipp,
    movement,
)

pytestmark = pytest.mark.django_db

GAM = Sender("GAM", "CH-AUBRE")
VALIDATED = replace(PATIENT, reliability=("VALI",))
DOUBTFUL = replace(PATIENT, reliability=("PROV", "DOUT"))


def apply(*events: AdtEvent) -> Applied:
    for event in events:
        applied = apply_adt(GAM, event, now=NOW)
    return applied


def patient(value: str = "IPP1") -> queries.LocalPatient:
    found = queries.find(replace(PATIENT, local_ids=(ipp(value),)))
    assert found is not None
    return found


REMOVAL = {"prior_ins": INS, "removes_ins": True}

STATUSES = [
    ("created provisional", [adt("A28")], Status.PROVISOIRE, None),
    ("created qualified", [adt("A28", QUALIFIED)], Status.QUALIFIEE, INS),
    ("VALI without INS", [adt("A28", VALIDATED)], Status.VALIDEE, None),
    ("created by an admission", [adt("A01", QUALIFIED)], Status.QUALIFIEE, INS),
    ("qualified by an update", [adt("A28"), adt("A31", QUALIFIED)], Status.QUALIFIEE, INS),
    (
        "INS removed, PID-32 VALI",
        [adt("A28"), adt("A31", QUALIFIED), adt("A47", VALIDATED, **REMOVAL)],
        Status.VALIDEE,
        None,
    ),
    (
        "INS removed, PID-32 PROV",
        [adt("A28", QUALIFIED), adt("A47", PATIENT, **REMOVAL)],
        Status.PROVISOIRE,
        None,
    ),
    (
        "INS removed, PID-32 empty: not qualified any more",
        [adt("A28", QUALIFIED), adt("A47", replace(PATIENT, reliability=()), **REMOVAL)],
        Status.VALIDEE,
        None,
    ),
    (
        "INS replaced by A47",
        [
            adt("A28", QUALIFIED),
            adt("A47", replace(QUALIFIED, ins=OTHER_INS), prior_ins=INS),
        ],
        Status.QUALIFIEE,
        OTHER_INS,
    ),
    (
        "a snapshot without the INS takes it away",
        [adt("A28", QUALIFIED), adt("A31", VALIDATED)],
        Status.VALIDEE,
        None,
    ),
    (
        "a movement without the INS leaves it",
        [adt("A28", QUALIFIED), adt("A02", VALIDATED)],
        Status.QUALIFIEE,
        INS,
    ),
    (
        "a movement without PID-32 leaves the status",
        [adt("A28", QUALIFIED), adt("A02", replace(PATIENT, reliability=()))],
        Status.QUALIFIEE,
        INS,
    ),
    (
        "a movement that validates a provisional identity",
        [adt("A28"), adt("A02", VALIDATED)],
        Status.VALIDEE,
        None,
    ),
    (
        "doubt removes the INS",
        [adt("A28", QUALIFIED), adt("A31", DOUBTFUL)],
        Status.PROVISOIRE,
        None,
    ),
    (
        "doubt wins over VALI and INS",
        [adt("A28", replace(QUALIFIED, reliability=("VALI", "DOUT")))],
        Status.PROVISOIRE,
        None,
    ),
    (
        "an older message changes nothing",
        [
            adt("A28", QUALIFIED),
            adt("A31", PATIENT, recorded_at="20260301115959"),
        ],
        Status.QUALIFIEE,
        INS,
    ),
]


@pytest.mark.parametrize(
    ("events", "status", "expected"),
    [row[1:] for row in STATUSES],
    ids=[row[0] for row in STATUSES],
)
def test_the_status_follows_pid_32_and_the_ins(
    events: list[AdtEvent], status: Status, expected: object
) -> None:
    apply(*events)
    assert (patient().status, patient().ins) == (status, expected)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (adt("A28", replace(PATIENT, reliability=("PROV", "FICT"))), "identity_fictive"),
        (adt("A28", DOUBTFUL), "identity_doubtful"),
        (adt("A28", PATIENT), "identity_provisional"),
        (adt("A28", VALIDATED), "ins_missing"),
        (adt("A28", replace(VALIDATED, ins_refused="clé fausse")), "ins_refused"),
    ],
)
def test_what_is_missing_is_said(event: AdtEvent, code: str) -> None:
    apply(event)
    lack = patient().lack
    assert lack is not None
    assert lack.code == code


def test_a_qualified_identity_lacks_nothing() -> None:
    apply(adt("A28", QUALIFIED))
    assert patient().lack is None


@pytest.mark.parametrize("trigger", ["A02", "A03", "A11", "A12", "A13", "A47", "Z99"])
def test_an_unknown_patient_is_refused_by_events_that_cannot_create(trigger: str) -> None:
    with pytest.raises(Hl7Error) as refusal:
        apply(adt(trigger))
    assert refusal.value.application == "902"


def test_a_repeated_message_changes_nothing_more() -> None:
    apply(adt("A28", QUALIFIED))
    assert apply(adt("A28", QUALIFIED)).changed == frozenset()


def test_a_newer_message_changes_the_traits() -> None:
    apply(
        adt("A28"), adt("A31", replace(PATIENT, used_name="MARTIN"), recorded_at="20260301130000")
    )
    assert patient().used_name == "MARTIN"


def test_a_movement_does_not_empty_traits_that_it_leaves_out() -> None:
    apply(adt("A28", QUALIFIED), adt("A02", replace(QUALIFIED, birth_place="")))
    assert patient().birth_place == "63220"


def test_the_same_ins_on_two_patients_qualifies_neither() -> None:
    """EXI SI 32."""
    apply(adt("A28", QUALIFIED), adt("A28", replace(QUALIFIED, local_ids=(ipp("IPP2"),))))
    assert {patient("IPP1").status, patient("IPP2").status} == {Status.VALIDEE}
    assert patient("IPP1").ins is None
    lack = patient("IPP1").lack
    assert lack is not None
    assert lack.code == "ins_disputed"
    [alert] = queries.open_alerts()
    assert {p.id for p in alert.patients} == {patient("IPP1").id, patient("IPP2").id}


def test_a_merge_settles_the_dispute() -> None:
    apply(
        adt("A28", QUALIFIED),
        adt("A28", replace(QUALIFIED, local_ids=(ipp("IPP2"),))),
        adt("A40", QUALIFIED, prior_ids=(ipp("IPP2"),)),
    )
    assert patient("IPP1").status is Status.QUALIFIEE
    assert queries.open_alerts() == []


def test_the_removal_of_a_wrong_ins_settles_the_dispute() -> None:
    second = replace(VALIDATED, local_ids=(ipp("IPP2"),))
    apply(
        adt("A28", QUALIFIED),
        adt("A28", replace(QUALIFIED, local_ids=(ipp("IPP2"),))),
        adt("A47", second, **REMOVAL),
    )
    assert (patient("IPP1").ins, patient("IPP2").ins) == (INS, None)
    assert queries.open_alerts() == []


def test_a_merge_gives_the_identifiers_to_the_survivor() -> None:
    second = replace(PATIENT, local_ids=(ipp("IPP2"),))
    applied = apply(
        adt("A28"),
        adt("A28", second),
        adt("A40", prior_ids=(ipp("IPP2"),)),
    )
    assert patient("IPP2").id == patient("IPP1").id
    assert len(applied.merged) == 1
    assert queries.merges()[0].identifiers == ("IPP2",)


def test_a_merge_of_an_unknown_identifier_keeps_it_for_late_documents() -> None:
    apply(adt("A28"), adt("A40", prior_ids=(ipp("IPP9"),)))
    assert patient("IPP9").id == patient("IPP1").id


def test_a_repeated_merge_changes_nothing() -> None:
    second = replace(PATIENT, local_ids=(ipp("IPP2"),))
    merge = adt("A40", prior_ids=(ipp("IPP2"),))
    assert apply(adt("A28"), adt("A28", second), merge, merge).merged == ()


def test_a_changed_local_identifier_replaces_the_old_one() -> None:
    apply(
        adt("A28"),
        adt("A47", replace(PATIENT, local_ids=(ipp("IPP2"),)), prior_ids=(ipp("IPP1"),)),
    )
    assert [i.value for i in patient("IPP2").local_ids] == ["IPP2"]


def test_an_identifier_of_another_patient_cannot_be_taken() -> None:
    second = replace(PATIENT, local_ids=(ipp("IPP2"),))
    with pytest.raises(Hl7Error):
        apply(adt("A28"), adt("A28", second), adt("A47", second, prior_ids=(ipp("IPP1"),)))


def test_the_history_of_the_ins_is_kept() -> None:
    later = {"recorded_at": "20260301130000"}
    apply(adt("A28", QUALIFIED), adt("A31", replace(QUALIFIED, ins=ins("2810499900033")), **later))
    history = queries.ins_history(patient().id)
    assert [(h.until is None, h.ended_by) for h in history] == [(True, ""), (False, "A31")]


def test_every_change_says_who_and_why() -> None:
    apply(adt("A28"), adt("A31", QUALIFIED))
    assert {(s.actor, s.what, s.trigger) for s in queries.history(patient().id)} == {
        ("GAM (CH-AUBRE)", "created", "A28"),
        ("GAM (CH-AUBRE)", "identifiers", "A28"),
        ("GAM (CH-AUBRE)", "traits", "A28"),
        ("GAM (CH-AUBRE)", "ins", "A31"),
        ("GAM (CH-AUBRE)", "status", "A31"),
    }


INSERT = adt("A01", movement=movement(medical_unit="CARDIO"))
UPDATE = adt(
    "Z99",
    movement=movement(action="UPDATE", medical_unit="NEURO", original_event="A01"),
    recorded_at="20260301140000",
)
CANCEL = adt(
    "A11",
    movement=movement(action="CANCEL", original_event="A01", historic=True),
    recorded_at="20260301150000",
)


@pytest.mark.parametrize(
    ("events", "unit", "cancelled"),
    [
        ([INSERT], "CARDIO", False),
        ([INSERT, UPDATE], "NEURO", False),
        ([INSERT, UPDATE, INSERT], "NEURO", False),
        ([INSERT, UPDATE, CANCEL], "NEURO", True),
        ([INSERT, CANCEL, UPDATE], "CARDIO", True),
        ([INSERT, CANCEL, INSERT], "CARDIO", True),
        ([INSERT, CANCEL, CANCEL], "CARDIO", True),
    ],
)
def test_a_movement_keeps_the_last_thing_said_of_it(
    events: list[AdtEvent], unit: str, cancelled: bool
) -> None:
    apply(*events)
    [step] = queries.movements(patient().id)
    assert (step.medical_unit, step.cancelled) == (unit, cancelled)


def test_an_update_that_arrives_before_the_movement_wins() -> None:
    apply(adt("A28"), UPDATE, INSERT)
    [step] = queries.movements(patient().id)
    assert step.medical_unit == "NEURO"


def test_a_cancel_that_arrives_before_the_movement_wins() -> None:
    apply(adt("A28"), CANCEL, INSERT)
    [step] = queries.movements(patient().id)
    assert step.cancelled


def test_movements_are_read_in_the_order_of_their_time() -> None:
    second = movement("MVT2", at="20260301100000")
    apply(INSERT, adt("A02", movement=second, recorded_at="20260301160000"))
    assert [s.trigger for s in queries.movements(patient().id)] == ["A02", "A01"]


def test_the_most_recent_wishes_are_kept() -> None:
    apply(
        adt("A28", wishes=Wishes(Feeding.OPPOSED)),
        adt("A31", wishes=Wishes(Feeding.NOT_OPPOSED), recorded_at="20260301100000"),
    )
    assert patient().feeding is Feeding.OPPOSED


def test_a_message_without_a_time_is_refused() -> None:
    with pytest.raises(Hl7Error) as refusal:
        apply(adt(recorded_at="yesterday"))
    assert refusal.value.place == "EVN^1^2"


def test_an_ins_finds_its_patient_without_any_local_identifier() -> None:
    apply(adt("A28", QUALIFIED))
    found = queries.find(replace(QUALIFIED, local_ids=()))
    assert found is not None
    assert found.id == patient().id


def test_the_clock_is_the_caller_s() -> None:
    apply_adt(GAM, adt(), now=NOW - timedelta(days=1))
    assert queries.history(patient().id)[0].at == NOW - timedelta(days=1)
