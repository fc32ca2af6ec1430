"""What the answers of GDP have alike at the door: their frame, and the people they tell of."""

from __future__ import annotations

from uuid import uuid4

from carnet.national.doors.soap.service import Call
from carnet.national.identity.queries import Person
from carnet.standards.gdp.messages import DMP_SERVER, Frame, MessageId
from carnet.standards.gdp.people import GENDERS, Traits


def answering(call: Call, asked: Frame) -> Frame:
    """The frame of the answer to a message with the frame `asked`."""
    return Frame(
        message_id=MessageId(DMP_SERVER, str(uuid4())),
        created_at=f"{call.now:%Y%m%d%H%M%S}",
        sender=DMP_SERVER,
        receiver=asked.sender,
        software="Carnet",
    )


def traits(person: Person, prefix: str = "") -> Traits:
    """The traits of a person, in the words of GDP."""
    return Traits(
        birth_name=person.birth_name,
        given=person.first_given_name,
        gender=GENDERS[person.sex],
        birth_date=person.birth_date_hl7,
        usual_name=person.used_name,
        prefix=prefix,
    )
