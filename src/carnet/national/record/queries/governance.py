"""Who may read a record, who is kept out, and what its holder chose: for who governs it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from carnet.national.directory import queries as directory
from carnet.national.journal import queries as journal
from carnet.national.journal.actors import Citizen
from carnet.national.record.actions.governing import check_governs
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

    @property
    def is_blocked(self) -> bool:
        """Whether the holder keeps them out."""
        return self.state is Authorisation.BLOCKED

    @property
    def is_recognised(self) -> bool:
        """Whether the holder recognised them as a member of their care team."""
        return self.team is Team.RECOGNISED

    @property
    def is_let_in(self) -> bool:
        """Whether something lets them in: the holder, or the care team."""
        return not self.is_blocked and (
            self.is_medecin_traitant
            or self.state is Authorisation.VALID
            or self.team is not Team.NONE
        )


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
    let_in: tuple[Reader, ...]  #: the médecin traitant first, then by name
    blocked: tuple[Reader, ...]
    others: tuple[Reader, ...]  #: who came last first

    @property
    def let_in_besides(self) -> tuple[Reader, ...]:
        """Those who are let in, but for the médecin traitant."""
        return tuple(each for each in self.let_in if not each.is_medecin_traitant)

    @property
    def medecin_traitant(self) -> Reader | None:
        """The médecin traitant, when one is declared."""
        return next((each for each in self.let_in if each.is_medecin_traitant), None)


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
    return Governance(
        choices=_choices(record),
        let_in=tuple(
            sorted(
                (each for each in readers if each.is_let_in),
                key=lambda each: (not each.is_medecin_traitant, each.name),
            )
        ),
        blocked=tuple(
            sorted((each for each in readers if each.is_blocked), key=lambda each: each.name)
        ),
        others=tuple(
            sorted(
                (each for each in readers if not each.is_let_in and not each.is_blocked),
                key=lambda each: each.came_at or now,
                reverse=True,
            )
        ),
    )


def reader(actor: Citizen, patient_id: UUID, reader_id: str, *, now: datetime) -> Reader:
    """One professional or structure, known of the directory or of this record.

    Raises `AccessRefused`, written in the journal; `LookupError` when nobody knows them.
    """
    check_governs(actor, patient_id, _ACTION, now=now)
    (found,) = _readers(actor, _record(patient_id), [reader_id], now)
    has_place = found.is_let_in or found.since is not None or found.came_at is not None
    if found.name == reader_id and not has_place:
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
            _Place(said.get(each), members.get(each), each == record.medecin_traitant, now),
        )
        for each in ids
    ]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a record says of one reader at a moment."""

    said: Line | None
    member: TeamMember | None
    is_medecin_traitant: bool
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
    return Reader(
        id=reader_id,
        name=name or reader_id,
        profession=display(profession.scheme, profession.code) if profession else "",
        specialty=display(specialty.scheme, specialty.code) if specialty else "",
        places=tuple(names[each] for each in known.structures if each in names) if known else (),
        is_structure=known is None and reader_id in names,
        is_physician=bool(profession and profession.code == _PHYSICIAN),
        is_medecin_traitant=place.is_medecin_traitant,
        state=_state(said, place.at),
        since=said.since if said else None,
        until=said.until if said else None,
        team=Team(member.legal_case) if member else Team.NONE,
        team_since=member.since if member else None,
        episode_id=member.episode_id if member else None,
        came_at=came.at if came else None,
    )


def _state(said: Line | None, now: datetime) -> Authorisation:
    if said is None:
        return Authorisation.NONE
    if said.state == Authorisation.VALID and said.until is not None and said.until <= now:
        return Authorisation.EXPIRED
    return Authorisation(said.state)
