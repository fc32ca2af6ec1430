"""Two files that are one, and a merge that was wrong (RNIV 1 EXI SI 35)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.establishment.patients import (
    errands,
    queries,
    vigilance,
)
from carnet.establishment.patients.actions import apply_adt
from carnet.establishment.patients.models import (
    Alert,
    Change,
    Errand,
    Merge,
    Patient,
    Proof,
)
from carnet.standards.hl7v2.messages import Consultation, Feeding, PatientIdentity
from carnet.standards.ins import Attribute, Status
from tests.establishment.insi import Scripted
from tests.establishment.people import NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp, movement
from tests.establishment.vigilance import (
    CLAIRE,
    GAM,
    asking,
    proven,
    qualified,
    registered,
    retrieved,
    status,
)

pytestmark = pytest.mark.django_db


def test_the_same_ins_on_two_patients_qualifies_neither() -> None:
    first, second = qualified(), registered(value="C2")
    proven(second)
    retrieved(second)
    assert {status(first), status(second)} == {Status.VALIDEE}
    assert Alert.objects.get(closed_at=None).kind == "same_ins"
    vigilance.merge(CLAIRE, first, second, now=NOW)
    assert status(first) is Status.QUALIFIEE
    assert not Alert.objects.filter(closed_at=None).exists()


def test_a_merge_is_undone_and_what_came_since_stays() -> None:
    apply_adt(GAM, adt("A28"), now=NOW)
    apply_adt(
        GAM,
        adt("A01", replace(PATIENT, local_ids=(ipp("IPP2"),)), movement=movement(), control_id="2"),
        now=NOW,
    )
    kept, gone = (Patient.objects.get(identifiers__value=v).id for v in ("IPP1", "IPP2"))
    vigilance.wish(CLAIRE, gone, Feeding.OPPOSED, Consultation.REFUSED, now=NOW)
    vigilance.merge(CLAIRE, kept, gone, now=NOW)
    merged = queries.get(kept)
    assert merged is not None
    assert {i.value for i in merged.local_ids} == {"IPP1", "IPP2"}
    assert merged.feeding is Feeding.OPPOSED
    with pytest.raises(vigilance.UnknownPatient):
        vigilance.merge(CLAIRE, gone, kept, now=NOW)
    merge = Merge.objects.get()
    undone = vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    assert undone.parted is not None
    assert undone.parted.merged == gone
    back = queries.get(gone)
    assert back is not None
    assert [i.value for i in back.local_ids] == ["IPP2"]
    assert back.status is Status.PROVISOIRE
    assert len(queries.movements(gone)) == 1
    assert queries.movements(kept) == []
    with pytest.raises(vigilance.NotPossible):
        vigilance.unmerge(CLAIRE, merge.id, now=NOW)


def test_a_patient_is_not_merged_into_themselves() -> None:
    patient_id = registered()
    with pytest.raises(vigilance.NotPossible):
        vigilance.merge(CLAIRE, patient_id, patient_id, now=NOW)


def two(first: PatientIdentity = PATIENT, **second: Any) -> tuple[UUID, UUID]:
    """The files of IPP1 and IPP2."""
    other = replace(PATIENT, **{"local_ids": (ipp("IPP2"),), **second})
    for number, who in enumerate((first, other)):
        apply_adt(GAM, adt("A28", who, control_id=f"A{number}"), now=NOW)
    return of("IPP1"), of("IPP2")


def of(value: str) -> UUID:
    return Patient.objects.get(identifiers__value=value).id


def merged(kept: UUID, gone: UUID) -> Merge:
    vigilance.merge(CLAIRE, kept, gone, now=NOW)
    return Merge.objects.latest("id")


def test_a_merge_undone_gives_back_status_ins_and_proofs() -> None:
    kept, gone = registered(), qualified(value="C2")
    merge = merged(kept, gone)
    assert status(gone) is Status.PROVISOIRE
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    back = Patient.objects.get(pk=gone)
    assert (back.status, back.ins_matricule) == ("qualifiée", "279035121518989")
    assert Proof.objects.get(patient=gone).ended_at is None
    assert [c.what for c in Change.objects.filter(patient=gone)][-3:] == [
        "ins", "status", "unmerged",
    ]  # fmt: skip


def test_an_ins_that_somebody_else_has_meanwhile_is_disputed() -> None:
    kept, gone = registered(), qualified(value="C2")
    merge = merged(kept, gone)
    third = qualified(value="C3")
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    assert {status(gone), status(third)} == {Status.VALIDEE}
    assert Alert.objects.get(kind="same_ins", closed_at=None).patients == sorted([gone, third])


def test_when_the_identity_changed_meanwhile_both_are_proven_again() -> None:
    kept, gone = two(QUALIFIED, birth_name="AUTRE", ins=OTHER_INS, reliability=("VALI",))
    merge = merged(kept, gone)
    said = replace(PATIENT, birth_name="AUTRE", first_given_name="PAULETTE", ins=OTHER_INS)
    told = replace(said, birth_date="19400101", birth_place="75056", reliability=("VALI",))
    apply_adt(GAM, adt("A31", told, recorded_at="20260303120000", control_id="X"), now=NOW)
    assert Patient.objects.get(pk=kept).ins_matricule == OTHER_INS.matricule
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    for patient_id in (kept, gone):
        patient = Patient.objects.get(pk=patient_id)
        assert (patient.status, patient.ins_matricule) == ("provisoire", "")
    names = Patient.objects.filter(pk__in=[kept, gone]).values_list("birth_name", flat=True)
    assert sorted(names) == ["AUTRE", "CARRIERE"]


def test_who_was_fictive_is_so_again_even_when_the_identity_changed_meanwhile() -> None:
    kept, gone = two()
    Patient.objects.filter(pk=gone).update(attributes=[Attribute.FICTIVE.value])
    merge = merged(kept, gone)
    told = replace(PATIENT, birth_name="AUTRE")
    apply_adt(GAM, adt("A31", told, recorded_at="20260303120000", control_id="X"), now=NOW)
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    patient = Patient.objects.get(pk=gone)
    assert (patient.status, patient.attributes) == ("provisoire", [Attribute.FICTIVE.value])


def test_what_was_said_of_the_other_leaves_the_survivor() -> None:
    kept, gone = two()
    merge = merged(kept, gone)
    told = replace(PATIENT, local_ids=(ipp("IPP2"),), deceased=True, phones=("0102030405",))
    apply_adt(GAM, adt("A31", told, recorded_at="20260303120000", control_id="X"), now=NOW)
    assert Patient.objects.get(pk=kept).deceased
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    survivor = Patient.objects.get(pk=kept)
    assert (survivor.deceased, survivor.phones) == (False, [])


def test_each_has_the_wishes_of_before() -> None:
    kept, gone = two()
    vigilance.wish(CLAIRE, kept, Feeding.NOT_OPPOSED, Consultation.CONSENTED, now=NOW)
    later = NOW + timedelta(hours=1)
    vigilance.wish(CLAIRE, gone, Feeding.OPPOSED, Consultation.REFUSED, now=later)
    merge = merged(kept, gone)
    vigilance.unmerge(CLAIRE, merge.id, now=later)
    assert wishes(kept, gone) == [Feeding.NOT_OPPOSED, Feeding.OPPOSED]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (Feeding.OPPOSED, [Feeding.OPPOSED, Feeding.OPPOSED]),
        (Feeding.NOT_OPPOSED, [Feeding.NOT_OPPOSED, Feeding.NOT_COLLECTED]),
    ],
)
def test_an_opposition_said_meanwhile_is_of_both_and_a_consent_of_one(
    said: Feeding, left: list[Feeding]
) -> None:
    kept, gone = two()
    merge = merged(kept, gone)
    consultation = Consultation.REFUSED if said is Feeding.OPPOSED else Consultation.CONSENTED
    vigilance.wish(CLAIRE, kept, said, consultation, now=NOW)
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    assert wishes(kept, gone) == left


def test_a_consent_said_meanwhile_does_not_lift_an_opposition_of_before() -> None:
    kept, gone = two()
    vigilance.wish(CLAIRE, kept, Feeding.OPPOSED, Consultation.REFUSED, now=NOW)
    merge = merged(kept, gone)
    later = NOW + timedelta(hours=1)
    vigilance.wish(CLAIRE, kept, Feeding.NOT_OPPOSED, Consultation.CONSENTED, now=later)
    vigilance.unmerge(CLAIRE, merge.id, now=later)
    assert wishes(kept, gone) == [Feeding.OPPOSED, Feeding.NOT_COLLECTED]


def wishes(*patient_ids: UUID) -> list[Feeding]:
    found = queries.get_many(patient_ids)
    return [found[patient_id].feeding for patient_id in patient_ids]


def test_an_identifier_that_was_renamed_meanwhile_goes_back() -> None:
    kept, gone = two()
    merge = merged(kept, gone)
    renamed = adt(
        "A47", replace(PATIENT, local_ids=(ipp("IPP7"),)), prior_ids=(ipp("IPP2"),), control_id="R"
    )
    apply_adt(GAM, renamed, now=NOW)
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    assert (of("IPP1"), of("IPP7")) == (kept, gone)


def test_the_alerts_that_a_merge_closed_are_looked_at_again() -> None:
    kept, gone = two()
    third = registered()
    pairs = [sorted([kept, gone]), sorted([gone, third])]
    for pair in pairs:
        Alert.objects.create(kind=Alert.Kind.DUPLICATE, patients=pair, opened_at=NOW)
    merge = merged(kept, gone)
    assert not Alert.objects.filter(closed_at=None).exists()
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    assert [Alert.objects.get(patients=pair).outcome for pair in pairs] == ["distinct", ""]
    assert Alert.objects.get(closed_at=None).patients == pairs[1]


def test_a_question_to_insi_that_the_merge_made_void_is_asked_again() -> None:
    kept, gone = two()
    row = Errand.objects.create(
        patient_id=gone,
        purpose="récupération",
        next_attempt_at=NOW,
        created_at=NOW,
        updated_at=NOW,
    )
    merge = merged(kept, gone)
    errands.run_next(asking(Scripted()))
    row.refresh_from_db()
    assert (row.state, row.reason) == ("done", "void")
    vigilance.unmerge(CLAIRE, merge.id, now=NOW)
    row.refresh_from_db()
    assert row.state == "ready"
