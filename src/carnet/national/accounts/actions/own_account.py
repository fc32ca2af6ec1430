"""What a person changes in their own account, and how they find it again."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from carnet.national.accounts import attempts, cards, codes, mails, passwords
from carnet.national.accounts.actions.sessions import end_all
from carnet.national.accounts.actions.signing_in import check_own_password
from carnet.national.accounts.attempts import Counted
from carnet.national.accounts.codes import CodeRefused, Purpose
from carnet.national.accounts.models import Account, Mandate, Passkey
from carnet.national.accounts.sealing import digest
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen

#: Length of a UUID as text: what is not an account's id stands for nobody.
_AN_ID: Final = 36


def change_password(
    actor: Citizen,
    current: str,
    new: str,
    *,
    session_id: UUID,
    now: datetime,
    source: str = "",
) -> Account:
    """Change the password; every other session ends, no browser is trusted, the owner is told.

    Raises `SignInRefused` when `current` is wrong, `passwords.PasswordTooWeak`,
    `TooManyAttempts`.
    """
    account = check_own_password(actor, current, now=now, source=source)
    passwords.check(new, login=account.login, email=account.email, name=actor.name)
    with transaction.atomic():
        end_all(account.id, now=now, keep=session_id)
        account.password = make_password(new)
        account.save(update_fields=["password"])
        _tell(account, "password.changed", now, address=account.email)
        _write(actor, "account.password_changed", now)
    return account


def ask_email_change(actor: Citizen, email: str, *, now: datetime) -> None:
    """Send a code to the new address. Raises `ValueError` for a bad one, `TooManyAttempts`."""
    try:
        validate_email(email)
    except ValidationError:
        raise ValueError("this is not an e-mail address") from None
    attempts.take(Counted(attempts.SENDING, str(actor.account_id)), now=now)
    with transaction.atomic():
        code = codes.make(Purpose.NEW_EMAIL, _subject(actor, email), now=now)
        mails.queue("code.new-email", actor.patient_id, address=email, code=code, now=now)


def change_email(actor: Citizen, email: str, typed: str, *, now: datetime) -> None:
    """Write to this address from now on; the old one is told. Raises `CodeRefused`."""
    codes.use(Purpose.NEW_EMAIL, _subject(actor, email), typed, now=now)
    with transaction.atomic():
        account = Account.objects.select_for_update().get(id=actor.account_id)
        _tell(account, "email.changed", now, address=account.email)
        account.email = email
        account.save(update_fields=["email"])
        _write(actor, "account.email_changed", now)


def ask_recovery(login: str, number: str, serial: str, *, now: datetime, source: str = "") -> str:
    """Send a code to the address of this account, if the card is its holder's.

    Gives what `recover` wants, whether there is such an account or not, and says nothing of it.
    Raises `TooManyAttempts`.
    """
    login = login.strip()[:150]
    # With the card: whoever knows the login alone shuts nobody out.
    asked = f"recovery {login} {cards.plain(number)[:13]} {cards.plain(serial)}"
    attempts.take(Counted(attempts.SENDING, asked), Counted(attempts.SOURCE, source), now=now)
    account = _holder(login, number, serial)
    subject = str(account.id) if account else digest("nobody", login)
    with transaction.atomic():
        # made for nobody too: the same work is done whether there is an account or not
        code = codes.make(Purpose.RECOVERY, subject, now=now)
        if account and account.email:
            mails.queue(
                "code.recovery", account.patient_id, account_id=account.id, code=code, now=now
            )
    return subject


def recover(subject: str, typed: str, new: str, *, now: datetime, source: str = "") -> None:
    """Choose a new password. Sessions end, trusted browsers, passkeys and application are removed.

    Whoever had taken the account does not come back by it: carers who wait to accept are invited
    no more, the holder is told to look at the others. Raises `CodeRefused`, `TooManyAttempts`,
    `passwords.PasswordTooWeak` (the code is then still good).
    """
    account = Account.objects.filter(id=subject).first() if len(subject) == _AN_ID else None
    login = account.login if account else ""
    passwords.check(new, login=login)
    counted = (Counted(attempts.CARD, f"recovery {subject}"), Counted(attempts.SOURCE, source))
    attempts.take(*counted, now=now)
    password_hash = make_password(new)
    codes.use(Purpose.RECOVERY, subject, typed, now=now)
    if account is None:
        raise CodeRefused
    actor = Citizen(account.id, account.patient_id, account.login)
    with transaction.atomic():
        end_all(account.id, now=now)
        Passkey.objects.filter(account_id=account.id).delete()
        Mandate.objects.filter(
            patient_id=account.patient_id, accepted_at__isnull=True, ended_at__isnull=True
        ).update(ended_at=now)
        Account.objects.filter(id=account.id).update(
            password=password_hash, totp_secret=None, totp_step=0
        )
        _tell(account, "recovered", now, address=account.email)
        _write(actor, "account.recovered", now)
    attempts.forget(counted[0], Counted(attempts.LOGIN, login))
    attempts.give_back(counted[1])


def _holder(login: str, number: str, serial: str) -> Account | None:
    account = Account.objects.filter(login=login).first()
    if account is None or not (account.is_active or account.closed_at):
        return None
    return account if cards.is_of(account.patient_id, number, serial) else None


def _subject(actor: Citizen, email: str) -> str:
    return digest("new-email", str(actor.account_id), email.lower())


def _tell(account: Account, what: str, now: datetime, *, address: str) -> None:
    if address:
        mails.queue(what, account.patient_id, account_id=account.id, address=address, now=now)


def _write(actor: Citizen, action: str, now: datetime) -> None:
    journal.record(actor, action, at=now, patient_id=actor.patient_id, outcome="allowed")
