import re
from datetime import timedelta

import pytest
from django.utils import timezone

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.models import Mandate
from carnet.national.accounts.rules import Scope
from carnet.national.journal.models import Trace
from tests.national.doors.space.conftest import signed_in
from tests.national.doors.space.entering import card_of, code_mailed, proved_long_ago, text
from tests.national.doors.space.lives import live, publish

YEAR = f"{timezone.now() + timedelta(days=300):%Y-%m-%d}"
LUCIE = {"birth_name": "Aubert", "email": "lucie@courriel.invalid", "until": YEAR}


@pytest.fixture
def carer(client, jeanne, stranger):
    """Lucie's browser, once she has accepted to help Jeanne, in Jeanne's space."""
    return helping(client, jeanne, stranger)


def helping(client, jeanne, stranger, *scopes):
    client.post("/compte/aidants/inviter/", {**LUCIE, "scopes": list(scopes)})
    other = signed_in(stranger)
    assert other.post("/compte/aidants/", {"code": code_mailed()}).status_code == 302
    other.post("/espace/", {"patient": str(jeanne.patient_id)})
    return other


def test_a_carer_is_invited_accepts_reads_and_is_told_of(client, jeanne, carer, now):
    document = publish(jeanne, now=now)
    assert carer.get(f"/documents/{document}/").status_code == 200
    trace = Trace.objects.get(action="document.read")
    assert (trace.actor_label, trace.purpose) == ("Lucie AUBERT", "mandate")
    assert "Lucie AUBERT a ouvert le document" in text(client.get("/acces/"))
    assert "Lucie AUBERT" in text(client.get("/compte/aidants/"))


def test_the_last_day_is_the_one_that_was_chosen(client, carer):
    (mandate,) = Mandate.objects.all()
    assert f"{timezone.localtime(mandate.until):%Y-%m-%d}" == YEAR
    assert f"{timezone.localtime(mandate.until + timedelta(seconds=1)):%Y-%m-%d}" > YEAR


def test_ending_it_closes_the_space_at_once(client, carer):
    page = text(client.get("/compte/aidants/"))
    address = re.search(r'action="(/compte/aidants/[^"]+/fin/)"', page)[1]
    assert client.post(address).status_code == 302
    assert "Bonjour Lucie" in text(carer.get("/")), "back in their own space"
    assert client.post(address).status_code == 404


def test_a_carer_who_may_only_read_changes_nothing(client, jeanne, carer, now):
    from django.urls import reverse

    from carnet.national.doors.space import urls

    tried = 0
    for pattern in urls.urlpatterns:
        rule = pattern.callback.rule
        if pattern.callback.access != "citizen" or rule.own or rule.scope is Scope.READ:
            continue
        if "<" in str(pattern.pattern):
            continue
        tried += 1
        answer = carer.post(reverse(f"space:{pattern.name}"))
        assert answer.status_code in (403, 405), pattern.name
    assert tried
    assert carer.get("/documents/").status_code == 200


def test_what_is_refused_to_a_carer_says_so_and_is_written(carer, jeanne):
    answer = carer.post("/documents/")
    assert answer.status_code == 403
    assert "Vous n’avez pas le droit de faire cela dans cet espace." in text(answer)
    assert Trace.objects.get(action="space.refused").patient_id == jeanne.patient_id


def test_the_account_pages_are_always_ones_own(client, jeanne, carer, stranger):
    assert "lucie" in text(carer.get("/compte/"))
    assert "jeanne@courriel.invalid" not in text(carer.get("/compte/"))
    carer.post("/compte/fermer/")
    assert client.get("/").status_code == 200, "it is not Jeanne's space that was closed"


def test_an_invitation_asks_for_the_password_when_it_was_given_long_ago(client):
    proved_long_ago()
    answer = client.post("/compte/aidants/inviter/", LUCIE)
    assert answer["Location"].startswith("/compte/preuve/")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("birth_name", "4ubert", "Un nom n’a que des lettres."),
        ("until", "2020-01-01", "Choisissez un jour à venir"),
        ("until", "2999-01-01", "Choisissez un jour à venir"),
        ("email", "x", "Cette adresse n’a pas la bonne forme."),
        ("scopes", ["everything"], "everything"),
    ],
)
def test_a_wrong_invitation_says_what_is_wrong(client, field, value, said):
    answer = client.post("/compte/aidants/inviter/", {**LUCIE, field: value})
    assert answer.status_code == 400
    assert said in text(answer)


def test_a_code_for_somebody_else_is_refused(client, stranger, now):
    client.post("/compte/aidants/inviter/", LUCIE)
    code = code_mailed()
    other = signed_in(live("anne", family="WEISS", given="ANNE", now=now))
    answer = other.post("/compte/aidants/", {"code": code})
    assert answer.status_code == 403
    assert "Ce code ne vous est pas destiné" in text(answer)


def test_a_parent_adds_a_child_of_the_same_card(client, jeanne, now):
    child = live("leo", given="LEO", born="20180501", now=now)
    card_of(jeanne)
    card = card_of(child, holder=jeanne)
    typed = {**card, "given_name": "Léo", "birth_date": "2018-05-01"}
    wrong = client.post("/compte/enfants/", {**typed, "birth_date": "2018-05-02"})
    assert wrong.status_code == 403
    assert "Nous ne trouvons pas cet enfant." in text(wrong)
    assert client.post("/compte/enfants/", typed).status_code == 302
    assert "Leo DELACROIX" in text(client.get("/compte/enfants/"))
    client.post("/espace/", {"patient": str(child.patient_id)})
    assert "Vous êtes dans l’espace de Leo" in text(client.get("/"))


def test_a_carer_of_an_adult_loses_the_space_when_its_holder_closes_it(jeanne, carer):
    accounts.close_space(jeanne.actor, now=timezone.now())
    assert "Bonjour Lucie" in text(carer.get("/"))
