"""Codes after the password, from a mail or an application, and browsers where none is asked."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pyotp
import pytest
from django.db import connection

from carnet.national.accounts import actions, codes
from carnet.national.accounts.actions import devices, totp
from carnet.national.accounts.codes import CodeRefused, Purpose
from carnet.national.accounts.models import Account, OneTimeCode
from carnet.national.accounts.rules import DEVICE_TRUSTED, MOST_DEVICES, Method
from carnet.national.journal.models import Trace
from tests.national.accounts.people import (
    NOW,
    PASSWORD,
    code_mailed,
    mailed,
    member,
    session_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings):
    settings.CARNET_SECOND_FACTOR = "required"


@pytest.fixture
def odile():
    return member(login="odile")


def test_a_right_password_asks_for_a_code_sent_by_mail(odile):
    known = actions.sign_in("odile", PASSWORD, now=NOW)
    assert (known.method, known.code_from) == (None, "email")
    code = code_mailed()
    assert actions.confirm_code(odile.account_id, code, now=NOW) is Method.EMAIL_CODE


def test_a_code_is_good_once(odile):
    actions.sign_in("odile", PASSWORD, now=NOW)
    code = code_mailed()
    actions.confirm_code(odile.account_id, code, now=NOW)
    with pytest.raises(actions.SignInRefused):
        actions.confirm_code(odile.account_id, code, now=NOW)


def test_a_code_is_good_ten_minutes(odile):
    actions.sign_in("odile", PASSWORD, now=NOW)
    code = code_mailed()
    with pytest.raises(actions.SignInRefused):
        actions.confirm_code(odile.account_id, code, now=NOW + timedelta(minutes=10))


def test_a_new_code_replaces_the_last(odile):
    actions.sign_in("odile", PASSWORD, now=NOW)
    first = code_mailed()
    actions.send_code(odile.account_id, now=NOW)
    second = code_mailed()
    if first != second:
        with pytest.raises(actions.SignInRefused):
            actions.confirm_code(odile.account_id, first, now=NOW)
    assert actions.confirm_code(odile.account_id, second, now=NOW)


def test_five_wrong_codes_spoil_the_right_one(odile):
    code = codes.make(Purpose.SECOND_FACTOR, "odile", now=NOW)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(5):
        with pytest.raises(CodeRefused):
            codes.use(Purpose.SECOND_FACTOR, "odile", wrong, now=NOW)
    with pytest.raises(CodeRefused):
        codes.use(Purpose.SECOND_FACTOR, "odile", code, now=NOW)


@pytest.mark.parametrize("purpose", [p for p in Purpose if p is not Purpose.RECOVERY])
def test_a_code_for_one_purpose_opens_nothing_else(purpose):
    code = codes.make(Purpose.RECOVERY, "odile", now=NOW)
    with pytest.raises(CodeRefused):
        codes.use(purpose, "odile", code, now=NOW)
    OneTimeCode.objects.update(purpose=purpose)  # not even when the line itself is moved
    with pytest.raises(CodeRefused):
        codes.use(purpose, "odile", code, now=NOW)


def test_a_code_of_one_person_is_not_good_for_another(odile):
    other = member("IRIS", login="iris")
    actions.sign_in("odile", PASSWORD, now=NOW)
    code = code_mailed()
    with pytest.raises(actions.SignInRefused):
        actions.confirm_code(other.account_id, code, now=NOW)


def test_codes_are_not_sent_without_end(odile):
    for _ in range(3):
        actions.send_code(odile.account_id, now=NOW)
    with pytest.raises(actions.TooManyAttempts):
        actions.send_code(odile.account_id, now=NOW)
    assert len(mailed()) == 3


def test_a_refused_code_is_written_and_a_code_never_is(odile):
    actions.sign_in("odile", PASSWORD, now=NOW)
    with pytest.raises(actions.SignInRefused):
        actions.confirm_code(odile.account_id, "000 00x", now=NOW)
    trace = Trace.objects.get(action="space.signed_in")
    assert (trace.outcome, trace.reasons) == ("refused", ["code"])
    kept = OneTimeCode.objects.get()
    assert code_mailed() not in kept.code_hash


def test_an_application_gives_the_codes_once_it_has_shown_one(odile):
    secret = totp.new_secret()
    with pytest.raises(CodeRefused):
        totp.enrol(odile.actor, secret, "000000", now=NOW - timedelta(days=400))
    totp.enrol(odile.actor, secret, pyotp.TOTP(secret).at(NOW), now=NOW)
    assert actions.sign_in("odile", PASSWORD, now=NOW).code_from == "totp"
    later = NOW + timedelta(minutes=1)
    code = pyotp.TOTP(secret).at(later)
    assert actions.confirm_code(odile.account_id, code, now=later) is Method.TOTP
    with pytest.raises(actions.SignInRefused):
        actions.confirm_code(odile.account_id, code, now=later)
    assert [m.subject for m in mailed()] == ["Un nouveau moyen de connexion"]


def test_an_application_may_be_a_step_late_or_early_and_no_more(odile):
    secret = totp.new_secret()
    totp.enrol(odile.actor, secret, pyotp.TOTP(secret).at(NOW), now=NOW)
    for seconds in (90, -90):
        later = NOW + timedelta(minutes=10)
        code = pyotp.TOTP(secret).at(later + timedelta(seconds=seconds))
        with pytest.raises(CodeRefused):
            totp.use(odile.account_id, code, now=later)
    late = pyotp.TOTP(secret).at(NOW + timedelta(minutes=10))
    totp.use(odile.account_id, late, now=NOW + timedelta(minutes=10, seconds=30))


def test_the_secret_of_an_application_is_sealed(odile):
    secret = totp.new_secret()
    totp.enrol(odile.actor, secret, pyotp.TOTP(secret).at(NOW), now=NOW)
    assert secret.encode() not in bytes(Account.objects.get(id=odile.account_id).totp_secret)


def test_a_secret_is_shown_as_an_address_and_as_a_picture():
    secret = totp.new_secret()
    assert "<svg" in totp.picture(secret, "odile")
    assert totp.address(secret, "odile").startswith("otpauth://totp/Carnet:odile?")


def test_an_application_is_removed_and_mails_come_back(odile):
    secret = totp.new_secret()
    totp.enrol(odile.actor, secret, pyotp.TOTP(secret).at(NOW), now=NOW)
    totp.remove(odile.actor, now=NOW)
    assert actions.sign_in("odile", PASSWORD, now=NOW).code_from == "email"
    with pytest.raises(LookupError):
        totp.remove(odile.actor, now=NOW)


def test_no_code_is_asked_in_a_trusted_browser_until_it_is_revoked(odile):
    cookie = devices.trust(odile.actor, session_of(odile), name="Firefox", now=NOW)
    known = actions.sign_in("odile", PASSWORD, now=NOW, device=cookie)
    assert known.method is Method.TRUSTED_DEVICE
    devices.revoke(odile.actor, known.device_id, now=NOW)
    assert actions.sign_in("odile", PASSWORD, now=NOW, device=cookie).method is None


@pytest.mark.parametrize("spoil", [lambda c: "", lambda c: c[:-1] + "!", lambda c: "x." + c])
def test_a_forged_cookie_is_trusted_nowhere(odile, spoil):
    cookie = devices.trust(odile.actor, session_of(odile), name="Firefox", now=NOW)
    assert actions.sign_in("odile", PASSWORD, now=NOW, device=spoil(cookie)).method is None


def test_trust_ends_after_its_days_and_is_not_anothers(odile):
    cookie = devices.trust(odile.actor, session_of(odile), name="Firefox", now=NOW)
    assert devices.recognise(cookie, now=NOW + DEVICE_TRUSTED) is None
    member("IRIS", login="iris")
    assert actions.sign_in("iris", PASSWORD, now=NOW, device=cookie).method is None


def test_only_so_many_browsers_are_trusted_the_oldest_goes(odile):
    session = session_of(odile)
    cookies = [
        devices.trust(odile.actor, session, name="x", now=NOW + timedelta(seconds=n))
        for n in range(MOST_DEVICES + 1)
    ]
    later = NOW + timedelta(minutes=1)
    assert devices.recognise(cookies[0], now=later) is None
    assert all(devices.recognise(cookie, now=later) for cookie in cookies[1:])


def test_another_person_cannot_revoke_my_browser(odile):
    iris = member("IRIS", login="iris")
    cookie = devices.trust(odile.actor, session_of(odile), name="Firefox", now=NOW)
    device = devices.recognise(cookie, now=NOW)
    with pytest.raises(LookupError):
        devices.revoke(iris.actor, device.id, now=NOW)
    with pytest.raises(LookupError):
        actions.end_own_session(iris.actor, session_of(odile), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_one_code_typed_twice_at_once_opens_once(settings):
    settings.CARNET_SECOND_FACTOR = "required"
    odile = member(login="odile")
    actions.sign_in("odile", PASSWORD, now=NOW)
    code = code_mailed()

    def confirm(_number):
        try:
            actions.confirm_code(odile.account_id, code, now=NOW)
        except actions.SignInRefused:
            return 0
        else:
            return 1
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(confirm, range(4))) == 1
