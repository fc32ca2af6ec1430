"""Carers and parents: invited, bounded, traced, ended."""

from datetime import UTC, date, datetime, timedelta

import pytest

from carnet.national.accounts import actions, own, queries
from carnet.national.accounts.actions import MandateProblem
from carnet.national.accounts.models import Account, Representation
from carnet.national.accounts.rules import LONGEST_MANDATE, Scope, birthday
from carnet.national.identity.models import Person
from carnet.national.journal import actions as journal
from carnet.national.journal.models import Trace
from tests.national.accounts.people import NOW, TESTS, code_mailed, mailed, member

pytestmark = pytest.mark.django_db
YEAR = NOW + timedelta(days=365)


@pytest.fixture
def odile():
    return member(login="odile")


@pytest.fixture
def iris():
    return member("IRIS", "D'ARGENSON", login="iris")


def invite(helped, *scopes, name="d’Argenson", until=YEAR, now=NOW):
    return actions.invite_carer(
        helped.actor,
        birth_name=name,
        email="iris@courriel.invalid",
        scopes=scopes,
        until=until,
        now=now,
    )


def helps(helped, carer, *scopes, now=NOW):
    invite(helped, *scopes, now=now)
    actions.accept_mandate(carer.actor, code_mailed(now), now=now)
    return actor(carer, now)


def actor(one, now=NOW):
    return queries.citizen(Account.objects.get(id=one.account_id), now=now)


def refusal(deed, *arguments, **named):
    with pytest.raises(actions.MandateRefused) as refused:
        deed(*arguments, **named)
    return refused.value.problem


def test_a_carer_opens_the_space_within_the_scope_once_they_have_accepted(odile, iris):
    invite(odile, Scope.MESSAGE)
    assert actor(iris).represents == frozenset()
    (asked,) = own.carers(odile.actor, now=NOW)
    assert asked.accepted_at is None
    actions.accept_mandate(iris.actor, code_mailed(), now=NOW)
    carer = actor(iris)
    assert carer.represents == {odile.patient_id}
    assert carer.mandates == {odile.patient_id: {"read", "message"}}
    assert [space.relation for space in queries.spaces(carer)] == ["self", "helped"]
    assert own.carers(odile.actor, now=NOW)[0].name == "Iris D'ARGENSON"
    assert own.helped(iris.actor, now=NOW)[0].name == "Odile MARCHAND"
    assert mailed()[-1].to == ["odile@courriel.invalid"]


def test_what_is_the_holders_alone_is_never_given(odile, iris):
    assert helps(odile, iris, *Scope).mandates == {
        odile.patient_id: {Scope.READ, Scope.MESSAGE, Scope.MANAGE}
    }


def test_only_the_person_named_accepts_and_only_once(odile, iris):
    other = member("EVA", "ZIMMER", login="eva")
    invite(odile)
    code = code_mailed()
    assert refusal(actions.accept_mandate, other.actor, code, now=NOW) is MandateProblem.NO_MATCH
    assert refusal(actions.accept_mandate, odile.actor, code, now=NOW) is MandateProblem.NO_MATCH
    actions.accept_mandate(iris.actor, code, now=NOW)
    assert refusal(actions.accept_mandate, iris.actor, code, now=NOW) is MandateProblem.NO_MATCH


def test_an_invitation_waits_only_so_long(odile, iris):
    invite(odile)
    later = NOW + timedelta(days=15)
    problem = refusal(actions.accept_mandate, iris.actor, code_mailed(), now=later)
    assert problem is MandateProblem.NO_MATCH
    assert own.carers(odile.actor, now=later) == []


def test_a_mandate_ends_on_its_date(odile, iris):
    helps(odile, iris)
    assert actor(iris, YEAR - timedelta(seconds=1)).represents
    assert actor(iris, YEAR).represents == frozenset()


@pytest.mark.parametrize("ender", ["odile", "iris"])
def test_either_side_ends_it_at_once_and_the_other_is_told(odile, iris, ender):
    helps(odile, iris)
    mailed()
    mandate = own.carers(odile.actor, now=NOW)[0]
    one, other = (odile, iris) if ender == "odile" else (iris, odile)
    actions.end_mandate(one.actor, mandate.id, now=NOW)
    assert actor(iris).represents == frozenset()
    assert mailed()[0].to == [f"{other.login}@courriel.invalid"]
    with pytest.raises(LookupError):
        actions.end_mandate(one.actor, mandate.id, now=NOW)


def test_a_stranger_cannot_end_it(odile, iris):
    helps(odile, iris)
    stranger = member("EVA", login="eva")
    with pytest.raises(LookupError):
        actions.end_mandate(stranger.actor, own.carers(odile.actor, now=NOW)[0].id, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"name": "0"}, MandateProblem.NAME),
        ({"name": " "}, MandateProblem.NAME),
        ({"until": NOW}, MandateProblem.UNTIL),
        ({"until": NOW + LONGEST_MANDATE + timedelta(days=1)}, MandateProblem.UNTIL),
    ],
)
def test_a_wrong_invitation_is_refused_and_nothing_is_sent(odile, wrong, problem):
    assert refusal(invite, odile, **wrong) is problem
    assert mailed() == []


def test_there_are_three_carers_at_most(odile):
    for _ in range(3):
        invite(odile)
    assert refusal(invite, odile) is MandateProblem.TOO_MANY


def test_invitations_are_not_sent_without_end(odile):
    for _ in range(3):
        actions.end_mandate(odile.actor, invite(odile), now=NOW)
    with pytest.raises(actions.TooManyAttempts):
        invite(odile)


