"""ITI-44 Patient Identity Feed: a patient of the affinity domain is made known."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings

from carnet.national.doors.soap.service import Answer, Call, Operation
from carnet.national.record import actions as record
from carnet.standards.gdp.messages import MessageId
from carnet.standards.xds import iti44
from carnet.standards.xds.errors import XdsRefused


def _handle(call: Call) -> Answer:
    refusal = ""
    try:
        record.admit(call.session.member, iti44.read(call.payload), now=call.now)
    except XdsRefused as refused:
        refusal = refused.errors[0].context
    answer = iti44.acknowledge(
        call.payload,
        message_id=MessageId(settings.CARNET_REPOSITORY_OID, str(uuid4())),
        created_at=f"{call.now:%Y%m%d%H%M%S}",
        refusal=refusal,
    )
    return Answer(answer)


ADDED, REVISED = (
    Operation(iti44.action(each), iti44.action(iti44.ACKNOWLEDGED), _handle)
    for each in (iti44.ADDED, iti44.REVISED)
)
