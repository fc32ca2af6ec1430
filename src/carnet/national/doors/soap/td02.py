"""TD0.2: does a record exist, and may the caller read it? (PRPA_IN201307UV02; spec dmp §2.2)."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.identity.queries import Person
from carnet.national.record import queries as record
from carnet.national.record.actions.refusals import same_patient
from carnet.standards.gdp import td02
from carnet.standards.gdp.td02 import Authorisation, Existence, Frame, MessageId, Traits
from carnet.standards.xds.errors import XdsRefused

#: administrativeGenderCode by the sex of the INS base.
_GENDERS: Final = {"M": "M", "F": "F", "I": "UN"}


def _handle(call: Call) -> Answer:
    query = td02.read_query(call.payload)
    frame = Frame(
        message_id=MessageId(td02.DMP_SERVER, str(uuid4())),
        created_at=f"{call.now:%Y%m%d%H%M%S}",
        sender=td02.DMP_SERVER,
        receiver=query.frame.sender,
        software="Carnet",
    )
    try:
        ins = same_patient(call.session.patient, query.ins.cx)
        found = record.existence(
            call.session.actor, ins, now=call.now, correlation=call.correlation
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        return Answer(td02.write_refusal(frame, query, code=error.code, reason=error.context))
    return Answer(
        td02.write_answer(
            frame,
            query,
            Existence(
                status=found.status,
                authorisation=Authorisation(found.authorisation.value),
                medecin_traitant=found.is_medecin_traitant,
                mes=found.status == "active",
                traits=_traits(found.person) if found.person else None,
            ),
        )
    )


def _traits(person: Person) -> Traits:
    return Traits(
        birth_name=person.birth_name,
        given=person.first_given_name,
        gender=_GENDERS[person.sex],
        birth_date=person.birth_date_hl7,
        usual_name=person.used_name,
    )


EXISTENCE = Operation(td02.ACTION, td02.RESPONSE_ACTION, _handle)
