"""The deeds of the record: actor first, clock passed in, one transaction each."""

from carnet.national.record.actions.admit import admit
from carnet.national.record.actions.authorise import authorise, set_authorization
from carnet.national.record.actions.care import (
    close_episode,
    collect_team_consent,
    declare_organisation,
    dismiss,
    open_episode,
    recognise,
    set_team_consent,
)
from carnet.national.record.actions.change_visibility import change_visibility
from carnet.national.record.actions.close_record import close_record
from carnet.national.record.actions.create_record import create_record
from carnet.national.record.actions.declare_medecin_traitant import declare_medecin_traitant
from carnet.national.record.actions.end_episode import end_episode
from carnet.national.record.actions.enter_by_context import enter_by_context
from carnet.national.record.actions.open_record import open_record
from carnet.national.record.actions.publish import Published, publish, register
from carnet.national.record.actions.release import release_due, schedule_release
from carnet.national.record.actions.remove import remove_documents, remove_metadata
from carnet.national.record.actions.reopen_record import reopen_record
from carnet.national.record.actions.retrieve import retrieve
from carnet.national.record.actions.set_choices import set_choices
from carnet.national.record.actions.update import update
from carnet.national.record.actions.update_administrative import update_administrative

__all__ = [
    "Published",
    "admit",
    "authorise",
    "change_visibility",
    "close_episode",
    "close_record",
    "collect_team_consent",
    "create_record",
    "declare_medecin_traitant",
    "declare_organisation",
    "dismiss",
    "end_episode",
    "enter_by_context",
    "open_episode",
    "open_record",
    "publish",
    "recognise",
    "register",
    "release_due",
    "remove_documents",
    "remove_metadata",
    "reopen_record",
    "retrieve",
    "schedule_release",
    "set_authorization",
    "set_choices",
    "set_team_consent",
    "update",
    "update_administrative",
]
