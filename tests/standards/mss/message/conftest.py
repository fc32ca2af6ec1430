"""One perfect message that each test breaks in one way."""

from datetime import UTC, date, datetime

import pytest

from carnet.standards.mss.message import (
    Attachment,
    OutgoingMessage,
    Party,
    Subject,
    build,
    pdf_name,
)

CITIZEN = "207058575627097@patient.mssante.fr"
PDF = Attachment(
    pdf_name(date(2026, 3, 1), "Compte rendu de consultation", "D'Artagnan", "Zoé"),
    "application/pdf",
    b"%PDF-1.4 " + bytes(range(256)),
)


def perfect(package: bytes) -> OutgoingMessage:
    return OutgoingMessage(
        message_id="<7d3e@hopital.mssante.fr>",
        date=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        sender=Party("cardiologie_auto@hopital.mssante.fr", "Hôpital A – Service Cardiologie"),
        recipients=(Party(CITIZEN),),
        subject=Subject("Compte rendu de consultation", "D'Artagnan", "Zoé", date(1985, 5, 7)),
        body_text="Bonjour,\n\nVoici votre compte rendu.\n",
        product="CARNET-0001",
        xdm=package,
        pdfs=(PDF,),
        reply_to=Party("cardiologie@hopital.mssante.fr"),
        cda_codes=("11488-4", "PRESC-BIO"),
        ins_complete=True,
    )


@pytest.fixture
def outgoing(package: bytes) -> OutgoingMessage:
    return perfect(package)


@pytest.fixture
def raw(outgoing: OutgoingMessage) -> bytes:
    return build(outgoing)


@pytest.fixture(scope="session")
def session_raw(session_package: bytes) -> bytes:
    """The same, for property tests."""
    return build(perfect(session_package))
