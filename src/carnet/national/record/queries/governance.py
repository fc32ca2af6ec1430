"""Who may read a record, who is kept out, and what its holder chose: for who governs it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext

from carnet.national.directory import queries as directory
from carnet.national.journal import queries as journal
from carnet.national.journal.actors import Citizen
from carnet.national.record.actions.governing import check_governs
from carnet.national.record.law import policy
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Organisation, Record, TeamMember
from carnet.national.record.rules import Authorisation, Consent, Team
from carnet.standards.nos import display

_PHYSICIAN: Final = "10"
_ACTION: Final = "access.explained"


@dataclass(frozen=True, slots=True)
class Reader:
    """A professional, a structure or an organisation, and their place in one record.

    `state` is what the holder said of them, from `since` to `until`; `team` by which case they are
    of the care team. `id` is a PS_IdNat, a Struct_IdNat or the id of an organisation.
    """

    id: str
    name: str
    profession: str  #: its label; empty for a structure
    specialty: str
    places: tuple[str, ...]  #: names of the structures where they work
    is_structure: bool  #: or an organisation
    is_physician: bool
    is_medecin_traitant: bool
    state: Authorisation
    since: datetime | None
    until: datetime | None
    team: Team
    team_since: datetime | None
    episode_id: UUID | None  #: the episode that makes the structure a part of the team
    came_at: datetime | None  #: the last time that they searched or read
    is_let_in: bool  #: whether the holder's accord, or their team's, lets them read today
    is_known: bool  #: of the directory, or of this record

    @property
    def is_blocked(self) -> bool:
        """Whether the holder keeps them out."""
        return self.state is Authorisation.BLOCKED

    @property
    def is_recognised(self) -> bool:
        """Whether the holder recognised them as a member of their care team."""
        return self.team is Team.RECOGNISED

    @property
    def is_of_team(self) -> bool:
        """Whether they take part in the care; the médecin traitant always does (L.1110-12)."""
        return self.is_medecin_traitant or self.team is not Team.NONE


@dataclass(frozen=True, slots=True)
class Choices:
    """What the holder chose; `team_consent` is what they said of the access of care teams."""

    opposes_bris_de_glace: bool
    opposes_centre_15: bool
    masked_in_emergency: bool
    team_consent: Consent
    team_consent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Governance:
    """Who may read, who may not, and who came without being of the one or the other."""

    choices: Choices
    medecin_traitant: Reader | None
    let_in: tuple[Reader, ...]
    waiting: tuple[Reader, ...]  #: of the care team, who read once the holder agrees to it
    blocked: tuple[Reader, ...]
    others: tuple[Reader, ...]  #: who came, the last first


def choices(actor: Citizen, patient_id: UUID, *, now: datetime) -> Choices:
    """What the holder chose. Raises as `governance`."""
    check_governs(actor, patient_id, _ACTION, now=now)
    return _choices(_record(patient_id))


def governance(actor: Citizen, patient_id: UUID, *, now: datetime) -> Governance:
    """Everybody who has a place in this record.

    Raises `AccessRefused`, written in the journal, for who does not govern the record;
    `LookupError` when there is none.
    """
    check_governs(actor, patient_id, _ACTION, now=now)
    record = _record(patient_id)
    readers = _readers(actor, record, None, now)
    aside = [each for each in readers if not each.is_medecin_traitant]
    out = [each for each in aside if not each.is_let_in and not each.is_blocked]
    return Governance(
        choices=_choices(record),
        medecin_traitant=next((each for each in readers if each.is_medecin_traitant), None),
        let_in=_by_name(each for each in aside if each.is_let_in),
        waiting=_by_name(each for each in out if each.is_of_team),
        blocked=_by_name(each for each in aside if each.is_blocked),
        others=tuple(
            sorted(
                (each for each in out if not each.is_of_team),
                key=lambda each: each.came_at or each.until or now,
                reverse=True,
            )
        ),
    )


def _by_name(readers: Iterable[Reader]) -> tuple[Reader, ...]:
    return tuple(sorted(readers, key=lambda each: each.name))


def reader(actor: Citizen, patient_id: UUID, reader_id: str, *, now: datetime) -> Reader:
    """One professional or structure, known of the directory or of this record.

    Raises `AccessRefused`, written in the journal; `LookupError` when nobody knows them.
    """
    check_governs(actor, patient_id, _ACTION, now=now)
    (found,) = _readers(actor, _record(patient_id), [reader_id], now)
    if not found.is_known:
        raise LookupError("nobody knows this professional")
    return found


def readers_called(
    actor: Citizen, patient_id: UUID, words: str, *, now: datetime, limit: int = 20
) -> tuple[Reader, ...]:
    """Professionals of the directory by these words of their name, with their place here.

    Raises as `governance`.
    """
    check_governs(actor, patient_id, _ACTION, now=now)
    found = directory.professionals_called(words, limit=limit)
    return tuple(_readers(actor, _record(patient_id), [each.ps_idnat for each in found], now))


def _record(patient_id: UUID) -> Record:
    found = Record.objects.filter(patient_id=patient_id).first()
    if found is None:
        raise LookupError("there is no record")
    return found


def _choices(record: Record) -> Choices:
    return Choices(
        record.opposes_bris_de_glace,
        record.opposes_centre_15,
        record.masked_in_emergency,
        Consent(record.team_consent),
        record.team_consent_at,
    )


def _readers(
    actor: Citizen, record: Record, only: Collection[str] | None, now: datetime
) -> list[Reader]:
    """Those who have a place in this record, or `only` these, who may have none."""
    patient_id = record.patient_id
    said = {line.ps_idnat: line for line in Line.objects.filter(patient_id=patient_id)}
    members = {
        one.member: one
        for one in TeamMember.objects.filter(
            Q(until__isnull=True) | Q(until__gt=now), patient_id=patient_id, since__lte=now
        ).order_by("legal_case")
    }
    came = journal.visits(actor, patient_id)
    everybody = {*said, *members, *came, record.medecin_traitant} - {""}
    ids = sorted(everybody) if only is None else list(only)
    known = directory.professionals(ids)
    places = {place for one in known.values() for place in one.structures}
    structures = directory.structures_named([*places, *(each for each in ids if each not in known)])
    names = {each: one.name for each, one in structures.items()} | _organisations(members)
    return [
        _reader(
            each,
            known.get(each),
            names,
            came.get(each),
            _Place(said.get(each), members.get(each), record, now),
        )
        for each in ids
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a record says of one reader at a moment."""

    said: Line | None
    member: TeamMember | None
    record: Record
    at: datetime


