"""Changing a password or an address, and finding an account again."""

from datetime import timedelta

import pyotp
import pytest

from carnet.national.accounts import actions, own
from carnet.national.accounts.actions import devices, totp
from carnet.national.accounts.models import Account, OneTimeCode
from tests.national.accounts.people import (
    NOW,
    PASSWORD,
    code_mailed,
    mailed,
    member,
    session_of,
)

pytestmark = pytest.mark.django_db
NEW = "cinq autres mots bien longs"


@pytest.fixture
def odile():
    return member(login="odile")


@pytest.mark.parametrize("weak", ["court", "password1234", "123456789012", "odile@courriel.inv"])
def test_a_weak_password_is_refused_with_its_reasons(odile, weak):
    with pytest.raises(actions.PasswordTooWeak) as refusal:
        actions.change_password(odile.actor, PASSWORD, weak, session_id=session_of(odile), now=NOW)
    assert refusal.value.problems


def test_a_wrong_present_password_changes_nothing_and_is_counted(odile):
    session = session_of(odile)
    for _ in range(5):
        with pytest.raises(actions.SignInRefused):
            actions.change_password(odile.actor, "faux", NEW, session_id=session, now=NOW)
    with pytest.raises(actions.TooManyAttempts):
        actions.change_password(odile.actor, PASSWORD, NEW, session_id=session, now=NOW)


def test_the_owner_is_told_of_a_new_password(odile):
    actions.change_password(odile.actor, PASSWORD, NEW, session_id=session_of(odile), now=NOW)
    (told,) = mailed()
    assert (told.subject, told.to) == ("Votre mot de passe a changé", ["odile@courriel.invalid"])
    assert NEW not in told.body


def test_a_new_address_is_confirmed_there_and_told_to_the_old_one(odile):
    actions.ask_email_change(odile.actor, "neuve@courriel.invalid", now=NOW)
    assert own.ways(odile.actor, now=NOW).email == "odile@courriel.invalid"
    code = code_mailed()
    with pytest.raises(actions.CodeRefused):
        actions.change_email(odile.actor, "autre@courriel.invalid", code, now=NOW)
    actions.change_email(odile.actor, "neuve@courriel.invalid", code, now=NOW)
    assert own.ways(odile.actor, now=NOW).email == "neuve@courriel.invalid"
    (told,) = mailed()
    assert told.to == ["odile@courriel.invalid"]
    assert "neuve@" not in told.body


def test_an_account_is_found_again_with_the_card_and_a_code(odile):
    session = session_of(odile)
    cookie = devices.trust(odile.actor, session, name="Firefox", now=NOW)
    secret = totp.new_secret()
    totp.enrol(odile.actor, secret, pyotp.TOTP(secret).at(NOW), now=NOW)
    subject = actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    actions.recover(subject, code_mailed(), NEW, now=NOW)
    assert actions.sign_in("odile", NEW, now=NOW).account_id == odile.account_id
    ways = own.ways(odile.actor, now=NOW)
    assert [*ways.sessions, *ways.devices] == []
    assert not ways.has_application
    assert devices.recognise(cookie, now=NOW) is None
    assert mailed()[-1].subject == "L’accès à votre espace a été retrouvé"


def test_a_carer_invited_by_whoever_had_taken_the_account_does_not_come_in(odile):
    actions.invite_carer(
        odile.actor,
        birth_name="Darnel",
        email="thief@courriel.invalid",
        scopes=[],
        until=NOW + timedelta(days=300),
        now=NOW,
    )
    invitation = code_mailed()
    thief = member("EVE", "DARNEL", login="eve")
    subject = actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    actions.recover(subject, code_mailed(), NEW, now=NOW)
    assert "/compte/aidants/" in mailed()[-1].body
    with pytest.raises(actions.MandateRefused):
        actions.accept_mandate(thief.actor, invitation, now=NOW)


@pytest.mark.parametrize(("login", "serial"), [("odile", "12345678"), ("personne", "")])
def test_recovery_says_the_same_of_a_wrong_card_and_of_an_unknown_login(odile, login, serial):
    subject = actions.ask_recovery(login, odile.card.number, serial or odile.card.serial, now=NOW)
    assert mailed() == []
    with pytest.raises(actions.CodeRefused):
        actions.recover(subject, "123456", NEW, now=NOW)


def test_no_code_of_recovery_for_nobody_opens_anything(odile):
    subject = actions.ask_recovery("personne", "2" * 13, "12345678", now=NOW)
    assert OneTimeCode.objects.get().subject == subject
    assert len(subject) != 36


def test_a_weak_new_password_does_not_use_up_the_code(odile):
    subject = actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    code = code_mailed()
    with pytest.raises(actions.PasswordTooWeak):
        actions.recover(subject, code, "court", now=NOW)
    actions.recover(subject, code, NEW, now=NOW)


def test_a_sign_in_code_does_not_recover_and_a_recovery_code_does_not_sign_in(odile, settings):
    settings.CARNET_SECOND_FACTOR = "required"
    actions.sign_in("odile", PASSWORD, now=NOW)
    sign_in_code = code_mailed()
    subject = actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    recovery_code = code_mailed()
    if sign_in_code != recovery_code:
        with pytest.raises(actions.CodeRefused):
            actions.recover(subject, sign_in_code, NEW, now=NOW)
        with pytest.raises(actions.SignInRefused):
            actions.confirm_code(odile.account_id, recovery_code, now=NOW)


def test_recovery_is_not_asked_without_end(odile):
    for _ in range(3):
        actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    with pytest.raises(actions.TooManyAttempts):
        actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    later = NOW + timedelta(days=2)
    assert actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=later)


def test_a_stranger_who_knows_the_login_keeps_nobody_from_recovery(odile):
    for serial in range(12345670, 12345690):
        for _ in range(3):
            asked = ("odile", odile.card.number, str(serial))
            actions.ask_recovery(*asked, now=NOW, source=f"a host of the stranger {serial}")
    actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    assert code_mailed()


def test_the_limit_of_recovery_says_nothing_of_which_card_goes_with_a_login(odile):
    for serial in (odile.card.serial, "12345678"):
        asked = ("odile", odile.card.number, serial)
        for _ in range(3):
            actions.ask_recovery(*asked, now=NOW)
        for number in (odile.card.number, odile.card.number[:13]):
            with pytest.raises(actions.TooManyAttempts):
                actions.ask_recovery("odile", number, serial, now=NOW)


def test_an_account_shut_by_somebody_else_is_not_found_again(odile):
    Account.objects.filter(id=odile.account_id).update(is_active=False)
    actions.ask_recovery("odile", odile.card.number, odile.card.serial, now=NOW)
    assert mailed() == []
