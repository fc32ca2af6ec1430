"""Signing in, and being told to wait."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.national.accounts import actions, queries
from carnet.national.accounts.attempts import LOGIN, Counted
from carnet.national.accounts.models import Account, Attempts
from carnet.national.journal.actors import Citizen
from tests.national import world
from tests.national.world import NOW

pytestmark = pytest.mark.django_db
PASSWORD = "un mot de passe assez long"


@pytest.fixture
def patient_id() -> UUID:
    patient_id, _ins = world.make_patient()
    actions.create_account(world.TESTS, patient_id, login="dominique", password=PASSWORD, now=NOW)
    return patient_id


def fail(times: int, login: str = "dominique") -> None:
    for _ in range(times):
        with pytest.raises(actions.SignInRefused):
            actions.sign_in(login, "faux", now=NOW)


def test_the_right_password_opens(patient_id: UUID) -> None:
    known = actions.sign_in(" dominique ", PASSWORD, now=NOW)
    account, _session = actions.open_session(
        known.account_id, known.method, name="Firefox", now=NOW
    )
    assert account.patient_id == patient_id


def test_a_wrong_password_and_an_unknown_login_are_refused_alike(patient_id: UUID) -> None:
    fail(1)
    fail(1, "personne")


def test_a_closed_account_does_not_open(patient_id: UUID) -> None:
    Account.objects.update(is_active=False)
    with pytest.raises(actions.SignInRefused):
        actions.sign_in("dominique", PASSWORD, now=NOW)


@pytest.mark.parametrize("login", ["dominique", "personne"])
def test_after_five_failures_the_login_waits_known_or_not(patient_id: UUID, login: str) -> None:
    fail(5, login)
    with pytest.raises(actions.TooManyAttempts) as waiting:
        actions.sign_in(login, PASSWORD, now=NOW)
    assert waiting.value.wait == timedelta(seconds=30)


def test_after_the_wait_the_right_password_opens_and_failures_are_forgotten(
    patient_id: UUID,
) -> None:
    fail(5)
    assert actions.sign_in("dominique", PASSWORD, now=NOW + timedelta(seconds=31))
    assert not Attempts.objects.filter(key=Counted(LOGIN, "dominique").key).exists()


def test_failures_of_another_day_are_forgotten(patient_id: UUID) -> None:
    fail(4)
    later = NOW + timedelta(days=2)
    with pytest.raises(actions.SignInRefused):
        actions.sign_in("dominique", "faux", now=later)
    assert Attempts.objects.get(key=Counted(LOGIN, "dominique").key).failures == 1


def test_a_parent_opens_the_space_of_a_child_between_the_dates(patient_id: UUID) -> None:
    child, _ins = world.make_patient(birth_name="PETIT")
    end = NOW + timedelta(days=10)
    actions.represent(world.TESTS, patient_id, child, since=NOW, until=end)
    account = Account.objects.get(patient_id=patient_id)
    actor = queries.citizen(account, now=NOW)
    assert actor is not None
    assert actor.represents == {child}
    assert [each.relation for each in queries.spaces(actor)] == ["self", "child"]
    grown = queries.citizen(account, now=end)
    assert grown is not None
    assert not grown.represents


def test_anothers_notifications_are_refused(patient_id: UUID) -> None:
    other, _ins = world.make_patient()
    actor = Citizen(other, other, "Autre")
    with pytest.raises(PermissionError):
        queries.notifications(actor, patient_id)
    with pytest.raises(PermissionError):
        queries.unread_count(actor, patient_id)
    with pytest.raises(PermissionError):
        actions.mark_all_read(actor, patient_id, now=NOW)


def test_a_notification_is_unread_until_it_is_read(patient_id: UUID) -> None:
    actor = world.holder(patient_id)
    for _again in range(2):
        actions.notify(
            world.TESTS,
            patient_id,
            "message.new",
            at=NOW,
            params={"actor": "CH de l'Exemple"},
            key="once",
        )
    assert queries.unread_count(actor, patient_id) == 1
    (notification,) = queries.notifications(actor, patient_id)
    assert notification.sentence == "Nouveau message de CH de l'Exemple."
    actions.mark_read(actor, patient_id, notification.id, now=NOW)
    assert queries.unread_count(actor, patient_id) == 0


def test_what_is_told_at_one_instant_is_not_cut_by_a_page(patient_id: UUID) -> None:
    actor = world.holder(patient_id)
    for minute in (0, 1, 1, 1, 2):
        actions.notify(
            world.TESTS,
            patient_id,
            "message.new",
            at=NOW + timedelta(minutes=minute),
            params={"actor": "X"},
        )
    first = queries.notifications(actor, patient_id, limit=2)
    rest = queries.notifications(actor, patient_id, before=first[-1].at, limit=2)
    assert (len(first), len(rest)) == (4, 1)


def test_preferences_are_kept_and_checked(patient_id: UUID) -> None:
    account = Account.objects.get(patient_id=patient_id)
    actor = Citizen(account.id, patient_id, "Dominique")
    actions.set_preferences(actor, email="d@example.org", by_kind={"message.new": False})
    kept = queries.preferences(actor)
    assert (kept.email, kept.by_kind["message.new"], kept.by_kind["document.new"]) == (
        "d@example.org",
        False,
        True,
    )
    with pytest.raises(ValueError, match="unknown kinds"):
        actions.set_preferences(actor, email="", by_kind={"rumour": True})
    with pytest.raises(ValueError, match="e-mail"):
        actions.set_preferences(actor, email="nobody", by_kind={})


def test_an_unknown_login_takes_as_long_as_a_wrong_password(
    settings: Any, patient_id: UUID
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    account = Account.objects.get(login="dominique")
    account.set_password(PASSWORD)
    account.save()

    def quickest(login: str) -> float:
        times = []
        for _ in range(3):
            begun = time.thread_time()
            fail(1, login)
            times.append(time.thread_time() - begun)
        return min(times)

    known, unknown = quickest("dominique"), quickest("personne")
    assert 0.5 < unknown / known < 2
