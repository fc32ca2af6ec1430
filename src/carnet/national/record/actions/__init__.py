"""The deeds of the record: actor first, clock passed in, one transaction each."""

from carnet.national.record.actions.change_status import change_status
from carnet.national.record.actions.open_record import authorise, open_record, set_choices
from carnet.national.record.actions.publish import Published, publish
from carnet.national.record.actions.retrieve import retrieve

__all__ = [
    "Published",
    "authorise",
    "change_status",
    "open_record",
    "publish",
    "retrieve",
    "set_choices",
]
