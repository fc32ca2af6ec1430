"""The care team: what the holder says of it, whom they recognise, and care episodes (R-141…147)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from uuid_utils.compat import uuid7

from carnet.national.accounts import actions as accounts
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Establishment, Professional, System
from carnet.national.record.actions.governing import check_governs, lock_record, tell_holder
from carnet.national.record.actions.refusals import audited
from carnet.national.record.context import Context, context
from carnet.national.record.models import (
    Episode,
    Organisation,
    OrganisationMember,
    Record,
    TeamMember,
)
from carnet.national.record.readers import name_of
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Consent,
    Decision,
    Reason,
    Team,
    decide,
)

_CONSENT: Final = "consent.changed"
_TEAM: Final = "team.changed"
_EPISODE: Final = "episode.changed"


def set_team_consent(actor: Actor, patient_id: UUID, consent: Consent, *, now: datetime) -> None:
    """Keep what the holder says of the access of care teams (R-131 to R-133).

    Raises `AccessRefused`, written in the journal; `LookupError` when there is no record.
    """
    check_governs(actor, patient_id, _CONSENT, now=now)
    with transaction.atomic():
        _say(actor, patient_id, consent, now, means="space")
        tell_holder(actor, patient_id, now=now)


def collect_team_consent(
    actor: Professional, patient_id: UUID, consent: Consent, *, means: str, now: datetime
) -> None:
    """Keep what the holder told a member of their care team, who says by which `means` (R-146).

    What the holder refused, a professional does not turn into a yes. The holder is told.
    Raises `AccessRefused`, written in the journal; `ValueError` without means or answer.
    """
    if consent is Consent.NOT_ASKED or not means:
        raise ValueError("the answer of the patient, and how it was given, are missing")
    with audited(actor, _CONSENT, now=now) as attempt, transaction.atomic():
        attempt.patient_id = patient_id
        found = _allowed(actor, patient_id, Act.COLLECT_CONSENT, now)
        if found.facts.team is Team.NONE and not found.facts.is_medecin_traitant:
            raise AccessRefused(Decision(False, (Reason.NOT_AUTHORISED,)))
        if found.facts.consent is Consent.REFUSED and consent is Consent.GIVEN:
            raise AccessRefused(Decision(False, (Reason.TEAM_REFUSED,)))
        _say(actor, patient_id, consent, now, means=means)
        accounts.notify(
            actor, patient_id, "consent.collected", at=now, params={"actor": actor.label}
        )


def recognise(
    actor: Actor, patient_id: UUID, ps_idnat: str, *, now: datetime, until: datetime | None = None
) -> None:
    """The holder recognises a professional as a member of their care team (L.1110-12, 2°).

    Raises `AccessRefused`, written in the journal; `LookupError` when there is no record.
    """
    check_governs(actor, patient_id, _TEAM, now=now)
    with transaction.atomic():
        lock_record(patient_id)
        TeamMember.objects.update_or_create(
            patient_id=patient_id,
            legal_case=Team.RECOGNISED,
            member=ps_idnat,
            defaults={"since": now, "until": until},
            create_defaults={"id": uuid7(), "since": now, "until": until},
        )
        _write_member(actor, patient_id, ps_idnat, Team.RECOGNISED, now=now)


def dismiss(actor: Actor, patient_id: UUID, ps_idnat: str, *, now: datetime) -> None:
    """The holder no longer recognises a professional. Raises as `recognise`."""
    check_governs(actor, patient_id, _TEAM, now=now)
    with transaction.atomic():
        TeamMember.objects.filter(
            patient_id=patient_id, legal_case=Team.RECOGNISED, member=ps_idnat
        ).delete()
        _write_member(actor, patient_id, ps_idnat, Team.NONE, now=now)


def open_episode(
    actor: Professional | Establishment,
    patient_id: UUID,
    *,
    now: datetime,
    organisation: str = "",
    correlation: str = "",
) -> UUID:
    """Open a care episode of the caller's structure, or of an `organisation` it is a part of.

    From then on its members are of the care team; the holder is told of it, as at each new event
    of their care (R-138, R-145). One that is open is given again. Only a structure proved by its
    certificate opens one. Raises `AccessRefused`, written in the journal.
    """
    structure = _structure(actor)
    with audited(actor, _EPISODE, now=now, correlation=correlation) as attempt:
        attempt.patient_id = patient_id
        with transaction.atomic():
            _allowed(actor, patient_id, Act.FOLLOW, now)
            if organisation and not _is_part(structure, organisation, now):
                raise AccessRefused(Decision(False, (Reason.OTHER_STRUCTURE,)))
            member = organisation or structure
            case = Team.ORGANISATION if organisation else Team.STRUCTURE
            known = Episode.objects.filter(
                patient_id=patient_id, member=member, closed_at__isnull=True
            ).first()
            if known:
                return known.id
            episode = Episode.objects.create(
                patient_id=patient_id, id=uuid7(), member=member, opened_at=now
            )
            TeamMember.objects.create(
                patient_id=patient_id,
                id=uuid7(),
                legal_case=case,
                member=member,
                episode_id=episode.id,
                since=now,
            )
            _write(
                actor,
                patient_id,
                _EPISODE,
                now=now,
                details={"state": "open"},
                object_id=member,
                correlation=correlation,
            )
            accounts.notify(
                actor,
                patient_id,
                "care.episode",
                at=now,
                params={"actor": actor.label},
                correlation=correlation,
                key=f"care.episode:{episode.id}",
            )
            return episode.id


def close_episode(
    actor: Professional | Establishment,
    patient_id: UUID,
    *,
    now: datetime,
    organisation: str = "",
    correlation: str = "",
) -> bool:
    """Close the open episode of the caller's structure: its members leave the team. Whether it was.

    Raises `AccessRefused`, written in the journal.
    """
    structure = _structure(actor)
    with audited(actor, _EPISODE, now=now, correlation=correlation) as attempt:
        attempt.patient_id = patient_id
        with transaction.atomic():
            _allowed(actor, patient_id, Act.FOLLOW, now)
            if organisation and not _is_part(structure, organisation, now):
                raise AccessRefused(Decision(False, (Reason.OTHER_STRUCTURE,)))
            member = organisation or structure
            episode = Episode.objects.filter(
                patient_id=patient_id, member=member, closed_at__isnull=True
            ).first()
            if episode is None:
                return False
            Episode.objects.filter(patient_id=patient_id, id=episode.id).update(closed_at=now)
            TeamMember.objects.filter(patient_id=patient_id, episode_id=episode.id).update(
                until=now
            )
            _write(
                actor,
                patient_id,
                _EPISODE,
                now=now,
                details={"state": "closed"},
                object_id=member,
                correlation=correlation,
            )
            return True


def declare_organisation(
    actor: System, identifier: str, name: str, members: Sequence[str], *, now: datetime
) -> None:
    """Keep a formal organisation of care and its members, PS_IdNat and Struct_IdNat (3°).

    Members who are no longer named leave it now. It has an identifier of its own kind: letters
    first, so that it is no national identifier. Raises `ValueError`.
    """
    if not identifier[:1].isalpha():
        raise ValueError("the identifier of an organisation begins with a letter")
    with transaction.atomic():
        Organisation.objects.update_or_create(
            id=identifier,
            defaults={"name": name},
            create_defaults={"name": name, "declared_at": now},
        )
        known = OrganisationMember.objects.filter(organisation=identifier)
        known.filter(until__isnull=True).exclude(member__in=members).update(until=now)
        for member in members:
            OrganisationMember.objects.update_or_create(
                organisation=identifier,
                member=member,
                defaults={"until": None},
                create_defaults={"since": now},
            )
        journal.record(
            actor,
            "organisation.declared",
            at=now,
            patient_id=None,
            outcome="allowed",
            object_type="organisation",
            object_id=identifier,
        )


def _allowed(
    actor: Professional | Establishment, patient_id: UUID, act: Act, now: datetime
) -> Context:
    lock_record(patient_id)
    found = context(actor, patient_id, now=now)
    if found is None:
        raise LookupError("there is no record")
    decision = decide(actor, act, patient_id, found.facts)
    if not decision.allowed:
        raise AccessRefused(decision)
    return found


def _structure(actor: Professional | Establishment) -> str:
    return actor.struct_idnat if isinstance(actor, Establishment) else actor.structure


def _is_part(structure: str, organisation: str, now: datetime) -> bool:
    return OrganisationMember.objects.filter(
        Q(until__isnull=True) | Q(until__gt=now),
        organisation=organisation,
        member=structure,
        since__lte=now,
    ).exists()


def _say(actor: Actor, patient_id: UUID, consent: Consent, now: datetime, *, means: str) -> None:
    said = {"team_consent": consent, "team_consent_at": now}
    if not Record.objects.filter(patient_id=patient_id).update(**said):
        raise LookupError("there is no record")
    _write(
        actor,
        patient_id,
        _CONSENT,
        now=now,
        details={"consent": consent, "means": means},
        object_id="",
    )


def _write_member(
    actor: Actor, patient_id: UUID, ps_idnat: str, case: Team, *, now: datetime
) -> None:
    _write(
        actor,
        patient_id,
        _TEAM,
        now=now,
        details={"case": case, "state": case, "title": name_of(ps_idnat)},
        object_id=ps_idnat,
    )
    tell_holder(actor, patient_id, now=now)


def _write(
    actor: Actor,
    patient_id: UUID,
    action: str,
    *,
    now: datetime,
    details: dict[str, str],
    object_id: str = "",
    correlation: str = "",
) -> None:
    journal.record(
        actor,
        action,
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        object_type="professional" if object_id else "",
        object_id=object_id,
        details=details,
        correlation=correlation,
    )
