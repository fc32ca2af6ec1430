"""Doubles are found, scored and explained; nobody is merged by a machine (RECO SI 02)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.establishment.patients import doubles
from carnet.establishment.patients.actions import apply_adt
from carnet.establishment.patients.actors import Sender
from carnet.establishment.patients.doubles import Likeness, score
from carnet.establishment.patients.models import Alert, Patient
from tests.establishment.people import NOW, PATIENT, adt, ipp

GAM = Sender("GAM", "CH-AUBRE")
LOUISE = Likeness("CARRIERE", "LOUISE", "19810412", "F", "63220")


@pytest.mark.parametrize(
    ("other", "least", "most"),
    [
        (LOUISE, 100, 100),
        (replace(LOUISE, birth_name="CARRIÈRE"), 100, 100),
        (replace(LOUISE, birth_name="CARIERE"), 90, 99),
        (replace(LOUISE, birth_date="19811204"), 95, 99),
        (replace(LOUISE, birth_date="19810413"), 85, 95),
        (replace(LOUISE, birth_name="DURAND", used_name="CARRIERE"), 90, 99),
        (replace(LOUISE, birth_place=""), 100, 100),
        (Likeness("BERNARD", "PAUL", "19520101", "M", "75056"), 0, 45),
        (Likeness("CARRIERE", "", "", "", ""), 0, 0),
    ],
)
def test_the_score_says_how_alike_two_identities_are(
    other: Likeness, least: int, most: int
) -> None:
    assert least <= score(LOUISE, other).value <= most


_words = st.text("ABCDEFGHIJ '-", max_size=12)
_people = st.builds(
    Likeness,
    _words,
    _words,
    st.text("0123456789", max_size=8),
    st.sampled_from(["F", "M", "U", ""]),
    st.text("0123456789", max_size=5),
    used_name=_words,
)


@given(_people, _people)
def test_a_score_is_the_same_both_ways_and_from_0_to_100(one: Likeness, other: Likeness) -> None:
    found = score(one, other)
    assert 0 <= found.value <= 100
    assert found.value == score(other, one).value
    assert len(found.parts) <= 5


@pytest.mark.django_db
def test_a_pair_is_proposed_once_and_never_again_when_settled() -> None:
    apply_adt(GAM, adt("A28"), now=NOW)
    twice = replace(PATIENT, local_ids=(ipp("IPP2"),), birth_name="CARIERE")
    apply_adt(GAM, adt("A28", twice), now=NOW)
    while doubles.compare_next(now=NOW):
        pass
    alert = Alert.objects.get()
    assert (alert.kind, len(alert.patients)) == ("duplicate", 2)
    trait, one, other, _alike, _weight = alert.reasons[0]
    assert (trait, {one, other}) == ("nom de naissance", {"CARRIERE", "CARIERE"})
    Alert.objects.update(closed_at=NOW, outcome="distinct")
    Patient.objects.update(compared_at=None)
    while doubles.compare_next(now=NOW):
        pass
    assert Alert.objects.count() == 1


@pytest.mark.django_db
def test_a_message_that_makes_somebody_else_of_a_patient_is_a_collision() -> None:
    apply_adt(GAM, adt("A28"), now=NOW)
    other = replace(
        PATIENT,
        birth_name="BERNARD",
        first_given_name="PAUL",
        given_names="PAUL",
        birth_date="19520101",
        sex="M",
        birth_place="75056",
    )
    apply_adt(GAM, adt("A31", other, recorded_at="20260302120000", control_id="M2"), now=NOW)
    assert Alert.objects.get().kind == "collision"


@pytest.mark.django_db
def test_a_letter_corrected_is_no_collision() -> None:
    apply_adt(GAM, adt("A28"), now=NOW)
    corrected = replace(PATIENT, birth_name="CARRIER")
    apply_adt(GAM, adt("A31", corrected, recorded_at="20260302120000", control_id="M2"), now=NOW)
    assert not Alert.objects.exists()
