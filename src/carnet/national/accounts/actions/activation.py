"""Activating a space: a provisional code, the carte Vitale, then a login and an address.

Whoever does not hold the code and the card learns nothing; whoever holds both is told what is
wrong with them. Requirements: R-154.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from carnet.national.accounts import attempts, codes, mails, passwords
from carnet.national.accounts.actions.accounts import keep_status
from carnet.national.accounts.attempts import Counted
from carnet.national.accounts.cards import Card, email_of
from carnet.national.accounts.codes import Purpose
from carnet.national.accounts.models import Account, HealthCard, Invitation, SpaceStatus
from carnet.national.accounts.rules import CHANNELS, OWN_ACCOUNT_AGE, USES, Status, reached
from carnet.national.accounts.sealing import SealedByAnotherKey, digest, seal, unseal
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor, Citizen, System

_log = logging.getLogger(__name__)

_USE = "activation"
_MYSELF = System("activation")
#: Letters whose codes are forgotten at once.
_LETTERS = 100


class ActivationProblem(StrEnum):
    """Why a space cannot be activated."""

    NO_MATCH = "no-match"  #: code and card do not go together, whatever is wrong
    EXPIRED = "expired"
    USED = "used"
    MINOR = "minor"


class ActivationRefused(Exception):  # noqa: N818 - says what happened
    """`problem` says more than NO_MATCH only to who holds the code and the card."""

    def __init__(self, problem: ActivationProblem) -> None:
        super().__init__(problem)
        self.problem = problem


class LoginTaken(ValueError):  # noqa: N818 - says what is the case
    """Somebody else has this login."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Who holds a live code and their card; `code_hash` names the invitation."""

    code_hash: str
    patient_id: UUID


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """What the person chose; the password is kept hashed until the address is confirmed."""

    login: str
    password_hash: str
    email: str


def name_on_card(
    actor: Actor, patient_id: UUID, *, number: str, serial: str, email: str = "", now: datetime
) -> None:
    """Make it known that a person is on a carte Vitale, and the address the insurance has."""
    with transaction.atomic():
        HealthCard.objects.update_or_create(
            number=number, serial=serial, patient_id=patient_id, defaults={"email": email}
        )
        journal.record(actor, "card.known", at=now, patient_id=patient_id, outcome="allowed")


def invite(actor: Actor, patient_id: UUID, channel: str, *, now: datetime, code: str = "") -> str:
    """Make a provisional code and send it by `channel` (one of `CHANNELS`); give it too.

    Codes made before are good no more. A letter waits to be written (`write_letters`).
    Raises `KeyError` for an unknown channel, `ValueError` for an e-mail to nobody.
    """
    lasts, code = CHANNELS[channel], code or codes.provisional()
    address = email_of(patient_id) if channel == "email" else ""
    if channel == "email" and not address:
        raise ValueError("no address is known for this person")
    code_hash = codes.provisional_hash(_USE, code)
    with transaction.atomic():
        Invitation.objects.filter(
            patient_id=patient_id, used_at__isnull=True, expires_at__gt=now
        ).update(expires_at=now, sealed_code=None)
        Invitation.objects.create(
            code_hash=code_hash,
            patient_id=patient_id,
            channel=channel,
            sealed_code=seal(code.encode(), code_hash) if channel == "letter" else None,
            made_at=now,
            expires_at=now + lasts,
        )
        if address:
            mails.queue("invitation", patient_id, address=address, code=code, now=now)
        journal.record(
            actor,
            "invitation.made",
            at=now,
            patient_id=patient_id,
            outcome="allowed",
            details={"channel": channel},
        )
    return code


def ask_code(card: Card, *, now: datetime, source: str = "") -> None:
    """Send a code to the person of this card, if there is one who may activate a space.

    Says nothing of it. Raises `TooManyAttempts`.
    """
    attempts.take(Counted(attempts.SENDING, card.number), Counted(attempts.SOURCE, source), now=now)
    patient_id = card.holder()
    if patient_id is None or not _may_activate(patient_id, now):
        return
    invite(_MYSELF, patient_id, "email" if email_of(patient_id) else "letter", now=now)


def check_invitation(typed: str, card: Card, *, now: datetime, source: str = "") -> Invited:
    """Who holds this code and this card. Raises `ActivationRefused` or `TooManyAttempts`."""
    counted = (Counted(attempts.CARD, card.number), Counted(attempts.SOURCE, source))
    attempts.take(*counted, now=now)
    known_by = codes.provisional_hashes(_USE, typed)
    invitation = Invitation.objects.filter(code_hash__in=known_by).first()
    patient_id = card.holder()
    if invitation is None or invitation.patient_id != patient_id:
        journal.record(
            _MYSELF,
            "account.activation",
            at=now,
            patient_id=patient_id,
            outcome="refused",
            reasons=[ActivationProblem.NO_MATCH],
        )
        raise ActivationRefused(ActivationProblem.NO_MATCH)
    attempts.forget(counted[0])
    attempts.give_back(counted[1])
    if problem := _problem(invitation, now):
        journal.record(
            _MYSELF,
            "account.activation",
            at=now,
            patient_id=patient_id,
            outcome="refused",
            reasons=[problem],
        )
        raise ActivationRefused(problem)
    return Invited(invitation.code_hash, invitation.patient_id)


