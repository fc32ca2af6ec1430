"""A citizen's mailbox: what is received, shown, and when an answer is possible."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from carnet.national.accounts import queries as accounts
from carnet.national.messaging import actions, queries, rules
from carnet.national.messaging.models import Contact, Message
from carnet.national.messaging.queries import ConversationView
from carnet.national.record import actions as record
from carnet.national.record.models import Document
from carnet.standards.ids import Ins
from carnet.standards.mss.message import Attachment, MessageError, Party
from tests.national import messages, world
from tests.national.messages import WARD
from tests.national.world import NOW
from tests.standards.cda.letters import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> tuple[UUID, Ins]:
    patient_id, ins = world.make_patient()
    actions.open_citizen_mailbox(world.TESTS, patient_id, now=NOW)
    return patient_id, ins


def receive(ins: Ins, raw: bytes, *, minutes: int = 0) -> None:
    actions.receive(
        raw,
        WARD.address,
        [messages.address(ins)],
        peer="CN=mail",
        now=NOW + timedelta(minutes=minutes),
    )


def conversation(patient_id: UUID) -> ConversationView:
    actor = world.holder(patient_id)
    (line, *_others) = queries.inbox(actor, patient_id).conversations
    return queries.conversation(actor, patient_id, line.id)


def states(patient_id: UUID) -> list[str]:
    actor = world.holder(patient_id)
    return [
        message.reply_state
        for line in queries.inbox(actor, patient_id).conversations
        for message in queries.conversation(actor, patient_id, line.id).messages
    ]


def test_a_message_is_in_the_inbox_under_the_title_of_its_document(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins))
    inbox = queries.inbox(world.holder(patient_id), patient_id)
    (line,) = inbox.conversations
    assert line.subject == "Lettre de liaison à la sortie"
    assert line.correspondent == "CH de l'Exemple - Cardiologie"
    assert (line.unread, line.has_attachments, inbox.unread) == (1, True, 1)
    assert (inbox.address, inbox.status) == (messages.address(ins), "open")


def test_its_pdf_and_the_document_of_its_package_are_given_back(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins))
    actor = world.holder(patient_id)
    (message,) = conversation(patient_id).messages
    cda, pdf = message.attachments
    assert (pdf.filename, pdf.is_document, cda.is_document) == ("lettre.pdf", False, True)
    assert queries.attachment(actor, patient_id, message.id, 0).data == PDF
    assert b"ClinicalDocument" in queries.attachment(actor, patient_id, message.id, 1).data
    with pytest.raises(queries.MessageNotFound):
        queries.attachment(actor, patient_id, message.id, 2)


def test_without_a_document_the_subject_is_shown_without_its_marker(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins, xdm=b"PK not a zip"))
    assert conversation(patient_id).subject == "Lettre de liaison PAT-TROIS DOMINIQUE"


def test_the_subject_as_written_is_kept_with_the_message(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins))
    (message,) = conversation(patient_id).messages
    assert message.subject == "Lettre de liaison PAT-TROIS DOMINIQUE"
    assert Message.objects.get(mailbox_id=patient_id).subject.startswith("XDM/1.0/DDM+")


def test_an_answer_does_not_change_what_the_conversation_is_about(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    first = "<1@ch-exemple.mssante.fr>"
    receive(ins, messages.message(ins, message_id=first, subject="Vos questions", xdm=None))
    receive(ins, messages.message(ins, in_reply_to=first), minutes=1)
    assert conversation(patient_id).subject == "Vos questions"


@pytest.mark.parametrize(
    ("titles", "shown"),
    [
        ([], "Objet"),
        ([""], "Objet"),
        (["Lettre"], "Lettre"),
        (["Lettre", "Ordonnance", "Bilan"], "Lettre + 2"),
    ],
)
def test_a_message_is_about_its_first_document_and_so_many_others(
    titles: list[str], shown: str
) -> None:
    assert rules.about("Objet", titles) == shown


def test_the_pdf_of_a_document_has_its_title(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    others = (
        Attachment("consignes.pdf", "application/pdf", PDF + b"\n"),
        Attachment("lettre.pdf", "application/pdf", PDF),
    )
    receive(ins, messages.message(ins, pdfs=others))
    (message,) = conversation(patient_id).messages
    assert [each.title for each in message.attachments] == [
        "Lettre de liaison à la sortie",
        "",
        "Lettre de liaison à la sortie",
    ]


def test_the_only_pdf_beside_the_only_document_is_that_document(
    person: tuple[UUID, Ins],
) -> None:
    patient_id, ins = person
    drawn = Attachment("20260302_Lettre_PAT.pdf", "application/pdf", PDF + b"\n")
    receive(ins, messages.message(ins, pdfs=(drawn,)))
    (message,) = conversation(patient_id).messages
    assert [each.title for each in message.attachments] == ["Lettre de liaison à la sortie"] * 2


def test_a_document_that_is_in_the_record_is_found_there(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    request = world.request(ins)
    receive(ins, messages.message(ins, xdm=messages.package(request)))
    (message,) = conversation(patient_id).messages
    assert [each.in_record for each in message.attachments] == [None, None]
    record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    (document,) = Document.objects.filter(patient_id=patient_id)
    (message,) = conversation(patient_id).messages
    assert [each.in_record for each in message.attachments] == [document.id, document.id]


def test_the_same_message_again_is_one_message(person: tuple[UUID, Ins], documents: Path) -> None:
    patient_id, ins = person
    raw = messages.message(ins)
    receive(ins, raw)
    receive(ins, raw)
    assert len(conversation(patient_id).messages) == 1
    assert accounts.unread_count(world.holder(patient_id), patient_id) == 1
    assert sum(1 for each in documents.rglob("*") if each.is_file()) == 1


def test_an_answer_joins_its_conversation(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    first = "<1@ch-exemple.mssante.fr>"
    receive(ins, messages.message(ins, message_id=first))
    receive(ins, messages.message(ins, in_reply_to=first), minutes=1)
    assert len(conversation(patient_id).messages) == 2


def test_a_new_message_is_told_without_its_content(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins))
    (notification,) = accounts.notifications(world.holder(patient_id), patient_id)
    assert notification.kind == "message.new"
    assert UUID(notification.target_id) == conversation(patient_id).id
    assert "sortie" not in notification.sentence


def test_a_first_message_can_be_answered(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins))
    assert states(patient_id) == ["open"]


def test_fin_as_subject_ends_the_exchange_for_all_messages(person: tuple[UUID, Ins]) -> None:
    """C9."""
    patient_id, ins = person
    receive(ins, messages.message(ins))
    receive(ins, messages.message(ins, subject="[FIN]", xdm=None, pdfs=()), minutes=1)
    assert states(patient_id) == ["ended", "ended"]
    assert conversation(patient_id).ended_by == WARD.label


def test_a_message_after_fin_opens_the_exchange_again(person: tuple[UUID, Ins]) -> None:
    """C17."""
    patient_id, ins = person
    receive(ins, messages.message(ins, subject="[FIN]", xdm=None, pdfs=()))
    receive(ins, messages.message(ins), minutes=1)
    assert states(patient_id) == ["open", "open"]


@pytest.mark.parametrize("subject", ["[fin]", "Re: [FIN]", "FIN", "[FIN] [FIN]"])
def test_only_the_exact_subject_ends_an_exchange(person: tuple[UUID, Ins], subject: str) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins, subject=subject, xdm=None, pdfs=()))
    assert states(patient_id) == ["open"]


def test_the_fin_header_blocks_its_own_message_alone(person: tuple[UUID, Ins]) -> None:
    """C10."""
    patient_id, ins = person
    receive(ins, messages.message(ins))
    receive(ins, messages.message(ins, final=True), minutes=1)
    assert states(patient_id) == ["blocked", "open"]


def test_the_fin_header_on_a_first_message_makes_no_contact(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins, final=True))
    assert states(patient_id) == ["blocked"]


def test_answers_go_to_reply_to_which_becomes_the_contact(person: tuple[UUID, Ins]) -> None:
    """C12."""
    patient_id, ins = person
    desk = Party("secretariat@ch-exemple.mssante.fr", "Secrétariat")
    receive(ins, messages.message(ins, reply_to=desk))
    (contact,) = Contact.objects.filter(mailbox_id=patient_id)
    assert (contact.address, contact.state) == (desk.address, "open")


def test_reading_is_remembered_with_the_receipt_that_was_asked(person: tuple[UUID, Ins]) -> None:
    """C11."""
    patient_id, ins = person
    actor = world.holder(patient_id)
    receive(ins, messages.message(ins, read_receipt_to=WARD.address))
    found = conversation(patient_id)
    actions.mark_read(actor, patient_id, found.id, now=NOW)
    assert queries.unread_count(actor, patient_id) == 0
    assert conversation(patient_id).messages[0].is_read
    assert Message.objects.get(mailbox_id=patient_id).receipt_address == WARD.address


def test_a_closed_mailbox_takes_nothing(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    address = messages.address(ins)
    assert actions.recipient_status(address.upper()) == "accepted"
    actions.close_mailbox(world.TESTS, address, now=NOW)
    assert actions.recipient_status(address) == "closed"
    with pytest.raises(LookupError):
        receive(ins, messages.message(ins))
    assert world.rows("messaging_message") == 0
    assert actions.recipient_status("nobody@patient.mssante.fr") == "unknown"
    assert queries.inbox(world.holder(patient_id), patient_id).status == "closed"


def test_a_message_to_a_known_and_an_unknown_mailbox_is_kept_in_none(
    person: tuple[UUID, Ins],
) -> None:
    _patient_id, ins = person
    with pytest.raises(LookupError):
        actions.receive(
            messages.message(ins),
            WARD.address,
            [messages.address(ins), "nobody@patient.mssante.fr"],
            peer="CN=mail",
            now=NOW,
        )
    assert world.rows("messaging_message") == 0


def test_a_professional_mailbox_keeps_and_tells_nobody() -> None:
    mailbox = actions.open_professional_mailbox(
        world.TESTS, "alix.essai@medecin.mssante.fr", kind="PER", now=NOW, label="Alix Essai"
    )
    _patient_id, ins = world.make_patient()
    raw = messages.message(ins, recipients=(Party("alix.essai@medecin.mssante.fr"),))
    actions.receive(raw, WARD.address, ["alix.essai@medecin.mssante.fr"], peer="CN=mail", now=NOW)
    assert Message.objects.filter(mailbox_id=mailbox).count() == 1
    assert world.rows("messaging_contact") == 0
    assert world.rows("accounts_notification") == 0


def test_a_message_without_author_is_refused(person: tuple[UUID, Ins]) -> None:
    _patient_id, ins = person
    with pytest.raises(MessageError):
        receive(ins, b"Subject: x\r\n\r\nbody\r\n")
    assert world.rows("messaging_message") == 0


def test_a_bad_package_is_shown_as_the_file_it_is(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins, xdm=b"PK not a zip"))
    (message,) = conversation(patient_id).messages
    assert [each.is_document for each in message.attachments] == [False, False]


def test_anothers_mailbox_is_refused(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    receive(ins, messages.message(ins))
    (message,) = conversation(patient_id).messages
    other, _ins = world.make_patient()
    actor = world.holder(other)
    for read in (
        lambda: queries.inbox(actor, patient_id),
        lambda: queries.unread_count(actor, patient_id),
        lambda: queries.conversation(actor, patient_id, message.id),
        lambda: queries.attachment(actor, patient_id, message.id, 0),
        lambda: actions.mark_read(actor, patient_id, message.id, now=NOW),
    ):
        with pytest.raises(PermissionError):
            read()


def test_the_inbox_goes_on_from_where_it_stopped(person: tuple[UUID, Ins]) -> None:
    patient_id, ins = person
    actor = world.holder(patient_id)
    for minute in range(5):
        receive(ins, messages.message(ins), minutes=minute)
    seen: list[Any] = []
    before = ""
    while True:
        page = queries.inbox(actor, patient_id, before=before, limit=2)
        seen += [line.id for line in page.conversations]
        before = page.next_before
        if not before:
            break
    assert len(set(seen)) == len(seen) == 5
