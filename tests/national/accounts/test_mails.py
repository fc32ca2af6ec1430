"""The e-mails of an account: sealed while they wait, given up when they cannot be read."""

import pytest

from carnet.national.accounts import mails, tasks
from carnet.national.accounts.models import Mail
from tests.national.accounts.people import NOW, mailed, member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", mails.TEXTS)
def test_every_kind_is_written_whole_and_says_nothing_of_health(kind):
    odile = member(login="odile")
    params = {"name": "Iris", "code": "123456"}
    mails.queue(kind, odile.patient_id, account_id=odile.account_id, now=NOW, **params)
    (sent,) = mailed()
    assert sent.to == ["odile@courriel.invalid"]
    assert "%(" not in sent.subject + sent.body
    assert "document" not in sent.body.lower()


def test_a_code_is_not_readable_while_it_waits():
    odile = member(login="odile")
    mails.queue(
        "code.recovery", odile.patient_id, address="x@courriel.invalid", code="123456", now=NOW
    )
    assert b"123456" not in bytes(Mail.objects.get().params)


def test_a_mail_sealed_by_a_lost_key_is_given_up_and_the_others_go(settings):
    odile = member(login="odile")
    mails.queue("way.added", odile.patient_id, account_id=odile.account_id, now=NOW)
    settings.CARNET_MASTER_KEY = (bytes(32),)
    mails.queue("way.removed", odile.patient_id, account_id=odile.account_id, now=NOW)
    assert [sent.subject for sent in mailed()] == ["Un moyen de connexion retiré"]


#: Django takes it for an address (RFC 5890: a label has 63 characters once encoded); SMTP cannot.
UNSENDABLE = f"a@{'à' * 63}.invalid"


def test_a_mail_to_an_address_that_cannot_be_written_is_given_up_and_the_others_go():
    odile = member(login="odile")
    mails.queue("way.added", odile.patient_id, account_id=odile.account_id, now=NOW)
    mails.queue("way.added", odile.patient_id, address=UNSENDABLE, now=NOW)
    mails.queue("way.removed", odile.patient_id, account_id=odile.account_id, now=NOW)
    assert len(mailed()) == 2
    assert not Mail.objects.exists()


def test_a_server_that_does_not_answer_keeps_the_worker_once_not_for_every_mail(monkeypatch):
    odile = member(login="odile")
    for kind in ("way.added", "way.removed"):
        mails.queue(kind, odile.patient_id, account_id=odile.account_id, now=NOW)
    asked = []

    def silent(*_arguments):
        asked.append(None)
        raise TimeoutError

    monkeypatch.setattr(tasks, "send_mail", silent)
    assert tasks.send_due(now=NOW) == 1
    assert len(asked) == 1
    assert Mail.objects.filter(not_before__gt=NOW).count() == 1


def test_what_was_sent_before_a_worker_died_is_not_sent_again(monkeypatch):
    odile = member(login="odile")
    for kind in ("way.added", "way.removed"):
        mails.queue(kind, odile.patient_id, account_id=odile.account_id, now=NOW)
    send, asked = tasks.send_mail, []

    def dying(*arguments):
        asked.append(None)
        if len(asked) == 2:
            raise SystemExit
        send(*arguments)

    monkeypatch.setattr(tasks, "send_mail", dying)
    with pytest.raises(SystemExit):
        tasks.send_due(now=NOW)
    monkeypatch.setattr(tasks, "send_mail", send)
    assert [sent.subject for sent in mailed()] == ["Un moyen de connexion retiré"]


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        mails.queue("gossip", member().patient_id, now=NOW)
