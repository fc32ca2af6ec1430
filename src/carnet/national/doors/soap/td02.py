"""TD0.2: does a record exist, and may the caller read it? (PRPA_IN201307UV02; spec dmp §2.2)."""

from __future__ import annotations

from carnet.national.doors.soap.gdp import answering, traits
from carnet.national.doors.soap.service import Answer, Call
from carnet.national.record import queries as record
from carnet.national.record.actions.refusals import same_patient
from carnet.standards.gdp import td02
from carnet.standards.gdp.td02 import Authorisation, Existence
from carnet.standards.xds.errors import XdsRefused


def existence(call: Call) -> Answer:
    """The answer to a question asked for TEST_EXST."""
    query = td02.read_query(call.payload)
    frame = answering(call, query.frame)
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
                mes=found.linked_to_mes,
                traits=traits(found.person) if found.person else None,
            ),
        )
    )