def _organisations(members: Mapping[str, TeamMember]) -> dict[str, str]:
    """The names of the organisations of the care team; no statement for none."""
    ids = [each for each, one in members.items() if one.legal_case == Team.ORGANISATION]
    found = Organisation.objects.filter(id__in=ids) if ids else ()
    return {one.id: one.name for one in found}


def _reader(
    reader_id: str,
    known: directory.Professional | None,
    names: Mapping[str, str],
    came: journal.Visit | None,
    place: _Place,
) -> Reader:
    name = known.name if known else names.get(reader_id) or (came.label if came else "")
    profession = known.profession if known else None
    specialty = known.specialty if known else None
    said, member = place.said, place.member
    state, team = _state(said, place.at), Team(member.legal_case) if member else Team.NONE
    is_medecin_traitant = reader_id == place.record.medecin_traitant
    is_of_team = is_medecin_traitant or team is not Team.NONE
    agreed = Consent(place.record.team_consent) in policy(place.at).presumes
    return Reader(
        id=reader_id,
        name=name or gettext("Professionnel nº %(number)s") % {"number": reader_id},
        profession=display(profession.scheme, profession.code) if profession else "",
        specialty=display(specialty.scheme, specialty.code) if specialty else "",
        places=tuple(names[each] for each in known.structures if each in names) if known else (),
        is_structure=known is None and reader_id in names,
        is_physician=bool(profession and profession.code == _PHYSICIAN),
        is_medecin_traitant=is_medecin_traitant,
        state=state,
        since=said.since if said else None,
        until=said.until if said else None,
        team=team,
        team_since=member.since if member else None,
        episode_id=member.episode_id if member else None,
        came_at=came.at if came else None,
        is_let_in=state is Authorisation.VALID
        or (is_of_team and agreed and state is not Authorisation.BLOCKED),
        is_known=bool(name or said or member or is_medecin_traitant),
    )


def _state(said: Line | None, now: datetime) -> Authorisation:
    if said is None:
        return Authorisation.NONE
    if said.state == Authorisation.VALID and said.until is not None and said.until <= now:
        return Authorisation.EXPIRED
    return Authorisation(said.state)
