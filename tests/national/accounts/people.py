"""People with a carte Vitale, some with an account, for the tests of the accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from uuid import UUID

from django.core import mail

from carnet.national.accounts import actions, tasks
from carnet.national.accounts.actions import Card
from carnet.national.accounts.rules import Method
from carnet.national.identity import actions as identity
from carnet.national.journal.actors import Citizen, System
from carnet.standards.ins import Sex, Traits, synthetic_ins

TESTS = System("tests")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD = "quatre mots sans lien"
_order = count(1)


@dataclass(frozen=True)
class Member:
    """Somebody in the INS base, on a carte Vitale."""

    patient_id: UUID
    card: Card
    login: str = ""
    account_id: UUID | None = None

    @property
    def actor(self) -> Citizen:
        assert self.account_id
        return Citizen(self.account_id, self.patient_id, self.login)


def member(
    given: str = "ODILE",
    family: str = "MARCHAND",
    *,
    born: str = "19700412",
    login: str = "",
    card: Card | None = None,
    email: str = "",
) -> Member:
    """A new person; with an account when a login is given, on another's card when one is."""
    year, month, day = int(born[:4]), int(born[4:6]), int(born[6:])
    ins = synthetic_ins(Sex.FEMININE, year, month, "63113", next(_order) % 999 + 1)
    patient_id = identity.register_person(
        TESTS,
        ins,
        Traits.of(family, given, "F", born, given_names=given, birth_place="63113"),
        now=NOW,
    )
    number, serial = (card.number, card.serial) if card else (ins.matricule, ins.matricule[::-1])
    serial = re.sub(r"\D", "7", serial)
    actions.name_on_card(TESTS, patient_id, number=number, serial=serial, email=email, now=NOW)
    typed = Card.typed(number, serial, given, date(year, month, day))
    if not login:
        return Member(patient_id, typed)
    account_id = actions.create_account(
        TESTS,
        patient_id,
        login=login,
        password=PASSWORD,
        email=f"{login}@courriel.invalid",
        now=NOW,
    )
    return Member(patient_id, typed, login, account_id)


def session_of(one: Member, now: datetime = NOW, method: Method = Method.PASSWORD) -> UUID:
    """A session opened for this person; its id."""
    assert one.account_id
    _account, session_id = actions.open_session(one.account_id, method, name="Firefox", now=now)
    return session_id


def mailed(now: datetime = NOW) -> list[mail.EmailMessage]:
    """The mails sent since the last time."""
    mail.outbox.clear()
    while tasks.send_due(now=now):
        pass
    return list(mail.outbox)


def code_mailed(now: datetime = NOW) -> str:
    """The code in the last mail sent, of six digits or provisional."""
    found = re.findall(r"(?<= : )(?:\d{6}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2})\b", mailed(now)[-1].body)
    return found[-1]