def test_a_carer_helps_five_persons_at_most(iris):
    for number in range(5):
        helps(member(login=f"aidee{number}"), iris)
    invite(member(login="aidee5"))
    problem = refusal(actions.accept_mandate, iris.actor, code_mailed(), now=NOW)
    assert problem is MandateProblem.TOO_MANY


def test_a_new_mandate_of_the_same_carer_replaces_the_last(odile, iris):
    helps(odile, iris, Scope.MANAGE)
    carer = helps(odile, iris, now=NOW + timedelta(minutes=1))
    assert carer.mandates == {odile.patient_id: {"read"}} or actor(
        iris, NOW + timedelta(minutes=1)
    ).mandates == {odile.patient_id: {"read"}}


def test_codes_of_mandates_are_not_guessed(iris):
    for _ in range(5):
        refusal(actions.accept_mandate, iris.actor, "ABCD-EFGH-JKMN", now=NOW)
    with pytest.raises(actions.TooManyAttempts):
        actions.accept_mandate(iris.actor, "ABCD-EFGH-JKMN", now=NOW)


def test_what_a_carer_does_is_written_under_their_own_name(odile, iris):
    carer = helps(odile, iris)
    journal.record(carer, "document.read", at=NOW, patient_id=odile.patient_id, outcome="allowed")
    trace = Trace.objects.get(action="document.read")
    assert (trace.actor_label, trace.purpose) == ("Iris D'ARGENSON", "mandate")
    assert trace.actor_id == str(iris.account_id)


def test_closing_a_space_ends_its_mandates(odile, iris):
    helps(odile, iris)
    actions.close_space(odile.actor, now=NOW)
    assert actor(iris).represents == frozenset()


def test_a_parent_adds_a_child_of_the_same_card_until_eighteen(odile):
    """R-023."""
    child = member("LEA", born="20100303", card=odile.card)
    actions.add_child(odile.actor, child.card, now=NOW)
    assert actor(odile).represents == {child.patient_id}
    majority = datetime(2028, 3, 2, 23, tzinfo=UTC)  # midnight in Paris
    assert Representation.objects.get().until == majority
    assert actor(odile, majority - timedelta(seconds=1)).represents
    assert actor(odile, majority).represents == frozenset()
    assert own.children(odile.actor, now=majority) == []


def test_at_sixteen_the_child_comes_too_and_the_parent_stays(odile):
    child = member("LEA", born="20090303", card=odile.card)
    actions.add_child(odile.actor, child.card, now=NOW)
    code = actions.invite(TESTS, child.patient_id, "letter", now=NOW)
    assert actions.check_invitation(code, child.card, now=NOW)
    assert actor(odile).represents == {child.patient_id}


def test_the_other_representatives_and_the_child_are_told_of_a_new_one(odile):
    child = member("LEA", born="20090303", card=odile.card, login="lea")
    other = member("PAUL", born="19780101", card=odile.card, login="paul")
    actions.add_child(odile.actor, child.card, now=NOW)
    mailed()
    for _again in range(2):
        actions.add_child(other.actor, child.card, now=NOW)
    assert {to for each in mailed() for to in each.to} == {
        Account.objects.get(id=one.account_id).email for one in (odile, child)
    }
    first = NOW + timedelta(seconds=1)
    told = [each.sentence for each in queries.notifications(actor(odile, first), child.patient_id)]
    assert sum(other.actor.name in each for each in told) == 1
    lines = Trace.objects.filter(patient_id=child.patient_id, action="representation.set")
    assert [each.actor_id for each in lines.order_by("id")] == [odile.actor.id, other.actor.id]


def test_who_is_no_longer_a_representative_is_told_nothing(odile):
    child = member("LEA", born="20150303", card=odile.card)
    other = member("PAUL", born="19780101", card=odile.card, login="paul")
    actions.represent(TESTS, odile.patient_id, child.patient_id, since=NOW, until=NOW)
    actions.add_child(other.actor, child.card, now=NOW)
    assert mailed() == []


def test_a_parent_who_represents_a_child_no_more_does_not_add_them_again(odile):
    child = member("LEA", born="20100303", card=odile.card)
    actions.add_child(odile.actor, child.card, now=NOW)
    judged = NOW + timedelta(days=10)
    actions.represent(TESTS, odile.patient_id, child.patient_id, since=NOW, until=judged)
    actions.add_child(odile.actor, child.card, now=NOW + timedelta(days=5))
    assert Representation.objects.get().until == judged
    with pytest.raises(LookupError):
        actions.add_child(odile.actor, child.card, now=judged)
    assert actor(odile, judged).represents == frozenset()


def test_a_child_whose_day_of_birth_is_unknown_is_of_age_at_the_end_of_the_month(odile):
    child = member("LEA", born="20100303", card=odile.card)
    Person.objects.filter(patient_id=child.patient_id).update(birth_date="201003")
    actions.represent(TESTS, odile.patient_id, child.patient_id, since=NOW)
    assert Representation.objects.get().until == datetime(2028, 3, 30, 22, tzinfo=UTC)


def test_an_adult_or_a_child_of_another_card_is_not_added(odile, iris):
    adult = member("LEA", born="20080302", card=odile.card)
    stranger = member("LEO", born="20150101", card=iris.card)
    for other in (adult, stranger):
        with pytest.raises(LookupError):
            actions.add_child(odile.actor, other.card, now=NOW)
    minor = member("EVE", born="20090101", card=iris.card, login="eve")
    sibling = member("LOU", born="20150101", card=iris.card)
    with pytest.raises(LookupError):
        actions.add_child(minor.actor, sibling.card, now=NOW)


def test_one_born_on_29_february_is_of_age_on_1_march():
    assert birthday(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 28), 18) == date(2026, 2, 28)
