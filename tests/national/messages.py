"""Perfect MSSanté messages that each test breaks in one way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from carnet.standards.ids import Ins
from carnet.standards.mss import xdm
from carnet.standards.mss.message import Attachment, OutgoingMessage, Party, Subject, build
from carnet.standards.xds.iti41 import ProvideRequest
from tests.national import world
from tests.standards.cda.letters import PDF

DOMAIN = "ch-exemple.mssante.fr"
WARD = Party(f"cardiologie@{DOMAIN}", "CH de l'Exemple - Cardiologie")


def address(ins: Ins) -> str:
    """The mailbox of a citizen."""
    return f"{ins.matricule}@patient.mssante.fr"


def package(request: ProvideRequest) -> bytes:
    """The XDM package of a lot."""
    return xdm.build(
        request.submission,
        request.documents,
        sender=xdm.Sender(name="CH de l'Exemple"),
        application=xdm.Application(name="Carnet", version="0.1", vendor="Carnet"),
    )


def message(ins: Ins, **changes: Any) -> bytes:
    """A message from the ward to a citizen, with a letter."""
    perfect = OutgoingMessage(
        message_id=f"<{uuid4()}@{DOMAIN}>",
        date=datetime(2026, 3, 2, 8, 59, tzinfo=UTC),
        sender=WARD,
        recipients=(Party(address(ins)),),
        subject=Subject("Lettre de liaison", "PAT-TROIS", "DOMINIQUE"),
        body_text="Bonjour, voici votre lettre de sortie.",
        product="CARNET-TEST",
        xdm=package(world.request(ins)),
        pdfs=(Attachment("lettre.pdf", "application/pdf", PDF),),
    )
    return build(replace(perfect, **changes))
