"""The services of the DMP beside XDS: what is sent, and what it is answered."""

from __future__ import annotations

from uuid import uuid4

import pytest

from carnet.ops.validate import Severity, Verdict, judge
from carnet.standards import habilitations
from carnet.standards.gdp import patient_query, registration, td02, td05, td13a
from carnet.standards.gdp.messages import Reason
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.registration import RegistrationRequest
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.habilitations import OPERATIONS, Result, SetAuthorization
from carnet.standards.habilitations.model import AuthorizationAction
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.soap import envelope
from carnet.standards.soap.envelope import Addressing
from tests.ops.validate.conftest import PATIENT
from tests.standards.gdp.perfect import ANSWERING, ASKING, PERSON, QUERY_ID

OTHER = Ins("207058575627097", INS_NIR_TEST)
QUERY = PatientQuery(ASKING, QUERY_ID, PATIENT)
CHANGE = RegistrationRequest(ASKING, Reason.MODIF_DATA, PATIENT, "899700218896", person=PERSON)
ADD = SetAuthorization(AuthorizationAction.AJOUT)
REQUESTS = {
    "TD0.2": (td02.ACTION, td02.write_query(QUERY)),
    "TD1.3a": (patient_query.ACTION, td13a.write_query(QUERY)),
    "TD1.3b": (registration.action("PRPA_IN201314UV02"), registration.write(CHANGE)),
    "TD0.5": (td05.ACTION, td05.write_query(TraitsQuery(ASKING, QUERY_ID, "DURAND"))),
    "TD0.3": (OPERATIONS[0].action, habilitations.write_request(ADD)),
}


def judged(action: str, payload: bytes, assertion: bytes | None = None) -> Verdict:
    message = envelope.write(
        Addressing(action, f"urn:uuid:{uuid4()}"), payload, assertion=assertion
    )
    return judge(message)


@pytest.mark.parametrize("id_", REQUESTS)
def test_a_perfect_request_breaks_no_rule(id_: str, vihf: bytes) -> None:
    verdict = judged(*REQUESTS[id_], vihf)
    assert verdict.findings == ()


@pytest.mark.parametrize("id_", REQUESTS)
def test_a_request_without_assertion_is_told(id_: str) -> None:
    assert [one.rule for one in judged(*REQUESTS[id_]).findings] == ["vihf-absent"]


def test_another_patient_than_that_of_the_assertion_is_told(vihf: bytes) -> None:
    query = td02.write_query(PatientQuery(ASKING, QUERY_ID, OTHER))
    (finding,) = judged(td02.ACTION, query, vihf).findings
    assert (finding.rule, finding.requirement) == ("XDSPatientIdDoesNotMatch", "dmp §4.4, 7")
    assert finding.remedy


def test_a_message_that_cannot_be_read_says_why(vihf: bytes) -> None:
    payload = REQUESTS["TD0.2"][1].replace(b"TEST_EXST", b"AUTRE")
    (finding,) = judged(td02.ACTION, payload, vihf).findings
    assert "reasonCode" in finding.problem
    (finding,) = judged(
        OPERATIONS[0].action, REQUESTS["TD0.3"][1].replace(b"AJOUT", b"X"), vihf
    ).findings
    assert finding.requirement == "dmp §2.3"


def test_a_question_with_the_reason_of_a_change_is_told(vihf: bytes) -> None:
    payload = REQUESTS["TD0.2"][1].replace(b"TEST_EXST", b"FERM")
    (finding,) = judged(td02.ACTION, payload, vihf).findings
    assert "TEST_EXST, CNSLT_DATA" in finding.problem


def test_another_action_than_that_of_the_message_is_told(vihf: bytes) -> None:
    (finding,) = judged(td05.ACTION, REQUESTS["TD0.2"][1], vihf).findings
    assert finding.rule == "wsa-action"


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (
            td02.RESPONSE_ACTION,
            td02.write_refusal(
                ANSWERING, QUERY, code="DMPAccessDeniedByRightsService", reason="non"
            ),
        ),
        (
            OPERATIONS[0].answer_action,
            habilitations.write_answer(Result("DMPAccessDeniedByRightsService", "non")),
        ),
    ],
)
def test_a_refusal_is_told_with_what_to_do(action: str, payload: bytes) -> None:
    (finding,) = judged(action, payload).findings
    assert finding.rule == "DMPAccessDeniedByRightsService"
    assert finding.severity is Severity.WARNING
    assert "TD0.3" in finding.remedy


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        (
            "urn:hl7-org:v3:PRPA_IN201315UV02",
            registration.write_accepted(ANSWERING, CHANGE),
        ),
        (OPERATIONS[0].answer_action, habilitations.write_answer(Result())),
    ],
)
def test_an_answer_that_accepts_is_told_as_such(action: str, payload: bytes) -> None:
    assert judged(action, payload).findings == ()
