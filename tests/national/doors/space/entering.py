"""Entering the space as a browser does, for the tests of the ways in."""

from __future__ import annotations

import re
from datetime import timedelta

from django.core import mail
from django.test import Client
from django.utils import timezone

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import tasks
from carnet.national.accounts.models import SpaceSession
from tests.national.doors.space.lives import LOADER, PASSWORD, Life

SERIAL = "8025000017"


def card_of(life: Life, *, email: str = "", holder: Life | None = None) -> dict[str, str]:
    """What a person types of their card (or of the holder's), made known first."""
    number = (holder or life).ins.matricule
    accounts.name_on_card(
        LOADER, life.patient_id, number=number, serial=SERIAL, email=email, now=timezone.now()
    )
    return {"number": number[:13], "serial": SERIAL}


def enter(client: Client, login: str, password: str = PASSWORD, **fields: str):
    """Send the form of « Entrer dans mon espace »."""
    return client.post("/connexion/", {"login": login, "password": password, **fields})


def mailed() -> list[mail.EmailMessage]:
    """The mails sent since the last time."""
    mail.outbox.clear()
    while tasks.send_due(now=timezone.now()):
        pass
    return list(mail.outbox)


def code_mailed() -> str:
    """The code in the last mail sent."""
    found = re.findall(r" : (\d{6}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){2})\b", mailed()[-1].body)
    return found[-1]


def proved_long_ago() -> None:
    """As if everybody had signed in a while ago, and had been busy since."""
    SpaceSession.objects.update(proved_at=timezone.now() - timedelta(minutes=20))


def text(answer) -> str:
    """What a page says, without its spaces that hold words together."""
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")
