"""From the lines of the database to a situation: every window, on both sides of each end.

Who is let in today depends on lines with a beginning and an end: authorisations, care episodes,
memberships, births. Here all of them are there at once, each around `NOW`, and what the record
reads in them is compared with the same thing said in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, product
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from carnet.national.accounts.models import SpaceStatus
from carnet.national.accounts.rules import MAJORITY, reached
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Actor, Professional
from carnet.national.record import law
from carnet.national.record.care import Organisation, OrganisationMember, TeamMember
from carnet.national.record.context import context, facts_of, situation
from carnet.national.record.models import Authorisation as Said
from carnet.national.record.models import Record
from carnet.national.record.rules import Authorisation, Consent, RecordFacts, Team
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW, PHYSICIAN_READER, SITE

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
#: From when to when, and whether it holds now.
WINDOWS = (
    (NOW - DAY, None, True),
    (NOW - DAY, NOW + INSTANT, True),
    (NOW - DAY, NOW, False),
    (NOW, None, True),
    (NOW, NOW + DAY, True),
    (NOW + INSTANT, None, False),
)
Window = tuple[datetime, datetime | None, bool]
#: Until when an authorisation holds, and what it is now.
TERMS = (
    (Authorisation.VALID, None, Authorisation.VALID),
    (Authorisation.VALID, NOW + INSTANT, Authorisation.VALID),
    (Authorisation.VALID, NOW, Authorisation.EXPIRED),
    (Authorisation.BLOCKED, None, Authorisation.BLOCKED),
    None,
)
ME = "899900063480"  # who works in the hospital of the directory
AIR = replace(PHYSICIAN_READER, ps_idnat=ME, mode="INDIRECTE_RENFORCEE")
#: A structure that is proved, one that the directory knows to be theirs, one that is only claimed.
CALLERS: tuple[tuple[Professional, bool], ...] = (
    (AIR, True),
    (replace(AIR, mode="DIRECTE"), True),
    (replace(AIR, ps_idnat="899900063499", mode="DIRECTE"), False),
)


@dataclass(frozen=True)
class Case:
    """One record: its lines, and its columns."""

    patient_id: UUID
    team: tuple[Team, Window, Window | None] | None
    mine: Any
    ours: Any
    columns: Any  #: status, account, médecin traitant, what is opposed, masked, consent


def cases() -> Iterator[Case]:
    """Every team with every pair of authorisations; the columns of the record in their turn."""
    teams = [
        None,
        *((case, window, None) for case in (Team.RECOGNISED, Team.STRUCTURE) for window in WINDOWS),
        *((Team.ORGANISATION, window, part) for window in WINDOWS for part in WINDOWS),
    ]
    columns = cycle(
        product(
            ("active", "terminated"),
            (None, "opened", "activated", "closed", "opposed"),
            *[(False, True)] * 4,
            Consent,
        )
    )
    for place, (team, mine, ours) in enumerate(product(teams, TERMS, TERMS)):
        yield Case(UUID(int=place + 1), team, mine, ours, next(columns))


#: Somebody else like the person there is, for each of these ids.
_PERSONS = """
INSERT INTO identity_person
SELECT (jsonb_populate_record(person, jsonb_build_object('patient_id', id))).*
  FROM identity_person person, unnest(%s::uuid[]) id
