"""Carers: invited by the person they help, bound by a scope and a date, ended by either side.

Requirements: R-023.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet
from uuid_utils.compat import uuid7

from carnet.national.accounts import attempts, codes, mails
from carnet.national.accounts.actions.accounts import represent
from carnet.national.accounts.actions.notices import notify
from carnet.national.accounts.attempts import Counted
from carnet.national.accounts.cards import Card, on_same_card
from carnet.national.accounts.models import Account, Mandate, Representation
from carnet.national.accounts.rules import (
    INVITATION_ANSWERED_WITHIN,
    LONGEST_MANDATE,
    MAJORITY,
    MOST_CARERS,
    MOST_HELPED,
    Scope,
    reached,
)
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen
from carnet.standards.ins.lexical import Trait, TraitError, normalise, same_name

_USE = "mandate"


class MandateProblem(StrEnum):
    """Why somebody cannot become a carer."""

    NAME = "name"  #: not a name
    EMAIL = "email"
    UNTIL = "until"  #: in the past, or too far
    TOO_MANY = "too-many"
    NO_MATCH = "no-match"  #: the code is wrong, used, too old, or for somebody else


class MandateRefused(Exception):  # noqa: N818 - says what happened
    """The invitation or its answer is refused; `problem` says why."""

    def __init__(self, problem: MandateProblem) -> None:
        super().__init__(problem)
        self.problem = problem


def invite_carer(
    actor: Citizen,
    *,
    birth_name: str,
    email: str,
    scopes: Iterable[Scope],
    until: datetime,
    now: datetime,
) -> UUID:
    """Ask somebody to help in the actor's own space; the id of the mandate, not yet in force.

    The code goes to `email`; whoever answers must have this birth name. Raises `MandateRefused`,
    or `TooManyAttempts` when many were sent in a row.
    A carer cannot appoint another: the space is always the actor's own.
    """
    try:
        name = normalise(birth_name, Trait.BIRTH_NAME)
    except TraitError:
        raise MandateRefused(MandateProblem.NAME) from None
    try:
        validate_email(email)
    except ValidationError:
        raise MandateRefused(MandateProblem.EMAIL) from None
    if not name:
        raise MandateRefused(MandateProblem.NAME)
    if not now < until <= now + LONGEST_MANDATE:
        raise MandateRefused(MandateProblem.UNTIL)
    code = codes.provisional()
    with transaction.atomic():
        Account.objects.select_for_update().get(id=actor.account_id)
        if _live(now).filter(patient_id=actor.patient_id).count() >= MOST_CARERS:
            raise MandateRefused(MandateProblem.TOO_MANY)
        attempts.take(Counted(attempts.SENDING, f"mandate {actor.account_id}"), now=now)
        mandate = Mandate.objects.create(
            patient_id=actor.patient_id,
            id=uuid7(),
            carer_birth_name=name,
            carer_email=email,
            scopes=sorted({Scope.READ, *scopes} - {Scope.HOLDER}),
            code_hash=codes.provisional_hash(_USE, code),
            invited_at=now,
            answer_before=now + INVITATION_ANSWERED_WITHIN,
            until=until,
        )
        mails.queue(
            "mandate.invitation",
            actor.patient_id,
            address=email,
            name=actor.name,
            code=code,
            now=now,
        )
        _write(actor, "mandate.invited", mandate, now)
    return mandate.id


def accept_mandate(actor: Citizen, typed: str, *, now: datetime, source: str = "") -> UUID:
    """Become the carer of whoever sent this code; the patient whose space opens.

    Raises `MandateRefused` or `TooManyAttempts`.
    """
    counted = (
        Counted(attempts.CARD, f"mandate {actor.account_id}"),
        Counted(attempts.SOURCE, source),
    )
    attempts.take(*counted, now=now)
    person = identity.person(actor.patient_id)
    with transaction.atomic():
        Account.objects.select_for_update().get(id=actor.account_id)
        mandate = (
            Mandate.objects.select_for_update()
            .filter(
                code_hash__in=codes.provisional_hashes(_USE, typed),
                accepted_at__isnull=True,
                ended_at__isnull=True,
                answer_before__gt=now,
                until__gt=now,
            )
            .first()
        )
        if (
            mandate is None
            or person is None
            or mandate.patient_id == actor.patient_id
            or not same_name(person.birth_name, mandate.carer_birth_name)
        ):
            raise MandateRefused(MandateProblem.NO_MATCH)
        helped = _in_force(now).filter(carer_patient_id=actor.patient_id)
        if helped.count() >= MOST_HELPED:
            raise MandateRefused(MandateProblem.TOO_MANY)
        helped.filter(patient_id=mandate.patient_id).update(ended_at=now)  # replaced by this one
        Mandate.objects.filter(patient_id=mandate.patient_id, id=mandate.id).update(
            carer_patient_id=actor.patient_id, accepted_at=now
        )
        _tell(mandate.patient_id, "mandate.accepted", actor.name, now)
        _write(actor, "mandate.accepted", mandate, now)
    attempts.forget(counted[0])
    attempts.give_back(counted[1])
    return mandate.patient_id


def end_mandate(actor: Citizen, mandate_id: UUID, *, now: datetime) -> None:
    """End a mandate at once, or its invitation, from either side. Raises `LookupError`."""
    mine = Q(patient_id=actor.patient_id) | Q(carer_patient_id=actor.patient_id)
    with transaction.atomic():
        mandate = (
            Mandate.objects.select_for_update()
            .filter(mine, id=mandate_id, ended_at__isnull=True)
            .first()
        )
        if mandate is None:
            raise LookupError("no such mandate")
        Mandate.objects.filter(patient_id=mandate.patient_id, id=mandate.id).update(ended_at=now)
        if actor.patient_id == mandate.patient_id:
            if mandate.carer_patient_id:
                _tell(mandate.carer_patient_id, "mandate.ended", actor.name, now)
        else:
            _tell(mandate.patient_id, "mandate.ended", actor.name, now)
        _write(actor, "mandate.ended", mandate, now)


def add_child(actor: Citizen, card: Card, *, now: datetime, source: str = "") -> UUID:
    """Represent a minor who is on the same carte Vitale as the actor; the child's patient id.

    The child, who may have an account, and whoever represents them already are told. What was said
    of them before stays: a representation that a judgment ended, or will end, is not taken up
    again. Raises `LookupError` (no such minor on the actor's card) or `TooManyAttempts`.
    """
    counted = (Counted(attempts.CARD, card.number), Counted(attempts.SOURCE, source))
    attempts.take(*counted, now=now)
    child_id = card.holder()
    child = identity.person(child_id) if child_id else None
    parent = identity.person(actor.patient_id)
    represented = Representation.objects.filter(parent_patient_id=actor.patient_id)
    known = represented.filter(child_patient_id=child_id).first() if child_id else None
    if (
        child is None
        or parent is None
        or child.birth_date is None
        or reached(child.birth_date, MAJORITY, now)
        or parent.birth_date is None
        or not reached(parent.birth_date, MAJORITY, now)
        or not on_same_card(actor.patient_id, child.patient_id)
        or (known and known.until and known.until <= now)
    ):
        raise LookupError("no such minor on this card")
    attempts.forget(counted[0])
    attempts.give_back(counted[1])
    if known is None:
        with transaction.atomic():
            # Before the actor is one of them: the mail is for those who already are.
            notify(actor, child.patient_id, "representative.new", at=now, params={})
            represent(actor, actor.patient_id, child.patient_id, since=now)
    return child.patient_id


def _in_force(now: datetime) -> QuerySet[Mandate]:
    return Mandate.objects.filter(accepted_at__isnull=False, ended_at__isnull=True, until__gt=now)


def _live(now: datetime) -> QuerySet[Mandate]:
    """In force, or waiting for an answer."""
    return Mandate.objects.filter(ended_at__isnull=True, until__gt=now).filter(
        Q(accepted_at__isnull=False) | Q(answer_before__gt=now)
    )


def _tell(patient_id: UUID, kind: str, name: str, now: datetime) -> None:
    account = Account.objects.filter(patient_id=patient_id).exclude(email="").first()
    if account:
        mails.queue(kind, patient_id, account_id=account.id, name=name, now=now)


def _write(actor: Citizen, action: str, mandate: Mandate, now: datetime) -> None:
    journal.record(
        actor,
        action,
        at=now,
        patient_id=mandate.patient_id,
        outcome="allowed",
        object_type="mandate",
        object_id=str(mandate.id),
        details={"scopes": mandate.scopes, "until": mandate.until.isoformat()},
    )
