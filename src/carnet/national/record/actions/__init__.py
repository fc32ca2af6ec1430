"""The deeds of the record: actor first, clock passed in, one transaction each."""

from carnet.national.record.actions.change_status import change_status
from carnet.national.record.actions.close_record import close_record
from carnet.national.record.actions.create_record import create_record
from carnet.national.record.actions.open_record import authorise, open_record, set_choices
from carnet.national.record.actions.publish import Published, publish
from carnet.national.record.actions.reopen_record import reopen_record
from carnet.national.record.actions.retrieve import retrieve
from carnet.national.record.actions.update_administrative import update_administrative

__all__ = [
    "Published",
    "authorise",
    "change_status",
    "close_record",
    "create_record",
    "open_record",
    "publish",
    "reopen_record",
    "retrieve",
    "set_choices",
    "update_administrative",
]
