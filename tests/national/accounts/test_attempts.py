"""Limits on guessing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from carnet.national.accounts import actions, attempts
from carnet.national.accounts.actions import devices
from carnet.national.accounts.attempts import LOGIN, SOURCE, Counted, TooManyAttempts
from carnet.national.accounts.models import Attempts
from tests.national.accounts.people import NOW, PASSWORD, member, session_of

ODILE = Counted(LOGIN, "odile")


def refused(times: int, *counted: Counted, now=NOW) -> int:
    stopped = 0
    for _ in range(times):
        try:
            attempts.take(*counted, now=now)
        except TooManyAttempts:
            stopped += 1
    return stopped


@pytest.mark.django_db
def test_the_wait_grows_with_the_failures():
    waits, now = [], NOW
    for _ in range(21):
        try:
            attempts.take(ODILE, now=now)
        except TooManyAttempts as stop:
            waits.append(stop.wait)
            now += stop.wait
            attempts.take(ODILE, now=now)
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=1))


@pytest.mark.django_db
def test_a_try_refused_on_one_count_is_counted_on_none():
    source = Counted(SOURCE, "192.0.2.1")
    refused(5, ODILE)
    assert refused(3, source, ODILE) == 3
    assert Attempts.objects.get(key=source.key).failures == 0


@pytest.mark.django_db
def test_what_was_typed_and_where_it_came_from_are_not_kept():
    attempts.take(ODILE, Counted(SOURCE, "192.0.2.1"), now=NOW)
    kept = " ".join(Attempts.objects.values_list("key", flat=True))
    assert "odile" not in kept
    assert "192" not in kept


@pytest.mark.django_db(transaction=True)
def test_tries_at_once_do_not_pass_the_limit():
    def try_once(_number):
        try:
            attempts.take(ODILE, now=NOW)
        except TooManyAttempts:
            return 0
        else:
            return 1
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(80))) == 5


@pytest.mark.django_db
def test_of_ten_thousand_guesses_in_a_day_few_are_looked_at():
    member(login="odile")
    looked_at = 0
    for number in range(10_000):
        try:
            actions.sign_in(
                "odile",
                f"guess {number}",
                now=NOW + timedelta(seconds=8.64 * number),
                source=f"198.51.100.{number % 250}",
            )
        except actions.SignInRefused:
            looked_at += 1
        except TooManyAttempts:
            pass
    assert looked_at < 50


@pytest.mark.django_db
def test_one_source_that_tries_many_logins_is_stopped():
    outcomes = []
    for number in range(60):
        try:
            actions.sign_in(f"login{number}", "x", now=NOW, source="192.0.2.1")
        except actions.SignInRefused:
            outcomes.append("looked at")
        except TooManyAttempts:
            outcomes.append("stopped")
    assert outcomes.count("looked at") == 50
    with pytest.raises(actions.SignInRefused):
        actions.sign_in("another", "x", now=NOW, source="192.0.2.2")


@pytest.mark.django_db
def test_the_mistakes_of_many_people_behind_one_address_fade():
    source = Counted(SOURCE, "192.0.2.1")
    assert refused(400, source, now=NOW) == 350
    now = NOW + timedelta(hours=1)
    assert [refused(1, source, now=now + timedelta(seconds=25 * n)) for n in range(400)] == [
        0
    ] * 400


@pytest.mark.django_db
def test_a_stranger_who_guesses_does_not_shut_out_the_owner_of_a_trusted_browser():
    odile = member(login="odile")
    cookie = devices.trust(odile.actor, session_of(odile), name="Firefox", now=NOW)
    refused(100, ODILE)
    with pytest.raises(TooManyAttempts):
        actions.sign_in("odile", PASSWORD, now=NOW)
    known = actions.sign_in("odile", PASSWORD, now=NOW, device=cookie)
    assert known.account_id == odile.account_id


@pytest.mark.django_db
def test_old_counts_are_swept():
    attempts.take(ODILE, now=NOW)
    attempts.sweep(now=NOW + timedelta(days=3))
    assert not Attempts.objects.exists()
