"""The service `patients`: what a message of GDP is sent for decides what is done (dmp §2.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from carnet.national.doors.soap.registration import register
from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.doors.soap.td02 import existence
from carnet.national.doors.soap.td13a import administrative
from carnet.standards.gdp import patient_query
from carnet.standards.gdp.messages import Reason, reason_of
from carnet.standards.gdp.registration import INTERACTIONS_OF, Interactions, action
from carnet.standards.soap.envelope import SoapFault

#: What is answered, by what the question is asked for.
QUESTIONS: Final[Mapping[Reason, Callable[[Call], Answer]]] = MappingProxyType(
    {Reason.TEST_EXST: existence, Reason.CNSLT_DATA: administrative}
)


def _ask(call: Call) -> Answer:
    answer = QUESTIONS.get(reason_of(call.payload))
    if answer is None:
        raise SoapFault("Sender", f"the reasonCode is one of {', '.join(QUESTIONS)}")
    return answer(call)


def _registering(interactions: Interactions) -> Operation:
    return Operation(action(interactions.request), action(interactions.accepted), register)


ASK = Operation(patient_query.ACTION, patient_query.RESPONSE_ACTION, _ask)
ADD = _registering(INTERACTIONS_OF[Reason.CREA_RD])
REVISE = _registering(INTERACTIONS_OF[Reason.MODIF_DATA])
