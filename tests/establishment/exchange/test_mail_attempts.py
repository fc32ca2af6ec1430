"""Deliveries to the mailboxes of patients and professionals."""

import pytest

from carnet.establishment.exchange import schedule
from carnet.establishment.exchange.models import Delivery
from carnet.standards.hl7v2.messages import Flags
from carnet.standards.mss import message, xdm
from tests.establishment.attempting import (
    FIRST,
    KNOWN,
    TO_PATIENT,
    Clock,
    deletion,
    only,
    replacement,
    send,
    work,
)
from tests.establishment.country import Mail
from tests.establishment.messages import DOCTOR, PDF, document
from tests.establishment.people import INS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_patient_gets_the_package_and_the_pdf(mail: Mail, clock: Clock) -> None:
    send(KNOWN, document(flags=TO_PATIENT))
    assert work("patient", clock) == 1
    assert only().state == "delivered", only().detail
    [(sender, recipient, raw)] = mail.taken
    assert sender == "cardiologie_auto@valdaubre.mssante.fr"
    assert recipient == f"{INS.matricule}@patient.mssante.fr"
    read = message.read(raw)
    assert read.xdm is not None
    package = xdm.read(read.xdm)
    assert [e.unique_id for e in package.submission.documents] == [FIRST]
    assert [a.data for a in read.attachments if a.media_type == "application/pdf"] == [PDF]
    assert read.cda_codes == ("11490-0",)


def test_the_doctor_gets_it_too(mail: Mail, clock: Clock) -> None:
    send(KNOWN, document(flags=Flags(to_professionals=True)))
    work("professional", clock)
    assert [to for _, to, _ in mail.taken] == [DOCTOR]


def test_the_same_attempt_made_again_is_the_same_message(mail: Mail, clock: Clock) -> None:
    """R-078."""
    send(KNOWN, document(flags=TO_PATIENT))
    work("patient", clock)
    Delivery.objects.update(state="ready")
    clock.pass_(days=1)
    work("patient", clock)
    assert mail.taken[0] == mail.taken[1]


def test_a_mailbox_that_does_not_exist_is_for_a_human(mail: Mail, clock: Clock) -> None:
    mail.refuse = "550 5.1.1 no such mailbox"
    send(KNOWN, document(flags=TO_PATIENT))
    work("patient", clock)
    row = only()
    assert (row.state, row.reason) == ("stuck", "smtp")
    assert "550" in row.detail


def test_a_mailbox_that_is_busy_is_tried_later(mail: Mail, clock: Clock) -> None:
    mail.refuse = "451 4.3.0 later"
    send(KNOWN, document(flags=TO_PATIENT))
    work("patient", clock)
    row = only()
    assert (row.state, row.reason) == ("ready", "unavailable")
    assert row.next_attempt_at == clock.now + schedule.delay(1, 1.0)


def test_a_replacement_says_so(mail: Mail, clock: Clock) -> None:
    send(KNOWN, document(flags=TO_PATIENT), replacement(flags=TO_PATIENT))
    assert work("patient", clock) == 2
    first, second = (message.read(raw) for *_, raw in mail.taken)
    assert second.in_reply_to == first.message_id
    assert "[Annule et remplace]" in second.subject
    assert second.xdm is not None
    package = xdm.read(second.xdm)
    assert package.action(package.submission.documents[0]) == "C"


def test_a_deletion_is_told_to_who_received_the_letter(mail: Mail, clock: Clock) -> None:
    send(KNOWN, document(flags=TO_PATIENT))
    work("patient", clock)
    send(deletion(flags=TO_PATIENT))
    work("patient", clock)
    assert "supprimé" in message.read(mail.taken[1][2]).body_text


def test_a_deletion_says_nothing_to_who_received_nothing(mail: Mail, clock: Clock) -> None:
    send(KNOWN, document(flags=TO_PATIENT), deletion(flags=TO_PATIENT))
    work("patient", clock)
    assert mail.taken == []
