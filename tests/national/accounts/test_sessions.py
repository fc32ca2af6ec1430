"""Sessions: idle, too old, too many, ended from elsewhere."""

from datetime import timedelta

import pytest

from carnet.national.accounts import actions, own, queries
from carnet.national.accounts.actions import devices
from carnet.national.accounts.models import Account
from carnet.national.accounts.rules import ABSOLUTE, IDLE, MOST_SESSIONS
from tests.national.accounts.people import NOW, PASSWORD, member, session_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def odile():
    return member(login="odile")


def is_open(one, session_id, now=NOW):
    account = Account.objects.get(id=one.account_id)
    return queries.visitor(account, session_id, now=now) is not None


def test_a_session_ends_when_it_is_idle(odile):
    session = session_of(odile)
    assert is_open(odile, session, NOW + IDLE - timedelta(seconds=1))
    assert not is_open(odile, session, NOW + IDLE * 3)


def test_a_session_in_use_stays_open_until_its_longest(odile):
    session = session_of(odile)
    now = NOW
    while now < NOW + ABSOLUTE - IDLE:
        now += IDLE / 2
        assert is_open(odile, session, now)
    assert not is_open(odile, session, NOW + ABSOLUTE)


def test_the_oldest_session_ends_when_there_are_too_many(odile):
    sessions = [session_of(odile, NOW + timedelta(seconds=n)) for n in range(MOST_SESSIONS + 1)]
    later = NOW + timedelta(minutes=1)
    assert [is_open(odile, one, later) for one in sessions] == [False] + [True] * MOST_SESSIONS


def test_a_session_of_another_account_opens_nothing(odile):
    iris = member("IRIS", login="iris")
    assert not is_open(iris, session_of(odile))
    assert not is_open(iris, None)


def test_ending_everywhere_ends_every_session_and_every_trust(odile):
    here, there = session_of(odile), session_of(odile)
    cookie = devices.trust(odile.actor, there, name="Firefox", now=NOW)
    actions.end_everywhere(odile.actor, now=NOW, keep=here)
    assert (is_open(odile, here), is_open(odile, there)) == (True, False)
    assert devices.recognise(cookie, now=NOW) is None
    assert own.ways(odile.actor, now=NOW).devices == []
    actions.end_everywhere(odile.actor, now=NOW)
    assert not is_open(odile, here)


def test_revoking_a_browser_ends_its_sessions(odile):
    there = session_of(odile)
    cookie = devices.trust(odile.actor, there, name="Firefox", now=NOW)
    devices.revoke(odile.actor, devices.recognise(cookie, now=NOW).id, now=NOW)
    assert not is_open(odile, there)


def test_a_new_password_ends_every_other_session(odile):
    here, there = session_of(odile), session_of(odile)
    actions.change_password(
        odile.actor, PASSWORD, "cinq autres mots bien longs", session_id=here, now=NOW
    )
    assert (is_open(odile, here), is_open(odile, there)) == (True, False)
    with pytest.raises(actions.SignInRefused):
        actions.sign_in("odile", PASSWORD, now=NOW)


def test_the_proof_of_oneself_is_renewed(odile):
    session = session_of(odile)
    later = NOW + timedelta(minutes=20)
    actions.check_own_password(odile.actor, PASSWORD, now=later)
    actions.prove_again(session, now=later)
    account = Account.objects.get(id=odile.account_id)
    _actor, seen = queries.visitor(account, session, now=later)
    assert seen.proved_at == later
