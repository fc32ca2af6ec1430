"""Passkeys, with an authenticator in software that may also lie."""

import json

import pytest

from carnet.national.accounts import actions, own
from carnet.national.accounts.actions import passkeys
from carnet.national.accounts.actions.passkeys import PasskeyRefused, Site
from carnet.national.accounts.models import Account, Passkey
from carnet.national.accounts.rules import MOST_PASSKEYS
from tests.national.accounts.authenticator import PRESENT, Authenticator
from tests.national.accounts.people import NOW, mailed, member

pytestmark = pytest.mark.django_db
SITE = Site("localhost", "http://localhost")


@pytest.fixture
def odile():
    return member(login="odile")


def enrolled(one, **said):
    device = Authenticator(user_handle=one.account_id.bytes, **said)
    _options, challenge = passkeys.registration_options(one.actor, SITE)
    credential = device.register(challenge)
    passkeys.add(one.actor, SITE, challenge, credential, name="mon téléphone", now=NOW)
    return device


def enter(device, challenge=None):
    _options, asked = passkeys.authentication_options(SITE)
    answer = device.answer(challenge or asked)
    return passkeys.sign_in_with_passkey(SITE, asked, answer, now=NOW)


def test_a_passkey_opens_the_account_it_was_made_for(odile):
    device = enrolled(odile)
    device.count += 1
    assert enter(device) == odile.account_id
    (kept,) = own.ways(odile.actor, now=NOW).passkeys
    assert (kept.name, kept.used_at) == ("mon téléphone", NOW)
    assert [m.subject for m in mailed()] == ["Un nouveau moyen de connexion"]


def test_the_options_ask_for_a_verified_user_and_name_nobodys_key(odile):
    enrolled(odile)
    asked = json.loads(passkeys.authentication_options(SITE)[0])
    assert asked["userVerification"] == "required"
    assert asked.get("allowCredentials", []) == []
    made = json.loads(passkeys.registration_options(odile.actor, SITE)[0])
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["authenticatorSelection"]["userVerification"] == "required"
    assert len(made["excludeCredentials"]) == 1


def test_several_passkeys_each_open(odile):
    for device in (enrolled(odile), enrolled(odile)):
        device.count += 1
        assert enter(device) == odile.account_id


@pytest.mark.parametrize(
    "lie",
    [
        {"flags": PRESENT},
        {"domain": "ailleurs.example"},
        {"origin": "https://ailleurs.example"},
    ],
)
def test_a_key_not_verified_or_made_elsewhere_is_not_kept(odile, lie):
    with pytest.raises(PasskeyRefused):
        enrolled(odile, **lie)
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    "lie",
    [
        {"flags": PRESENT},
        {"domain": "ailleurs.example"},
        {"origin": "https://ailleurs.example"},
        {"count": 1},
        {"count": 0},
        {"user_handle": bytes(16)},
        {"id": b"another"},
    ],
)
def test_an_answer_that_is_wrong_in_anything_opens_nothing(odile, lie):
    device = enrolled(odile)
    device.count += 1
    for name, value in lie.items():
        setattr(device, name, value)
    with pytest.raises(actions.SignInRefused):
        enter(device)


def test_an_answer_to_another_challenge_opens_nothing(odile):
    device = enrolled(odile)
    device.count += 1
    with pytest.raises(actions.SignInRefused):
        enter(device, challenge=b"yesterday's challenge")


def test_an_answer_is_not_taken_twice(odile):
    device = enrolled(odile)
    device.count += 1
    _options, challenge = passkeys.authentication_options(SITE)
    answer = device.answer(challenge)
    passkeys.sign_in_with_passkey(SITE, challenge, answer, now=NOW)
    with pytest.raises(actions.SignInRefused):
        passkeys.sign_in_with_passkey(SITE, challenge, answer, now=NOW)


def test_a_key_without_a_counter_is_taken_as_it_is(odile):
    device = enrolled(odile, count=0)
    assert enter(device) == enter(device) == odile.account_id


@pytest.mark.parametrize("credential", ["", "{}", "[]", '{"id": 1}', "not json", "[" * 20_000])
def test_what_is_no_credential_is_refused(odile, credential):
    with pytest.raises(actions.SignInRefused):
        passkeys.sign_in_with_passkey(SITE, b"x", credential, now=NOW)
    with pytest.raises(PasskeyRefused):
        passkeys.add(odile.actor, SITE, b"x", credential, name="x", now=NOW)


def test_a_passkey_belongs_to_one_account(odile):
    iris = member("IRIS", login="iris")
    device = enrolled(odile)
    _options, challenge = passkeys.registration_options(iris.actor, SITE)
    with pytest.raises(PasskeyRefused):
        passkeys.add(iris.actor, SITE, challenge, device.register(challenge), name="x", now=NOW)


def test_there_are_only_so_many_passkeys(odile):
    for _ in range(MOST_PASSKEYS):
        enrolled(odile)
    with pytest.raises(PasskeyRefused):
        enrolled(odile)


def test_a_passkey_is_removed_by_its_owner_only(odile):
    iris = member("IRIS", login="iris")
    device = enrolled(odile)
    (kept,) = own.ways(odile.actor, now=NOW).passkeys
    with pytest.raises(LookupError):
        passkeys.remove(iris.actor, kept.id, now=NOW)
    passkeys.remove(odile.actor, kept.id, now=NOW)
    device.count += 1
    with pytest.raises(actions.SignInRefused):
        enter(device)


def test_a_passkey_does_not_open_an_account_that_was_shut(odile):
    device = enrolled(odile)
    device.count += 1
    Account.objects.update(is_active=False)
    with pytest.raises(actions.SignInRefused):
        enter(device)


def test_guesses_on_the_password_do_not_stop_a_passkey(odile):
    device = enrolled(odile)
    device.count += 1
    for _ in range(5):
        with pytest.raises(actions.SignInRefused):
            actions.sign_in("odile", "faux", now=NOW, source="192.0.2.9")
    assert enter(device) == odile.account_id
