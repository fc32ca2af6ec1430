"""Activating a space: codes, cards, twins and homonyms (R-154)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from carnet.national.accounts import actions, own, papers
from carnet.national.accounts.actions import ActivationProblem, Card
from carnet.national.accounts.models import Account, Invitation
from carnet.national.accounts.rules import Status
from tests.national.accounts.people import (
    NOW,
    PASSWORD,
    TESTS,
    code_mailed,
    mailed,
    member,
)

pytestmark = pytest.mark.django_db
ADDRESS = "odile@courriel.invalid"


@pytest.fixture
def odile():
    return member(email=ADDRESS)


def refused(code, card, now=NOW):
    with pytest.raises(actions.ActivationRefused) as refusal:
        actions.check_invitation(code, card, now=now)
    return refusal.value.problem


def activated(code, card, login="odile", now=NOW):
    invited = actions.check_invitation(code, card, now=now)
    wish = actions.choose(invited, login=login, password=PASSWORD, email=ADDRESS, now=now)
    return actions.activate(invited, wish, code_mailed(now), now=now)


def test_a_code_and_a_card_open_an_account_whose_address_is_confirmed(odile):
    assert own.status(odile.patient_id) is Status.OPENED
    code = actions.invite(TESTS, odile.patient_id, "email", now=NOW)
    assert code_mailed() == code
    account_id = activated(code.lower().replace("-", " "), odile.card)
    account = Account.objects.get(id=account_id)
    assert (account.patient_id, account.email) == (odile.patient_id, ADDRESS)
    assert actions.sign_in("odile", PASSWORD, now=NOW)
    assert own.status(odile.patient_id) is Status.ACTIVATED


def test_nothing_is_opened_until_the_address_is_confirmed(odile):
    code = actions.invite(TESTS, odile.patient_id, "email", now=NOW)
    invited = actions.check_invitation(code, odile.card, now=NOW)
    wish = actions.choose(invited, login="odile", password=PASSWORD, email=ADDRESS, now=NOW)
    with pytest.raises(actions.CodeRefused):
        actions.activate(invited, wish, "000 000", now=NOW)
    elsewhere = replace(wish, email="ailleurs@courriel.invalid")
    with pytest.raises(actions.CodeRefused):
        actions.activate(invited, elsewhere, code_mailed(), now=NOW)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "2700463113999" + "00"},
        {"serial": "11111111"},
        {"given_name": "IRIS"},
        {"birth_date": date(1970, 4, 13)},
    ],
)
def test_whatever_is_wrong_of_the_card_the_answer_is_the_same(odile, wrong):
    code = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    assert refused(code, replace(odile.card, **wrong)) is ActivationProblem.NO_MATCH
    assert refused("ABCD-EFGH-JKMN", odile.card) is ActivationProblem.NO_MATCH


def test_who_holds_code_and_card_is_told_that_it_expired_or_was_used(odile):
    code = actions.invite(TESTS, odile.patient_id, "email", now=NOW)
    later = NOW + timedelta(days=2)
    assert refused(code, odile.card, later) is ActivationProblem.EXPIRED
    again = actions.invite(TESTS, odile.patient_id, "email", now=later)
    activated(again, odile.card, now=later)
    assert refused(again, odile.card, later) is ActivationProblem.USED


def test_a_new_code_replaces_the_last(odile):
    first = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    second = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    assert refused(first, odile.card) is ActivationProblem.EXPIRED
    assert actions.check_invitation(second, odile.card, now=NOW)


def test_twins_on_one_card_are_told_apart_by_their_given_names(odile):
    one, other = (member(given, born="20080203", card=odile.card) for given in ("LEA", "LOU-ANNE"))
    assert one.card.number == other.card.number == odile.card.number
    code = actions.invite(TESTS, other.patient_id, "letter", now=NOW)
    assert refused(code, one.card) is ActivationProblem.NO_MATCH
    spaced = Card.typed(odile.card.number, odile.card.serial, "Lou Anne", date(2008, 2, 3))
    invited = actions.check_invitation(code, spaced, now=NOW)
    assert invited.patient_id == other.patient_id


def test_two_of_one_name_and_one_birth_date_on_one_card_are_never_chosen_between(odile):
    twins = [member("LEA", born="20080203", card=odile.card) for _ in range(2)]
    code = actions.invite(TESTS, twins[0].patient_id, "letter", now=NOW)
    assert refused(code, twins[0].card) is ActivationProblem.NO_MATCH


def test_homonyms_are_told_apart_by_their_cards(odile):
    homonym = member()
    code = actions.invite(TESTS, homonym.patient_id, "letter", now=NOW)
    assert refused(code, odile.card) is ActivationProblem.NO_MATCH
    invited = actions.check_invitation(code, homonym.card, now=NOW)
    assert invited.patient_id == homonym.patient_id


def test_before_sixteen_the_parents_come(odile):
    fifteen = member("LEA", born="20100303", card=odile.card)
    code = actions.invite(TESTS, fifteen.patient_id, "letter", now=NOW)
    assert refused(code, fifteen.card) is ActivationProblem.MINOR
    birthday = NOW + timedelta(days=1)
    assert actions.check_invitation(code, fifteen.card, now=birthday)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("number", ("270046311300", "12345678", "Odile")),
        ("number", ("270046311300199", "12345678", "Odile")),
        ("number", ("2700463113001 00", "12345678", "Odile")),
        ("serial", ("2700463113001", "12", "Odile")),
        ("serial", ("2700463113001", "1234567A", "Odile")),
        ("given_name", ("2700463113001", "12345678", "0dile")),
    ],
)
def test_a_mistake_of_typing_is_told_before_anything_is_looked_up(field, typed):
    with pytest.raises(actions.CardMistyped) as mistake:
        Card.typed(*typed, date(1970, 4, 12))
    assert mistake.value.field == field


def test_cards_are_not_guessed(odile):
    code = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    for number in range(5):
        refused(f"ABCD-EFGH-JKM{number + 2}", odile.card)
    with pytest.raises(actions.TooManyAttempts):
        actions.check_invitation(code, odile.card, now=NOW)


def test_asking_for_a_code_says_nothing_and_sends_one_to_the_known_address(odile):
    stranger = replace(odile.card, serial="11111111")
    assert actions.ask_code(stranger, now=NOW) is None
    assert mailed() == []
    assert actions.ask_code(odile.card, now=NOW) is None
    assert mailed()[0].to == [ADDRESS]


def test_somebody_without_an_address_gets_a_letter_that_is_written_once():
    paul = member("PAULE")
    actions.ask_code(paul.card, now=NOW)
    ((patient_id, code),) = actions.take_letters(TESTS, now=NOW)
    assert patient_id == paul.patient_id
    assert actions.check_invitation(code, paul.card, now=NOW)
    assert list(actions.take_letters(TESTS, now=NOW)) == []
    assert Invitation.objects.get().sealed_code is None
    assert papers.invitation_letter("Paule", code, address="http://x").startswith(b"%PDF")


def test_the_command_writes_the_letters_that_wait_in_a_folder(odile, tmp_path):
    actions.invite(TESTS, odile.patient_id, "letter", now=timezone.now())
    with pytest.raises(CommandError):
        call_command("invitation_letters", str(tmp_path / "nowhere"))
    folder = tmp_path / "letters"
    folder.mkdir()
    call_command("invitation_letters", str(folder), verbosity=0, stdout=StringIO())
    (letter,) = folder.iterdir()
    assert letter.read_bytes().startswith(b"%PDF")
    assert letter.stat().st_mode & 0o077 == 0


def test_a_letter_that_could_not_be_written_waits_still(odile):
    code = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    letters = actions.take_letters(TESTS, now=NOW)
    assert next(letters) == (odile.patient_id, code)
    letters.close()
    assert list(actions.take_letters(TESTS, now=NOW)) == [(odile.patient_id, code)]


def test_a_code_sealed_by_a_lost_key_is_given_up_and_the_others_are_written(odile, settings):
    actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    settings.CARNET_MASTER_KEY = (bytes(32),)
    paul = member("PAUL")
    code = actions.invite(TESTS, paul.patient_id, "letter", now=NOW)
    assert list(actions.take_letters(TESTS, now=NOW)) == [(paul.patient_id, code)]
    assert list(actions.take_letters(TESTS, now=NOW)) == []


def test_no_code_is_sent_for_a_space_already_activated():
    odile = member(login="odile", email=ADDRESS)
    actions.ask_code(odile.card, now=NOW)
    assert mailed() == []


def test_a_login_that_is_taken_is_told(odile):
    member("IRIS", login="iris")
    code = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    invited = actions.check_invitation(code, odile.card, now=NOW)
    with pytest.raises(actions.LoginTaken):
        actions.choose(invited, login="iris", password=PASSWORD, email=ADDRESS, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_activations_at_once_open_one_account():
    odile = member(email=ADDRESS)
    code = actions.invite(TESTS, odile.patient_id, "letter", now=NOW)
    invited = actions.check_invitation(code, odile.card, now=NOW)
    ready = []
    for number in range(2):
        address = f"odile{number}@courriel.invalid"
        wish = actions.choose(
            invited, login=f"odile{number}", password=PASSWORD, email=address, now=NOW
        )
        ready.append((wish, code_mailed()))

    def activate(chosen):
        try:
            return actions.activate(invited, *chosen, now=NOW)
        except actions.ActivationRefused as refusal:
            return refusal.problem
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(activate, ready))
    assert outcomes.count(ActivationProblem.USED) == 1
    assert Account.objects.count() == 1