"""


def store(found: list[Case], me: str) -> None:
    """The lines of these cases."""
    world.make_patient(with_record=False)
    with connection.cursor() as cursor:
        cursor.execute(_PERSONS, [[case.patient_id for case in found]])
    Record.objects.bulk_create(
        Record(
            patient_id=case.patient_id,
            status=status,
            opened_at=NOW - DAY,
            medecin_traitant=me if is_mt else "",
            opposes_bris_de_glace=ice,
            opposes_centre_15=centre,
            masked_in_emergency=masked,
            team_consent=consent,
        )
        for case in found
        for status, _space, is_mt, ice, centre, masked, consent in (case.columns,)
    )
    SpaceStatus.objects.bulk_create(
        SpaceStatus(patient_id=case.patient_id, status=case.columns[1], since=NOW)
        for case in found
        if case.columns[1]
    )
    Said.objects.bulk_create(
        Said(
            patient_id=case.patient_id, ps_idnat=who, state=term[0], since=NOW - DAY, until=term[1]
        )
        for case in found
        for who, term in ((me, case.mine), (SITE, case.ours))
        if term
    )
    members = {Team.RECOGNISED: me, Team.STRUCTURE: SITE}
    TeamMember.objects.bulk_create(
        TeamMember(
            patient_id=case.patient_id,
            id=case.patient_id,
            legal_case=kind,
            member=f"msp-{WINDOWS.index(part)}" if part else members[kind],
            since=window[0],
            until=window[1],
        )
        for case in found
        if case.team
        for kind, window, part in (case.team,)
    )
    Organisation.objects.bulk_create(
        Organisation(id=f"msp-{place}", name="MSP", declared_at=NOW)
        for place in range(len(WINDOWS))
    )
    OrganisationMember.objects.bulk_create(
        OrganisationMember(organisation=f"msp-{place}", member=SITE, since=since, until=until)
        for place, (since, until, _holds) in enumerate(WINDOWS)
    )


def expected(case: Case, *, works_there: bool) -> RecordFacts:
    """The same situation, in words."""
    status, space, is_mt, ice, centre, masked, consent = case.columns
    team = Team.NONE
    if case.team:
        kind, window, part = case.team
        holds = window[2] and (part is None or part[2])
        if holds and (kind is Team.RECOGNISED or works_there):
            team = kind
    said = [case.mine[2]] if case.mine else []
    # a structure that is only claimed closes a record, and opens none
    if case.ours and (works_there or case.ours[2] is Authorisation.BLOCKED):
        said.append(case.ours[2])
    strongest = (Authorisation.BLOCKED, Authorisation.VALID, Authorisation.EXPIRED)
    return RecordFacts(
        active=status == "active" and space not in ("closed", "opposed"),
        authorisation=next((each for each in strongest if each in said), Authorisation.NONE),
        is_medecin_traitant=is_mt,
        opposes_bris_de_glace=ice,
        opposes_centre_15=centre,
        masked_in_emergency=masked,
        team=team,
        consent=consent,
        policy=law.policy(NOW),
    )


@pytest.mark.parametrize(("caller", "works_there"), CALLERS)
def test_every_window_counts_from_its_first_instant_to_before_its_last(
    caller: Professional, works_there: bool, tell: Callable[[str], None]
) -> None:
    world.make_hospital()
    found = list(cases())
    store(found, caller.ps_idnat)
    asked = situation(caller, NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT record.patient_id, {asked.columns} FROM record_record record{asked.joins}",  # noqa: S608
            asked.values,
        )
        read = {id_: facts_of(caller, line, NOW) for id_, *line in cursor.fetchall()}
    wrong = [
        case for case in found if read[case.patient_id] != expected(case, works_there=works_there)
    ]
    tell(f"situations: {len(found)} records read, {len(wrong)} contradictions")
    assert not wrong[:3]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2022, 1, 1), "2022-non-opposition"),
        (date(2024, 9, 12), "2024-consent"),
        (date(2025, 10, 15), "2025-initial-consent"),
    ],
)
def test_each_policy_is_applied_from_midnight_in_paris_on(day: date, code: str) -> None:
    patient_id, _ins = world.make_patient()
    midnight = datetime(day.year, day.month, day.day, tzinfo=law.PARIS).astimezone(UTC)

    def policy(now: datetime) -> str:
        found = context(AIR, patient_id, now=now)
        assert found
        return found.facts.policy.code

    assert policy(midnight) == code
    assert (policy(midnight - INSTANT) == code) is (code == "2022-non-opposition")


def test_who_is_born_on_any_day_comes_of_age_at_midnight_in_paris() -> None:
    for place in range(4 * 366):
        born = date(2008, 1, 1) + place * DAY
        leap = (born.month, born.day) == (2, 29)
        month, day = (3, 1) if leap else (born.month, born.day)
        midnight = datetime(born.year + 18, month, day, tzinfo=law.PARIS).astimezone(UTC)
        for now, adult in ((midnight - INSTANT, False), (midnight, True)):
            today = now.astimezone(law.PARIS).date()
            assert identity.is_adult(f"{born:%Y%m%d}", today) is adult
            assert reached(born, MAJORITY, now) is adult


@pytest.mark.parametrize("actor", [AIR, HOSPITAL_SYSTEM])
@pytest.mark.parametrize(
    ("born", "last_day"),
    [
        ("20080229", date(2026, 2, 28)),
        ("20080301", date(2026, 2, 28)),
        ("20080400", date(2026, 4, 29)),  # a day that is unknown is taken at its latest
        ("20080000", date(2026, 12, 30)),
    ],
)
def test_the_age_of_the_holder_is_known_to_a_secret_connection_alone(
    actor: Any, born: str, last_day: date
) -> None:
    patient_id, _ins = world.make_patient(born=born)

    def adult(caller: Actor, day: date) -> bool | None:
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        found = context(caller, patient_id, now=noon)
        assert found
        return found.facts.is_adult

    secret = replace(actor, secret_connection=True)
    assert adult(secret, last_day) is False
    assert adult(secret, last_day + DAY) is True
    assert adult(actor, last_day + DAY) is None
