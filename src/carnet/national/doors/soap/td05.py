"""TD0.5: a centre 15 finds a patient by traits (PRPA_IN201305UV02, ITI-47; spec dmp §2.2)."""

from __future__ import annotations

from carnet.national.doors.soap.gdp import answering, traits
from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import queries as record
from carnet.standards.gdp import td05
from carnet.standards.gdp.td05 import Candidate
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    query = td05.read_query(call.payload)
    frame = answering(call, query.frame)
    try:
        found, total = record.find_candidates(
            call.session.actor, query, now=call.now, correlation=call.correlation
        )
    except XdsRefused as refusal:
        error = refusal.errors[0]
        return Answer(td05.write_refusal(frame, query, code=error.code, reason=error.context))
    told = [
        Candidate(one.person.ins, traits(one.person), one.percent, one.opposes_centre_15)
        for one in found
    ]
    return Answer(td05.write_answer(frame, query, told, total=total))


FIND = Operation(td05.ACTION, td05.RESPONSE_ACTION, _handle)