def _problem(invitation: Invitation, now: datetime) -> ActivationProblem | None:
    if Account.objects.filter(patient_id=invitation.patient_id).exists() or invitation.used_at:
        return ActivationProblem.USED
    if invitation.expires_at <= now:
        return ActivationProblem.EXPIRED
    if not _may_activate(invitation.patient_id, now):
        return ActivationProblem.MINOR
    return None


def _may_activate(patient_id: UUID, now: datetime) -> bool:
    if Account.objects.filter(patient_id=patient_id).exists():
        return False
    kept = SpaceStatus.objects.filter(patient_id=patient_id).first()
    person = identity.person(patient_id)
    if person is None or not USES[Status(kept.status) if kept else Status.OPENED].activated:
        return False
    return person.birth_date is None or reached(person.birth_date, OWN_ACCOUNT_AGE, now)


def choose(invited: Invited, *, login: str, password: str, email: str, now: datetime) -> Wish:
    """Check what the person chose and send a code to the address.

    Raises `LoginTaken`, `passwords.PasswordTooWeak`, `ValueError` for a bad address,
    `TooManyAttempts` when too many codes were asked.
    """
    login = login.strip()
    person = identity.person(invited.patient_id)
    passwords.check(password, login=login, email=email, name=person.name if person else "")
    try:
        validate_email(email)
    except ValidationError:
        raise ValueError("this is not an e-mail address") from None
    if Account.objects.filter(login=login).exists():
        raise LoginTaken
    attempts.take(Counted(attempts.SENDING, str(invited.patient_id)), now=now)
    with transaction.atomic():
        code = codes.make(Purpose.ACTIVATION_EMAIL, _subject(invited, email), now=now)
        mails.queue("code.activation-email", invited.patient_id, address=email, code=code, now=now)
    return Wish(login, make_password(password), email)


def activate(invited: Invited, wish: Wish, typed: str, *, now: datetime) -> UUID:
    """Open the account once the address is confirmed; its id.

    Raises `CodeRefused`; `ActivationRefused` when the invitation has been used or has expired
    meanwhile; `LoginTaken` when somebody was quicker. Nothing is changed then.
    """
    codes.use(Purpose.ACTIVATION_EMAIL, _subject(invited, wish.email), typed, now=now)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.select_for_update().get(code_hash=invited.code_hash)
            if problem := _problem(invitation, now):
                raise ActivationRefused(problem)
            account = Account.objects.create(
                login=wish.login,
                password=wish.password_hash,
                patient_id=invited.patient_id,
                email=wish.email,
            )
            Invitation.objects.filter(code_hash=invited.code_hash).update(
                used_at=now, sealed_code=None
            )
            keep_status(invited.patient_id, Status.ACTIVATED, now=now)
            journal.record(
                Citizen(account.id, account.patient_id, account.login),
                "account.created",
                at=now,
                patient_id=account.patient_id,
                outcome="allowed",
            )
    except IntegrityError:
        if Account.objects.filter(login=wish.login).exists():
            raise LoginTaken from None
        raise ActivationRefused(ActivationProblem.USED) from None
    return account.id


def _subject(invited: Invited, email: str) -> str:
    return digest("activation", invited.code_hash, email.lower())


def take_letters(actor: Actor, *, now: datetime) -> Iterator[tuple[UUID, str]]:
    """The persons to write a letter to and their codes, each forgotten once it is written.

    They are forgotten some at a time, when the next is asked for: whoever cannot write one and
    stops there is given the last ones again. A code sealed by a key that was lost is given up.
    """
    while True:
        with transaction.atomic():
            waiting = list(
                Invitation.objects.select_for_update(skip_locked=True).filter(
                    sealed_code__isnull=False, expires_at__gt=now
                )[:_LETTERS]
            )
            if not waiting:
                return
            for invitation in waiting:
                try:
                    code = unseal(bytes(invitation.sealed_code or b""), invitation.code_hash)
                except SealedByAnotherKey:
                    _log.error("letter_given_up", extra={"reason": "sealed by another key"})
                    continue
                yield invitation.patient_id, code.decode()
                journal.record(
                    actor,
                    "invitation.written",
                    at=now,
                    patient_id=invitation.patient_id,
                    outcome="allowed",
                )
            Invitation.objects.filter(code_hash__in=[one.code_hash for one in waiting]).update(
                sealed_code=None
            )
