"""Care teams: who is of one, until when, and what each policy on consent makes of it (R-141)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from carnet.national.accounts.models import Notification
from carnet.national.journal.actors import Citizen
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.national.record import queries
from carnet.national.record.context import context
from carnet.national.record.models import Episode
from carnet.national.record.rules import AccessRefused, Act, Authorisation, Consent, Team, decide
from carnet.standards.ids import Ins
from carnet.standards.xds.iti43 import DocumentRef
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER, TESTS

pytestmark = pytest.mark.django_db

AIR = replace(PHYSICIAN_READER, mode="INDIRECTE_RENFORCEE")
ELSEWHERE = replace(AIR, ps_idnat="899900063515", structure="1690000001")
MONTH = timedelta(days=30)


@pytest.fixture
def patient() -> tuple[UUID, Ins]:
    return world.make_patient()


def team(patient_id: UUID, actor: Any = AIR, now: datetime = NOW) -> Team:
    found = context(actor, patient_id, now=now)
    assert found
    return found.facts.team


def reads(patient_id: UUID, actor: Any = AIR, now: datetime = NOW) -> bool:
    found = context(actor, patient_id, now=now)
    assert found
    return decide(actor, Act.SEARCH, patient_id, found.facts).allowed


def consent(patient_id: UUID, said: Consent) -> None:
    record.set_team_consent(world.holder(patient_id), patient_id, said, now=NOW)


def test_a_structure_is_the_team_during_its_episode_alone(patient: tuple[UUID, Ins]) -> None:
    """R-142, R-147."""
    patient_id, _ins = patient
    assert team(patient_id) is Team.NONE
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    record.close_episode(HOSPITAL_SYSTEM, patient_id, now=NOW + MONTH)
    days = [team(patient_id, now=NOW + MONTH * part / 2) for part in (0, 1, 2)]
    assert days == [Team.STRUCTURE, Team.STRUCTURE, Team.NONE]
    assert team(patient_id, now=NOW - timedelta(seconds=1)) is Team.NONE
    assert team(patient_id, ELSEWHERE) is Team.NONE


def test_with_a_card_a_claimed_structure_makes_no_member(patient: tuple[UUID, Ins]) -> None:
    patient_id, _ins = patient
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    assert team(patient_id, PHYSICIAN_READER) is Team.NONE
    world.make_hospital()
    assert team(patient_id, replace(PHYSICIAN_READER, ps_idnat="899900063480")) is Team.STRUCTURE


def test_an_episode_is_opened_once_and_told_once(patient: tuple[UUID, Ins]) -> None:
    """R-138."""
    patient_id, _ins = patient
    first = record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    assert record.open_episode(AIR, patient_id, now=NOW) == first
    assert Episode.objects.count() == 1
    assert Notification.objects.get(patient_id=patient_id).kind == "care.episode"
    assert record.close_episode(AIR, patient_id, now=NOW + MONTH)
    assert not record.close_episode(AIR, patient_id, now=NOW + MONTH)
    assert record.open_episode(AIR, patient_id, now=NOW + 2 * MONTH) != first


def test_who_has_no_proved_structure_opens_no_episode(patient: tuple[UUID, Ins]) -> None:
    patient_id, _ins = patient
    with pytest.raises(AccessRefused, match="no_right"):
        record.open_episode(PHYSICIAN_READER, patient_id, now=NOW)
    assert Trace.objects.get(action="episode.changed").reasons == ["no_right"]


def test_the_patient_recognises_and_dismisses_a_professional(patient: tuple[UUID, Ins]) -> None:
    """R-143."""
    patient_id, _ins = patient
    holder = world.holder(patient_id)
    record.recognise(holder, patient_id, ELSEWHERE.ps_idnat, now=NOW, until=NOW + MONTH)
    assert team(patient_id, ELSEWHERE) is Team.RECOGNISED
    assert team(patient_id, replace(ELSEWHERE, mode="DIRECTE")) is Team.RECOGNISED
    assert team(patient_id, ELSEWHERE, NOW + MONTH) is Team.NONE
    record.recognise(holder, patient_id, ELSEWHERE.ps_idnat, now=NOW)
    assert team(patient_id, ELSEWHERE, NOW + MONTH) is Team.RECOGNISED
    record.dismiss(holder, patient_id, ELSEWHERE.ps_idnat, now=NOW)
    assert team(patient_id, ELSEWHERE) is Team.NONE


def test_an_organisation_makes_its_members_the_team(patient: tuple[UUID, Ins]) -> None:
    """R-144."""
    patient_id, _ins = patient
    members = [HOSPITAL_SYSTEM.struct_idnat, ELSEWHERE.ps_idnat]
    record.declare_organisation(TESTS, "msp-aubre", "MSP de l'Aubre", members, now=NOW)
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW, organisation="msp-aubre")
    assert team(patient_id) is team(patient_id, ELSEWHERE) is Team.ORGANISATION
    record.declare_organisation(TESTS, "msp-aubre", "MSP", members[:1], now=NOW + MONTH)
    assert team(patient_id, ELSEWHERE, NOW + MONTH) is Team.NONE
    with pytest.raises(AccessRefused, match="other_structure"):
        record.open_episode(ELSEWHERE, patient_id, now=NOW, organisation="msp-aubre")


def test_an_organisation_has_no_national_identifier() -> None:
    with pytest.raises(ValueError, match="letter"):
        record.declare_organisation(TESTS, "1750803447", "?", [], now=NOW)


@pytest.mark.parametrize(
    ("policy", "said", "expected"),
    [
        ("2022-non-opposition", Consent.NOT_ASKED, True),
        ("2022-non-opposition", Consent.GIVEN, True),
        ("2022-non-opposition", Consent.REFUSED, False),
        ("2024-consent", Consent.NOT_ASKED, False),
        ("2024-consent", Consent.GIVEN, False),
        ("2024-consent", Consent.REFUSED, False),
        ("2025-initial-consent", Consent.NOT_ASKED, False),
        ("2025-initial-consent", Consent.GIVEN, True),
        ("2025-initial-consent", Consent.REFUSED, False),
    ],
)
def test_each_policy_presumes_what_it_says_of_the_team(
    patient: tuple[UUID, Ins], settings: Any, policy: str, said: Consent, expected: bool
) -> None:
    """R-131, R-145."""
    patient_id, _ins = patient
    settings.CARNET_CONSENT_POLICY = policy
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    consent(patient_id, said)
    assert reads(patient_id) is expected
    assert not reads(patient_id, ELSEWHERE)
    world.authorise(patient_id, AIR)
    assert reads(patient_id)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime(2024, 9, 11, 21, 59, tzinfo=UTC), "2022-non-opposition"),
        (datetime(2024, 9, 11, 22, 0, tzinfo=UTC), "2024-consent"),
        (datetime(2025, 10, 14, 21, 59, tzinfo=UTC), "2024-consent"),
        (datetime(2025, 10, 14, 22, 0, tzinfo=UTC), "2025-initial-consent"),
        (datetime(2010, 1, 1, tzinfo=UTC), "2022-non-opposition"),
    ],
)
def test_the_policy_in_force_is_that_of_the_day_in_paris(
    patient: tuple[UUID, Ins], day: datetime, expected: str
) -> None:
    found = context(AIR, patient[0], now=day)
    assert found
    assert found.facts.policy.code == expected


def test_a_blocked_member_of_the_team_does_not_read(patient: tuple[UUID, Ins]) -> None:
    patient_id, _ins = patient
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    consent(patient_id, Consent.GIVEN)
    assert reads(patient_id)
    record.authorise(TESTS, patient_id, AIR.ps_idnat, Authorisation.BLOCKED, now=NOW)
    assert not reads(patient_id)


def test_a_member_of_the_team_notes_the_consent_and_the_holder_is_told(
    patient: tuple[UUID, Ins],
) -> None:
    """R-146."""
    patient_id, _ins = patient
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    record.collect_team_consent(AIR, patient_id, Consent.GIVEN, means="oral", now=NOW)
    assert reads(patient_id)
    kinds = Notification.objects.filter(patient_id=patient_id).values_list("kind", flat=True)
    assert sorted(kinds) == ["care.episode", "consent.collected"]
    trace = Trace.objects.get(action="consent.changed")
    assert trace.details == {"consent": "given", "means": "oral"}


def test_a_refusal_of_the_holder_is_not_turned_into_a_yes_by_others(
    patient: tuple[UUID, Ins],
) -> None:
    patient_id, _ins = patient
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    consent(patient_id, Consent.REFUSED)
    with pytest.raises(AccessRefused, match="team_refused"):
        record.collect_team_consent(AIR, patient_id, Consent.GIVEN, means="oral", now=NOW)
    with pytest.raises(AccessRefused, match="not_authorised"):
        record.collect_team_consent(ELSEWHERE, patient_id, Consent.GIVEN, means="oral", now=NOW)
    with pytest.raises(ValueError, match="missing"):
        record.collect_team_consent(AIR, patient_id, Consent.GIVEN, means="", now=NOW)
    assert not reads(patient_id)


def test_the_team_reads_through_the_door_of_documents(patient: tuple[UUID, Ins]) -> None:
    patient_id, ins = patient
    request = world.request(ins)
    record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    ref = DocumentRef("1.2.250.1.999.1.1.1", request.submission.documents[0].unique_id)

    def retrieved() -> int:
        return len(record.retrieve(AIR, [ref], patient=ins, now=NOW)[0])

    assert retrieved() == 0
    refusal = Trace.objects.filter(action="document.read").last()
    assert refusal
    assert refusal.reasons == ["not_authorised"]
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    consent(patient_id, Consent.GIVEN)
    assert retrieved() == 1


def test_a_representative_says_it_for_the_child_and_a_stranger_says_nothing(
    patient: tuple[UUID, Ins],
) -> None:
    patient_id, _ins = patient
    other_id, _other = world.make_patient()
    parent = Citizen(other_id, other_id, "Parent", frozenset({patient_id}))
    record.set_team_consent(parent, patient_id, Consent.GIVEN, now=NOW)
    with pytest.raises(AccessRefused):
        record.set_team_consent(world.holder(other_id), patient_id, Consent.REFUSED, now=NOW)
    with pytest.raises(LookupError):
        record.recognise(TESTS, world.make_patient(with_record=False)[0], "8", now=NOW)


def test_existence_still_tells_what_was_declared(patient: tuple[UUID, Ins]) -> None:
    patient_id, ins = patient
    record.open_episode(HOSPITAL_SYSTEM, patient_id, now=NOW)
    consent(patient_id, Consent.GIVEN)
    assert queries.existence(AIR, ins, now=NOW).authorisation == "NON_EXISTE"
