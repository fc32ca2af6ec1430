"""Who may read: what the holder says of a professional, and what professionals declare (TD0.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from carnet.national.accounts import actions as accounts
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Establishment, Professional
from carnet.national.record.actions.governing import check_governs, lock_record, tell_holder
from carnet.national.record.actions.refusals import audited, told
from carnet.national.record.context import Context, context
from carnet.national.record.models import Authorisation as Line
from carnet.national.record.models import Record
from carnet.national.record.readers import name_of
from carnet.national.record.rules import (
    AccessRefused,
    Act,
    Authorisation,
    Decision,
    Reason,
    Team,
    decide,
)
from carnet.national.record.rules.rights import HEALTH_PROFESSIONS
from carnet.standards.habilitations import AuthorizationAction, Result, Role, SetAuthorization
from carnet.standards.ids import Ins
from carnet.standards.xds.errors import ErrorCode, refused

_ACTION: Final = "authorisation.changed"


def authorise(
    actor: Actor,
    patient_id: UUID,
    ps_idnat: str,
    state: Authorisation,
    *,
    now: datetime,
    until: datetime | None = None,
) -> None:
    """Say that a professional, or a structure, may read (VALIDE), may not (INTERDIT), or neither.

    The holder says it. Their médecin traitant may block, and unblock (spec dmp §2.4).
    Raises `AccessRefused`, written in the journal, and `ValueError` for EXPIRE, which is a date
    passing and not a choice.
    """
    if state is Authorisation.EXPIRED:
        raise ValueError("an authorisation expires by its date")
    if isinstance(actor, Professional):
        _check_blocks(actor, patient_id, ps_idnat, state, now)
    else:
        check_governs(actor, patient_id, _ACTION, now=now)
    with transaction.atomic():
        lock_record(patient_id)
        if state is Authorisation.NONE:
            Line.objects.filter(patient_id=patient_id, ps_idnat=ps_idnat).delete()
        else:
            _keep(patient_id, ps_idnat, state, now, until)
        _write(actor, patient_id, ps_idnat, state, now=now)
        tell_holder(actor, patient_id, now=now)


def _check_blocks(
    actor: Professional, patient_id: UUID, ps_idnat: str, state: Authorisation, now: datetime
) -> None:
    with audited(actor, _ACTION, now=now) as attempt:
        attempt.patient_id = patient_id
        found = context(actor, patient_id, now=now)
        if found is None:
            raise LookupError("there is no record")
        decision = decide(actor, Act.BLOCK, patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        unblocks = state is Authorisation.NONE and _is_blocked(patient_id, ps_idnat)
        if state is not Authorisation.BLOCKED and not unblocks:
            # What the holder granted is theirs to take back.
            raise AccessRefused(Decision(False, (Reason.NO_RIGHT,)))


def set_authorization(
    actor: Professional | Establishment,
    request: SetAuthorization,
    *,
    patient: Ins | None,
    now: datetime,
    correlation: str = "",
) -> Result:
    """TD0.3: the caller declares, or takes back, that the patient lets them read.

    A secretary declares it for the structure. What is declared holds for a term that the policy in
    force gives, longer inside the care team. What changes nothing is answered so, and what the
    holder said is never lessened: a block stays, a longer authorisation stays.
    Raises `XdsRefused` (XDSUnknownPatientId, DMPClosed, DMPAccessDeniedByRightsService).
    """
    act, do = _DEEDS[request.action, request.role]
    with told(actor, _ACTION, now=now, correlation=correlation) as attempt, transaction.atomic():
        attempt.patient_id = patient_id = identity.patient_of(patient) if patient else None
        if patient_id is not None:
            Record.objects.select_for_update().filter(patient_id=patient_id).first()
        found = context(actor, patient_id, now=now) if patient_id is not None else None
        if patient_id is None or found is None:
            raise refused(ErrorCode.UNKNOWN_PATIENT_ID, "there is no record for this patient")
        decision = decide(actor, act, patient_id, found.facts)
        if not decision.allowed:
            raise AccessRefused(decision)
        if not isinstance(actor, Professional):
            raise AccessRefused(Decision(False, (Reason.NO_RIGHT,)))
        return Result(context=do(actor, found, now, correlation))


def _add(actor: Professional, found: Context, now: datetime, correlation: str) -> str:
    holder = _holder(actor)
    facts = found.facts
    member = facts.team is not Team.NONE or facts.is_medecin_traitant
    until = now + (facts.policy.team_term if member else facts.policy.other_term)
    line = Line.objects.filter(patient_id=found.patient_id, ps_idnat=holder).first()
    if line and line.state == Authorisation.BLOCKED:
        raise AccessRefused(Decision(False, (Reason.BLOCKED,)))
    if line and (line.until is None or line.until >= until):
        return _("L’autorisation est déjà présente : rien n’a changé.")
    _keep(found.patient_id, holder, Authorisation.VALID, now, until)
    _write(actor, found.patient_id, holder, Authorisation.VALID, now=now, correlation=correlation)
    return _("L’autorisation est ajoutée, jusqu’au %(day)s.") % {"day": f"{until:%d/%m/%Y}"}


def _remove(actor: Professional, found: Context, now: datetime, correlation: str) -> str:
    holder = _holder(actor)
    gone, _kinds = Line.objects.filter(
        patient_id=found.patient_id, ps_idnat=holder, state=Authorisation.VALID
    ).delete()
    if not gone:
        return _("Il n’y a pas d’autorisation à supprimer : rien n’a changé.")
    _write(actor, found.patient_id, holder, Authorisation.NONE, now=now, correlation=correlation)
    return _("L’autorisation est supprimée.")


def _declare(actor: Professional, found: Context, now: datetime, correlation: str) -> str:
    said = _add(actor, found, now, correlation)
    if found.facts.is_medecin_traitant:
        return said
    Record.objects.filter(patient_id=found.patient_id).update(medecin_traitant=actor.ps_idnat)
    _write(
        actor,
        found.patient_id,
        actor.ps_idnat,
        Role.MEDECIN_TRAITANT,
        now=now,
        correlation=correlation,
    )
    accounts.notify(
        actor,
        found.patient_id,
        "medecin_traitant",
        at=now,
        params={"actor": actor.label},
        correlation=correlation,
    )
    return _("Vous êtes le médecin traitant de ce dossier.")


def _leave(actor: Professional, found: Context, now: datetime, correlation: str) -> str:
    Record.objects.filter(patient_id=found.patient_id, medecin_traitant=actor.ps_idnat).update(
        medecin_traitant=""
    )
    _write(actor, found.patient_id, actor.ps_idnat, "", now=now, correlation=correlation)
    return _("Vous n’êtes plus le médecin traitant de ce dossier.")


_Deed = Callable[[Professional, Context, datetime, str], str]
#: What is asked: the right it needs, and what it does.
_DEEDS: Final[Mapping[tuple[AuthorizationAction, Role | None], tuple[Act, _Deed]]] = (
    MappingProxyType(
        {
            (AuthorizationAction.AJOUT, None): (Act.AUTHORISE, _add),
            (AuthorizationAction.SUPPRESSION, None): (Act.UNAUTHORISE, _remove),
            (AuthorizationAction.AJOUT, Role.MEDECIN_TRAITANT): (
                Act.DECLARE_MEDECIN_TRAITANT,
                _declare,
            ),
            (AuthorizationAction.SUPPRESSION, Role.MEDECIN_TRAITANT): (
                Act.LEAVE_MEDECIN_TRAITANT,
                _leave,
            ),
        }
    )
)


def _holder(actor: Professional) -> str:
    """Who gets the authorisation: a professional of health, or a secretary's structure (note 1)."""
    return actor.ps_idnat if actor.profession.scheme in HEALTH_PROFESSIONS else actor.structure


def _is_blocked(patient_id: UUID, ps_idnat: str) -> bool:
    return Line.objects.filter(
        patient_id=patient_id, ps_idnat=ps_idnat, state=Authorisation.BLOCKED
    ).exists()


def _keep(
    patient_id: UUID, ps_idnat: str, state: Authorisation, now: datetime, until: datetime | None
) -> None:
    Line.objects.update_or_create(
        patient_id=patient_id,
        ps_idnat=ps_idnat,
        defaults={"state": state, "since": now, "until": until},
    )


def _write(
    actor: Actor,
    patient_id: UUID,
    ps_idnat: str,
    state: str,
    *,
    now: datetime,
    correlation: str = "",
) -> None:
    journal.record(
        actor,
        _ACTION,
        at=now,
        patient_id=patient_id,
        outcome="allowed",
        object_type="professional",
        object_id=ps_idnat,
        details={"state": state, "title": name_of(ps_idnat) if ps_idnat else ""},
        correlation=correlation,
    )
