"""Record and mailbox follow the space: closed with it, open again with it (R-149)."""

import pytest

from carnet.national.accounts import actions as accounts
from carnet.national.messaging import actions as messaging
from carnet.national.messaging import tasks
from carnet.national.messaging.models import Mailbox
from carnet.national.record import actions as record
from carnet.national.record.models import Record
from carnet.national.record.spaces import follow_spaces
from carnet.national.record.tasks import drain
from tests.national.accounts.people import NOW, TESTS, Member, member

pytestmark = pytest.mark.django_db


def opened(**named: str) -> Member:
    one = member(**named)
    record.open_record(TESTS, one.patient_id, now=NOW)
    messaging.open_citizen_mailbox(TESTS, one.patient_id, now=NOW)
    return one


def followed(one: Member) -> tuple[str, str]:
    """The status of the record and of the mailbox, once the worker has passed."""
    assert follow_spaces(now=NOW)
    drain(now=NOW, others=tasks.EVENTS)
    assert follow_spaces(now=NOW) == 0
    return (
        Record.objects.get(patient_id=one.patient_id).status,
        Mailbox.objects.get(id=one.patient_id).status,
    )


def test_what_is_in_a_closed_space_is_closed_and_comes_back_with_it() -> None:
    odile = opened(login="odile")
    assert followed(odile) == ("active", "open")
    accounts.close_space(odile.actor, now=NOW)
    assert followed(odile) == ("terminated", "closed")
    assert odile.account_id
    accounts.reopen_space(odile.account_id, now=NOW)
    assert followed(odile) == ("active", "open")


def test_an_opposition_closes_what_had_been_made_ready() -> None:
    odile = opened()
    accounts.oppose(odile.card, now=NOW)
    assert followed(odile) == ("terminated", "closed")


def test_a_record_that_was_closed_for_another_reason_stays_closed() -> None:
    odile = opened(login="odile")
    followed(odile)
    Record.objects.update(status="terminated", closing_reason="DECES")
    accounts.close_space(odile.actor, now=NOW)
    followed(odile)
    assert odile.account_id
    accounts.reopen_space(odile.account_id, now=NOW)
    assert followed(odile)[0] == "terminated"
