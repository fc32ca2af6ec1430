"""Messages and what the desk established; what another domain may say (spec identity §1.6).

Requirements: RNIV EXI SI 13, 36 and 37.
"""

from dataclasses import replace
from typing import Any

import pytest

from carnet.establishment.patients.actions import apply_adt
from carnet.establishment.patients.actors import Sender
from carnet.establishment.patients.models import (
    Patient,
)
from carnet.establishment.patients.reception import Trust
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.ins import Status
from tests.establishment.people import INS, NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp
from tests.establishment.vigilance import GAM, proven, retrieved, status

pytestmark = pytest.mark.django_db


def said(**changes: Any) -> Patient:
    """The patient of IPP1 after the desk qualified it and the referential spoke again."""
    apply_adt(GAM, adt("A28"), now=NOW)
    patient_id = Patient.objects.get(identifiers__value="IPP1").id
    proven(patient_id)
    patient = replace(PATIENT, **changes)
    apply_adt(GAM, adt("A31", patient, recorded_at="20260303120000", control_id="M2"), now=NOW)
    return Patient.objects.get(pk=patient_id)


def test_a_message_that_does_not_know_yet_leaves_what_the_desk_established() -> None:
    patient = said(given_names="")
    assert patient.status == Status.VALIDEE
    assert patient.given_names == "LOUISE ANNE"


def test_a_message_about_other_traits_starts_again() -> None:
    assert said(birth_name="CARRIER").status == Status.PROVISOIRE


def test_a_message_that_doubts_is_believed() -> None:
    assert said(reliability=("PROV", "DOUT")).attributes == ["DOUT"]


def test_a_retrieved_identity_that_the_referential_validates_is_qualified() -> None:
    told = replace(
        PATIENT,
        birth_name="PAT-TROIS",
        first_given_name="DOMINIQUE",
        given_names="DOMINIQUE",
        birth_date="19790328",
    )
    apply_adt(GAM, adt("A28", told), now=NOW)
    patient_id = Patient.objects.get(identifiers__value="IPP1").id
    retrieved(patient_id)
    validated = replace(told, reliability=("VALI",))
    apply_adt(GAM, adt("A31", validated, recorded_at="20260303120000", control_id="M2"), now=NOW)
    assert status(patient_id) is Status.QUALIFIEE


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        (Trust.OWN, Status.QUALIFIEE),
        (Trust.CONTRACT, Status.VALIDEE),
        (Trust.NONE, Status.PROVISOIRE),
    ],
)
def test_a_qualified_identity_is_worth_what_binds_us_to_its_sender(
    trust: Trust, expected: Status
) -> None:
    applied = apply_adt(GAM, adt("A28", QUALIFIED), now=NOW, trust=trust)
    assert status(applied.patient_id) is expected


def test_another_domain_neither_lowers_nor_rewrites_what_is_known_here() -> None:
    apply_adt(GAM, adt("A28", QUALIFIED), now=NOW)
    other = replace(PATIENT, birth_name="AUTRE", ins=OTHER_INS, reliability=("VALI",))
    applied = apply_adt(
        Sender("LABO", ""),
        adt("A31", other, recorded_at="20260303120000", control_id="M2"),
        now=NOW,
        trust=Trust.NONE,
    )
    patient = Patient.objects.get(pk=applied.patient_id)
    assert (patient.status, patient.birth_name, patient.ins_matricule) == (
        "qualifiée",
        "CARRIERE",
        INS.matricule,
    )


def test_another_domain_merges_nothing() -> None:
    apply_adt(GAM, adt("A28", QUALIFIED), now=NOW)
    with pytest.raises(Hl7Error):
        apply_adt(
            Sender("LABO", ""),
            adt("A40", QUALIFIED, prior_ids=(ipp("IPP9"),)),
            now=NOW,
            trust=Trust.CONTRACT,
        )
