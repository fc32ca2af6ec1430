"""ADT messages are read as IHE PAM France says, and refused with the place and the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from carnet.standards.hl7v2 import build, er7
from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error
from carnet.standards.hl7v2.messages import (
    AdtEvent,
    Consultation,
    Feeding,
    Ignored,
    LocalId,
    Wishes,
)
from carnet.standards.hl7v2.pam import HANDLED, read_adt
from carnet.standards.hl7v2.rules import IDENTITIES, MOVEMENTS
from carnet.standards.ids import INS_NIA, INS_NIR, INS_NIR_TEST, Ins
from tests.standards.hl7v2.perfect import (
    ENVELOPE,
    FINESS,
    INS,
    PATIENT,
    admission,
    identity,
    with_field,
    without_segment,
)

INS_CX = f"279035121518989^^^ASIP-SANTE-INS-NIR&{INS_NIR_TEST}&ISO^INS"
IPP_CX = f"000003^^^CHU-X&{FINESS}&N^PI"


def event(message: er7.Message, **options: Any) -> AdtEvent:
    found = read_adt(message, **options)
    assert isinstance(found, AdtEvent)
    return found


def changed(segment: str, field: int, wire: str, base: AdtEvent | None = None) -> er7.Message:
    return with_field(build.adt(base or admission(), ENVELOPE), segment, field, wire)


def refusal(message: er7.Message) -> Hl7Error:
    with pytest.raises(Hl7Error) as caught:
        read_adt(message)
    return caught.value


@pytest.mark.parametrize("trigger", sorted(MOVEMENTS))
def test_every_movement_reads_back_as_written(trigger: str) -> None:
    movement = admission().movement
    assert movement
    original = "" if MOVEMENTS[trigger] == "INSERT" else "A01"
    written = admission(
        trigger=trigger,
        movement=replace(movement, action=MOVEMENTS[trigger], original_event=original),
    )
    assert read_adt(er7.read(build.adt(written, ENVELOPE))) == written


@pytest.mark.parametrize("trigger", ["A28", "A31"])
def test_every_identity_reads_back_as_written(trigger: str) -> None:
    written = identity(trigger)
    assert read_adt(er7.read(build.adt(written, ENVELOPE))) == written


def test_a_merge_names_the_patient_that_disappears() -> None:
    written = identity("A40", prior_ids=(LocalId("000009", "CHU-X", FINESS, "PI"),))
    assert read_adt(er7.read(build.adt(written, ENVELOPE))) == written


def test_a_change_of_ins_names_the_old_one() -> None:
    written = identity("A47", prior_ins=Ins("180032B02040123", INS_NIR_TEST))
    assert read_adt(er7.read(build.adt(written, ENVELOPE))) == written


def test_an_ins_removed_is_told_with_the_one_that_goes() -> None:
    bare = replace(PATIENT, ins=None)
    written = identity("A47", patient=bare, prior_ins=INS, removes_ins=True)
    assert read_adt(er7.read(build.adt(written, ENVELOPE))) == written


def test_every_handled_trigger_is_in_the_tests_above() -> None:
    assert set(MOVEMENTS) | {"A28", "A31", "A40", "A47"} == HANDLED == set(MOVEMENTS) | IDENTITIES


@pytest.mark.parametrize("trigger", ["A06", "A07", "A14", "A21", "A38", "A44", "A54", "A99"])
def test_a_trigger_that_is_not_handled_is_ignored(trigger: str) -> None:
    assert read_adt(changed("MSH", 9, f"ADT^{trigger}")) == Ignored(trigger, "3975")


def test_a08_is_refused_as_the_profile_excludes_it() -> None:
    error = refusal(changed("MSH", 9, "ADT^A08^ADT_A01"))
    assert (error.code, error.ack) == (Condition.UNSUPPORTED_EVENT, "AR")
    assert "A31" in error.reason


def test_another_family_of_messages_is_refused() -> None:
    error = refusal(changed("MSH", 9, "SIU^S12"))
    assert (error.code, error.ack) == (Condition.UNSUPPORTED_MESSAGE_TYPE, "AR")


@pytest.mark.parametrize(
    ("segment", "field", "place"),
    [
        ("MSH", 7, "MSH^1^7"),
        ("MSH", 10, "MSH^1^10"),
        ("MSH", 11, "MSH^1^11"),
        ("MSH", 12, "MSH^1^12"),
        ("EVN", 2, "EVN^1^2"),
        ("PID", 3, "PID^1^3"),
        ("PID", 5, "PID^1^5"),
        ("PID", 18, "PID^1^18"),
        ("PV1", 2, "PV1^1^2"),
        ("PV1", 19, "PV1^1^19"),
        ("ZBE", 1, "ZBE^1^1"),
        ("ZBE", 2, "ZBE^1^2"),
        ("ZBE", 4, "ZBE^1^4"),
        ("ZBE", 5, "ZBE^1^5"),
    ],
)
def test_a_required_field_that_is_missing_is_named(segment: str, field: int, place: str) -> None:
    error = refusal(changed(segment, field, ""))
    assert (error.code, error.place, error.ack) == (
        Condition.REQUIRED_FIELD_MISSING,
        place,
        "AE",
    )


@pytest.mark.parametrize(("segment", "field"), [("PV1", 19), ("ZBE", 1)])
def test_an_identifier_of_which_only_the_authority_is_told_is_missing(
    segment: str, field: int
) -> None:
    error = refusal(changed(segment, field, f"^^^CHU-X&{FINESS}&N^VN"))
    assert error.code == Condition.REQUIRED_FIELD_MISSING


@pytest.mark.parametrize("field", [3, 32])
def test_a_field_that_is_only_expected_is_told_and_the_message_taken(field: int) -> None:
    segment = "PV1" if field == 3 else "PID"
    (warning,) = event(changed(segment, field, "")).warnings
    assert (warning.code, warning.place) == (
        Condition.REQUIRED_FIELD_MISSING,
        f"{segment}^1^{field}",
    )


@pytest.mark.parametrize("segment", ["EVN", "PID", "PV1", "ZBE"])
def test_a_required_segment_that_is_missing_is_named(segment: str) -> None:
    error = refusal(without_segment(build.adt(admission(), ENVELOPE), segment))
    assert (error.code, error.place) == (Condition.SEGMENT_SEQUENCE, f"{segment}^1")


@pytest.mark.parametrize(
    ("segment", "field", "wire", "condition"),
    [
        ("MSH", 11, "X", Condition.UNSUPPORTED_PROCESSING),
        ("MSH", 12, "2.3", Condition.UNSUPPORTED_VERSION),
        ("MSH", 7, "hier", Condition.DATA_TYPE),
        ("EVN", 2, "20241301", Condition.DATA_TYPE),
        ("PID", 8, "X", Condition.TABLE_VALUE_NOT_FOUND),
        ("PID", 7, "28/03/1979", Condition.DATA_TYPE),
        ("PV1", 2, "Z", Condition.TABLE_VALUE_NOT_FOUND),
        ("ZBE", 4, "DELETE", Condition.TABLE_VALUE_NOT_FOUND),
        ("ZBE", 4, "CANCEL", Condition.TABLE_VALUE_NOT_FOUND),
        ("ZBE", 5, "O", Condition.TABLE_VALUE_NOT_FOUND),
        ("ZFA", 9, "OUI", Condition.TABLE_VALUE_NOT_FOUND),
        ("ZFA", 11, "NON", Condition.TABLE_VALUE_NOT_FOUND),
    ],
)
def test_a_wrong_value_is_named(segment: str, field: int, wire: str, condition: Condition) -> None:
    error = refusal(changed(segment, field, wire))
    assert (error.code, error.place) == (condition, f"{segment}^1^{field}")


def test_every_problem_is_told_at_once() -> None:
    raw = er7.write(changed("PID", 5, ""))
    error = refusal(with_field(raw, "ZBE", 1, ""))
    assert [problem.place for problem in error.problems] == ["PID^1^5", "ZBE^1^1"]


@pytest.mark.parametrize(
    ("segment", "field"), [("PID", 2), ("PID", 19), ("MSH", 8), ("EVN", 1), ("PV1", 52)]
)
def test_a_forbidden_field_is_told_and_ignored(segment: str, field: int) -> None:
    (warning,) = event(changed(segment, field, "x")).warnings
    assert (warning.code, warning.place) == (Condition.CARDINALITY, f"{segment}^1^{field}")
    assert warning.severity == "W"


def test_a_movement_in_an_identity_event_is_told_and_ignored() -> None:
    written = identity("A31", movement=admission().movement)
    read = event(er7.read(build.adt(written, ENVELOPE)))
    assert read.movement is None
    assert [warning.place for warning in read.warnings] == ["ZBE^1"]


def test_the_shifted_movement_of_a_published_exit_is_put_right() -> None:
    message = er7.read(build.adt(admission(), ENVELOPE))
    zbe = next(message.all("ZBE"))
    for fields in ((*zbe.fields[:3], *zbe.fields[4:]), (*zbe.fields[:3], "", *zbe.fields[3:])):
        shifted = er7.Segment(fields, zbe.delimiters)
        others = [part for part in message.segments if part.name != "ZBE"]
        again = er7.Message((*others, shifted), message.delimiters, message.charset)
        assert event(again).movement == admission().movement


@pytest.mark.parametrize(
    ("pid3", "reason"),
    [
        (INS_CX.replace("89^", "88^"), "clé"),
        (INS_CX.replace("279035121518989", "2790351215189"), "n’est pas celui d’un INS"),
        (INS_CX.replace(str(INS_NIR_TEST), "1.2.250.1.213.1.4.2"), "n’est pas celui d’un INS"),
        (f"{INS_CX}~180032B02040123^^^ASIP-SANTE-INS-NIR&{INS_NIR_TEST}&ISO^INS", "plusieurs INS"),
    ],
)
def test_an_ins_that_cannot_be_trusted_is_left_out_and_says_why(pid3: str, reason: str) -> None:
    read = event(changed("PID", 3, f"{IPP_CX}~{pid3}")).patient
    assert read.ins is None
    assert reason in read.ins_refused
    assert read.local_ids == PATIENT.local_ids


@pytest.mark.parametrize(
    ("field", "wire", "reason"),
    [
        (32, "PROV", "PID-32"),
        (32, "", "PID-32"),
        (32, "HOMA~VALI", "PID-32"),
        (32, "VALI~DOUT", "douteuse"),
        (32, "VALI~FICT", "fictive"),
        (5, "PAT-TROIS^DOMINIQUE^^^^^L", "liste des prénoms"),
        (5, "PAT-TROIS^MARIE^DOMINIQUE^^^^L", "premier prénom"),
        (7, "", "date de naissance"),
        (7, "1979", "date de naissance"),
        (8, "U", "sexe"),
        (11, "", "lieu de naissance"),
    ],
)
def test_without_status_or_traits_the_ins_is_left_out(field: int, wire: str, reason: str) -> None:
    read = event(changed("PID", field, wire)).patient
    assert read.ins is None
    assert reason in read.ins_refused


def test_a_birth_date_that_was_corrected_keeps_the_ins_away() -> None:
    raw = build.adt(identity(), ENVELOPE) + b"ZFD||||Y\r"
    assert "ZFD-4" in event(er7.read(raw)).patient.ins_refused


def test_after_a_change_the_nir_wins_over_the_nia() -> None:
    nia = f"109076322088835^^^ASIP-SANTE-INS-NIA&{INS_NIA}&ISO^INS"
    assert event(changed("PID", 3, f"{IPP_CX}~{nia}~{INS_CX}")).patient.ins == INS


def test_a_billing_nir_is_neither_an_ins_nor_a_local_id() -> None:
    nir = f"279035121518989^^^ASIP-SANTE-NIR&{INS_NIR}&ISO^NH"
    read = event(changed("PID", 3, f"{IPP_CX}~{nir}")).patient
    assert (read.ins, read.ins_refused, read.local_ids) == (None, "", PATIENT.local_ids)


def test_a_deployment_may_refuse_test_matricules() -> None:
    read = event(er7.read(build.adt(admission(), ENVELOPE)), ins_oids=frozenset({INS_NIR}))
    assert read.patient.ins is None
    assert "OID" in read.patient.ins_refused


def test_a_lunar_birth_date_is_kept() -> None:
    assert event(changed("PID", 7, "19791433")).patient.birth_date == "19791433"


def test_the_time_in_a_birth_date_is_left_out() -> None:
    assert event(changed("PID", 7, "197903280000")).patient.birth_date == "19790328"


def test_a_name_typed_in_the_next_component_is_found() -> None:
    read = event(changed("PID", 5, "DUPONT^ZOE^ZOE^^^Mme^^L")).patient
    assert read.birth_name == "DUPONT"


def test_a_patient_without_birth_name_is_refused() -> None:
    error = refusal(changed("PID", 5, "DUPONT^ZOE^^^^^D"))
    assert (error.code, error.place) == (Condition.REQUIRED_FIELD_MISSING, "PID^1^5")


@pytest.mark.parametrize("wire", [INS_CX, "000003^^^^PI"])
def test_a_patient_without_an_identifier_of_a_domain_is_refused(wire: str) -> None:
    assert refusal(changed("PID", 3, wire)).place.startswith("PID^1^3")


def test_an_emptied_used_name_is_empty() -> None:
    read = event(changed("PID", 5, 'PAT-TROIS^DOMINIQUE^DOMINIQUE^^^^L~""^""^^^^^D'))
    assert read.patient.used_name == ""


def test_a_merge_of_a_patient_with_himself_is_refused() -> None:
    error = refusal(er7.read(build.adt(identity("A40", prior_ids=PATIENT.local_ids), ENVELOPE)))
    assert (error.application, error.place, error.ack) == (Business.OTHER, "MRG^1^1", "AE")


def test_a_merge_without_the_old_identifier_is_refused() -> None:
    error = refusal(er7.read(build.adt(identity("A40"), ENVELOPE)))
    assert error.place == "MRG^1"


def test_two_pairs_in_one_merge_are_refused() -> None:
    one = build.adt(identity("A40", prior_ids=(LocalId("9", "CHU-X", FINESS, "PI"),)), ENVELOPE)
    pair = b"".join(line + b"\r" for line in one.split(b"\r") if line[:3] in (b"PID", b"MRG"))
    assert refusal(er7.read(one + pair)).code == Condition.CARDINALITY


def test_a_malformed_old_ins_is_refused() -> None:
    written = identity("A47", prior_ins=INS)
    error = refusal(changed("MRG", 1, "123^^^X&1.2.250.1.213.1.4.8&ISO^INS", written))
    assert (error.code, error.place) == (Condition.DATA_TYPE, "MRG^1^1")


@pytest.mark.parametrize(
    ("feeding", "consultation", "wishes"),
    [
        ("INO", "IC", Wishes(Feeding.NOT_OPPOSED, Consultation.CONSENTED)),
        ("IO", "INC", Wishes(Feeding.OPPOSED, Consultation.REFUSED)),
        ("", "", Wishes(Feeding.NOT_COLLECTED, Consultation.NOT_COLLECTED)),
        ('""', '""', Wishes(Feeding.NOT_COLLECTED, Consultation.NOT_COLLECTED)),
    ],
)
def test_wishes_are_read(feeding: str, consultation: str, wishes: Wishes) -> None:
    raw = er7.write(changed("ZFA", 9, feeding))
    assert event(with_field(raw, "ZFA", 11, consultation)).wishes == wishes


def test_without_zfa_nothing_is_known_of_the_wishes() -> None:
    assert event(without_segment(build.adt(admission(), ENVELOPE), "ZFA")).wishes is None


def test_a_refusal_never_repeats_what_the_message_says() -> None:
    raw = er7.write(changed("PID", 7, "DUPONT-SECRET"))
    error = refusal(with_field(raw, "PID", 8, "DUPONT-SECRET"))
    assert "SECRET" not in "".join(problem.reason for problem in error.problems)
