"""Refusing a space, closing it, opening it again."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path

import pytest
from django.db import connection, transaction

from carnet.national.accounts import actions, own, papers, queries
from carnet.national.accounts.models import Account
from carnet.national.accounts.rules import USES, Status
from carnet.national.journal import queries as journal
from tests.national.accounts.people import (
    NOW,
    PASSWORD,
    TESTS,
    code_mailed,
    mailed,
    member,
    session_of,
)
from tests.waiting import until

pytestmark = pytest.mark.django_db


def test_the_page_for_operators_says_the_same_as_the_table():
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "enter-the-space.md").read_text()
    rows = re.findall(
        r"^\| (\w+)(?: \([^)]*\))? \| (yes|no) \| (yes|no) \| (yes|no) \| (yes|no) \|$", page, re.M
    )
    told = {status: tuple(word == "yes" for word in words) for status, *words in rows}
    assert told == {str(status): astuple(uses) for status, uses in USES.items()}


def test_every_status_says_what_is_possible():
    assert set(USES) == set(Status)
    assert [status for status, uses in USES.items() if uses.fed] == ["opened", "activated"]


def test_an_opposition_is_kept_with_a_proof_that_stays_the_same():
    odile = member(email="odile@courriel.invalid")
    first = actions.oppose(odile.card, now=NOW)
    assert own.status(odile.patient_id) is Status.OPPOSED
    assert actions.oppose(odile.card, now=NOW.replace(year=2027)) == first
    assert papers.opposition_proof(first).startswith(b"%PDF")
    assert [told.subject for told in mailed()] == ["Votre espace ne sera pas ouvert"]


def test_an_opposition_spoils_the_codes_sent_and_one_may_change_ones_mind():
    odile = member(email="odile@courriel.invalid")
    code = actions.invite(TESTS, odile.patient_id, "email", now=NOW)
    actions.oppose(odile.card, now=NOW)
    with pytest.raises(actions.ActivationRefused):
        actions.check_invitation(code, odile.card, now=NOW)
    mailed()
    actions.ask_code(odile.card, now=NOW)
    assert [told.subject for told in mailed()] == ["Votre espace de santé vous attend"]


@pytest.mark.django_db(transaction=True)
def test_an_opposition_while_the_space_is_being_activated_comes_too_late():
    odile = member(email="odile@courriel.invalid")
    code = actions.invite(TESTS, odile.patient_id, "email", now=NOW)
    invited = actions.check_invitation(code, odile.card, now=NOW)
    wish = actions.choose(
        invited, login="odile", password=PASSWORD, email="odile@courriel.invalid", now=NOW
    )
    confirmation = code_mailed()

    def oppose():
        try:
            actions.oppose(odile.card, now=NOW)
        except actions.OppositionRefused:
            return "refused"
        else:
            return "opposed"
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            actions.activate(invited, wish, confirmation, now=NOW)
            opposing = pool.submit(oppose)
            blocked(opposing)
        assert opposing.result() == "refused"
    assert own.status(odile.patient_id) is Status.ACTIVATED


def blocked(opposing):
    """Wait until the other connection waits for a lock of ours."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(cursor.fetchone()[0])

    until(lambda: opposing.done() or waits())
    assert not opposing.done(), "it does not wait"


def test_a_wrong_card_a_child_and_an_activated_space_get_the_same_refusal():
    odile = member(login="odile")
    child = member("LEA", born="20150101", card=odile.card)
    for card in (replace(odile.card, serial="11111111"), child.card, odile.card):
        with pytest.raises(actions.OppositionRefused):
            actions.oppose(card, now=NOW)
        assert own.status(child.patient_id) is Status.OPENED


def test_a_closed_space_lets_nobody_in_and_its_holder_may_come_back():
    odile, iris = member(login="odile"), member("IRIS", login="iris")
    session = session_of(odile)
    actions.close_space(odile.actor, now=NOW)
    account = Account.objects.get(id=odile.account_id)
    assert queries.visitor(account, session, now=NOW) is None
    assert own.status(odile.patient_id) is Status.CLOSED
    known = actions.sign_in("odile", PASSWORD, now=NOW)
    with pytest.raises(actions.AccountClosed):
        actions.open_session(known.account_id, known.method, name="x", now=NOW)
    actions.reopen_space(known.account_id, now=NOW)
    assert actions.open_session(known.account_id, known.method, name="x", now=NOW)
    assert own.status(odile.patient_id) is Status.ACTIVATED
    assert [m.subject for m in mailed()] == ["Votre espace est fermé", "Votre espace est rouvert"]
    with pytest.raises(LookupError):
        actions.reopen_space(iris.account_id, now=NOW)
    told = [trace.sentence for trace in journal.history(odile.actor, odile.patient_id)]
    assert "L’espace a été fermé." in told
