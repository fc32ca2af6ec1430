"""The e-mails of an account: sealed while they wait, given up when they cannot be read."""

import pytest

from carnet.national.accounts import mails
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


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError):
        mails.queue("gossip", member().patient_id, now=NOW)
