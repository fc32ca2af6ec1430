"""What INSi answers at the desk, and what is made of it (spec identity §1.9 to §1.13)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from carnet.establishment.clients.errors import Refused, Unavailable
from carnet.establishment.patients import (
    identities,
    inquiries,
    vigilance,
)
from carnet.establishment.patients.models import (
    Inquiry,
    Patient,
)
from carnet.establishment.patients.vigilance import Declared
from carnet.standards.ins import Status, Traits
from carnet.standards.ins.insi import Notice, ResultCode, first_query
from tests.establishment.insi import Scripted
from tests.establishment.people import NOW
from tests.establishment.vigilance import (
    CLAIRE,
    PAT_TROIS,
    asked,
    chosen,
    qualified,
    registered,
    seen,
    status,
)

pytestmark = pytest.mark.django_db


def test_an_answer_is_shown_with_what_differs_and_replaces_the_traits() -> None:
    """EX_GEN-1250, EX_GEN-1255, EXI SI 12."""
    patient_id = registered(replace(PAT_TROIS, birth_place="75056"))
    answer = asked(patient_id)
    assert answer.review is not None
    assert "BIRTH_PLACE" in {d.trait.name for d in answer.review.differences}
    assert answer.review.acceptable
    inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)
    assert Patient.objects.get(pk=patient_id).birth_place == "63220"


def test_an_answer_is_decided_once() -> None:
    answer = asked(registered())
    inquiries.refuse(CLAIRE, answer.id, now=NOW)
    with pytest.raises(inquiries.NotToDecide):
        inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)


def test_an_answer_about_an_identity_that_changed_is_void() -> None:
    patient_id = registered()
    answer = asked(patient_id)
    vigilance.change_traits(
        CLAIRE,
        patient_id,
        Declared(replace(PAT_TROIS, first_given_name="PAUL")),
        policy=chosen(),
        seen=seen(patient_id),
        now=NOW,
    )
    with pytest.raises(inquiries.NotToDecide):
        inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)


def test_nobody_found_proposes_another_question_and_several_the_place() -> None:
    nobody = asked(registered(Traits.of("LE GALL DUPONT", "JEAN-MARC", "M", "19720618")))
    assert nobody.code is ResultCode.NONE
    assert nobody.review is None
    martin = Traits.of("MARTIN", "CLAIRE", "F", "19840317", birth_place="62041")
    several = asked(registered(martin, "C2"))
    assert several.code is ResultCode.SEVERAL
    assert several.proposal is not None
    patient_id = several.patient_id
    found = inquiries.ask(
        CLAIRE,
        patient_id,
        several.proposal.query,
        client=Scripted(),
        policy=chosen(),
        clock=lambda: NOW + timedelta(minutes=1),
    )
    assert found.review is not None
    assert found.review.ins.matricule == "284036204110501"


@pytest.mark.parametrize("failure", [Unavailable("later", code="insi_102"), Refused("no")])
def test_a_failure_of_insi_changes_nothing_and_is_traced(failure: Any) -> None:
    """EXI SI 06 and 14."""
    patient_id = registered()
    answer = asked(patient_id, Scripted(failure=failure))
    assert answer.failed
    assert answer.temporary is isinstance(failure, Unavailable)
    assert status(patient_id) is Status.PROVISOIRE
    assert Inquiry.objects.get().code == answer.failed


def test_insi_may_be_closed_to_provisoires() -> None:
    """EXI SI 25."""
    patient_id = registered()
    patient = Patient.objects.get(pk=patient_id)
    with pytest.raises(inquiries.AskingForbidden) as refused:
        inquiries.ask(
            CLAIRE,
            patient_id,
            first_query(identities.local_traits(patient)),
            client=Scripted(),
            policy=chosen(provisoire_asks=False),
            clock=lambda: NOW,
        )
    assert refused.value.reasons == (Status.PROVISOIRE,)


def test_a_matricule_in_force_replaces_the_one_of_before() -> None:
    fatou = Traits.of("OUEDRAOGO", "FATOU", "F", "19880808", birth_place="99331")
    patient_id = qualified(fatou)
    Patient.objects.filter(pk=patient_id).update(
        ins_matricule="288089933191348", ins_oid="1.2.250.1.213.1.4.9"
    )
    answer = asked(patient_id)
    assert answer.review is not None
    assert Notice.MATRICULE_CHANGED in answer.review.notices
    inquiries.accept(CLAIRE, answer.id, policy=chosen(), now=NOW)
    assert Patient.objects.get(pk=patient_id).ins_matricule == "288089933111372"
    assert status(patient_id) is Status.QUALIFIEE
