from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy

import pytest

from carnet.standards.mss import xdm
from carnet.standards.mss.message import (
    Attachment,
    MessageError,
    Party,
    Subject,
    build,
    pdf_name,
    read,
)
from tests.standards.mss.message.conftest import CITIZEN, PDF


def test_what_is_built_is_read(outgoing, raw, package):
    message = read(raw)

    assert message.message_id == outgoing.message_id
    assert message.date == outgoing.date
    assert message.sender == outgoing.sender
    assert message.recipients == (Party(CITIZEN),)
    assert message.subject == outgoing.subject.text
    assert message.body_text == outgoing.body_text
    assert message.xdm == package
    assert message.attachments == (PDF,)
    assert message.reply_to == outgoing.reply_to
    assert message.cda_codes == ("11488-4", "PRESC-BIO")
    assert message.ins_complete is True
    assert message.product == "CARNET-0001"
    assert (message.final, message.fin_all, message.is_report) == (False, False, False)
    assert len(xdm.read(message.xdm).documents) == 2


def test_the_lines_end_with_crlf_and_are_short_and_ascii(raw):
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


def test_the_layout_is_the_one_of_the_specification(raw):
    parts = message_from_bytes(raw, policy=policy.default)

    assert [p.get_content_type() for p in parts.walk()] == [
        "multipart/mixed",
        "text/plain",
        "application/zip",
        "application/pdf",
    ]
    zipped = next(iter(parts.iter_attachments()))
    assert zipped.get_filename() == "IHE_XDM.zip"
    assert zipped.get_param("name") == "IHE_XDM.zip"
    assert zipped["Content-Transfer-Encoding"] == "base64"
    assert parts["MIME-Version"] == "1.0"


def test_the_headers_are_the_exact_ones(raw):
    head = raw.split(b"\r\n\r\n")[0].decode()
    for line in (
        "Subject: XDM/1.0/DDM+Compte rendu de consultation D'ARTAGNAN Zoe 07/05/1985",
        f"To: <{CITIZEN}>",
        "Reply-To: <cardiologie@hopital.mssante.fr>",
        "Message-ID: <7d3e@hopital.mssante.fr>",
        "Date: Mon, 02 Mar 2026 09:00:00 +0000",
        "X-MSS-NIL: CARNET-0001",
        "X-MSS-CODECDA: 11488-4,PRESC-BIO",
        "X-MSS-INS: O",
    ):
        assert line in head.replace("\r\n ", " ")
    for absent in ("X-MSS-MES", "Disposition-Notification-To", "In-Reply-To"):
        assert absent not in head


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (
            Subject("ECHOGRAPHIE ABDOMINOPELVIENNE", "Corse", "Figatellix", date(1988, 10, 12)),
            "XDM/1.0/DDM+ECHOGRAPHIE ABDOMINOPELVIENNE CORSE Figatellix 12/10/1988",
        ),
        (Subject("Lettre", "Éluard", "Noël"), "XDM/1.0/DDM+Lettre ELUARD Noel"),
        (
            Subject("Lettre", "B", "A", documents=3),
            "XDM/1.0/DDM+3 documents B A",
        ),
        (Subject("é" * 60, "B", "A"), "XDM/1.0/DDM+" + "é" * 40 + " B A"),
        (
            Subject("Lettre", "B", "A", note="[Annule et remplace]"),
            "XDM/1.0/DDM+[Annule et remplace] Lettre B A",
        ),
    ],
)
def test_the_subject_follows_its_grammar(subject, text, outgoing):
    assert subject.text == text
    assert read(build(replace(outgoing, subject=subject))).subject == text


def test_the_name_of_the_pdf_follows_its_grammar():
    assert PDF.filename == "20260301_Compte rendu de consultation_D'ARTAGNAN_Zoe.pdf"
    assert pdf_name(date(2026, 3, 1), "a/b:" + "c" * 60, "É", "z", record_number="12/3") == (
        "20260301_a-b-" + "c" * 36 + "_E_z_12-3.pdf"
    )


def test_a_message_that_closes_the_exchange_says_so(outgoing):
    message = read(build(replace(outgoing, final=True)))
    assert message.final
    assert not message.fin_all


def test_a_receipt_is_asked_to_an_address(outgoing):
    asked = replace(outgoing, read_receipt_to="cardiologie@hopital.mssante.fr")
    assert read(build(asked)).wants_read_receipt == "cardiologie@hopital.mssante.fr"


def test_an_answer_names_what_it_answers(outgoing):
    answer = replace(outgoing, in_reply_to="<a@b>", references=("<1@b>", "<a@b>"))
    message = read(build(answer))
    assert message.in_reply_to == "<a@b>"
    assert message.references == ("<1@b>", "<a@b>")
    alone = read(build(replace(outgoing, in_reply_to="<a@b>")))
    assert alone.references == ("<a@b>",)


def test_many_references_are_folded(outgoing):
    ids = tuple(f"<{n}.{'x' * 40}@hopital.mssante.fr>" for n in range(30))
    message = read(build(replace(outgoing, in_reply_to=ids[-1], references=ids)))
    assert message.references == ids


def test_a_letter_without_package_says_nothing_of_cda(outgoing):
    plain = replace(outgoing, xdm=None, pdfs=(), subject="Question")
    head = build(plain).split(b"\r\n\r\n")[0]
    assert b"X-MSS-CODECDA" not in head
    assert b"X-MSS-NIL" in head


def test_a_body_in_html_goes_with_its_text(outgoing):
    message = read(build(replace(outgoing, body_html="<p>Été</p>")))
    assert message.body_text == outgoing.body_text
    assert message.body_html.strip() == "<p>Été</p>"


def test_the_same_message_has_the_same_bytes(outgoing, raw):
    assert build(outgoing) == raw


def test_a_file_name_with_accents_survives(outgoing):
    pdf = Attachment("Été œuvré " + "é" * 90 + ".pdf", "application/pdf", b"x")
    assert read(build(replace(outgoing, pdfs=(pdf,)))).attachments == (pdf,)


@pytest.mark.parametrize(
    "name",
    ["Été.pdf", "é" * 90 + ".pdf", "a" * 90 + ".pdf", 'a "b" \\ c;d%20\'e.pdf', "lettre 日本.pdf"],
)
def test_any_reader_finds_the_name_of_a_file(outgoing, name):
    raw = build(replace(outgoing, pdfs=(Attachment(name, "application/pdf", b"x" * 200),)))
    *_, part = message_from_bytes(raw, policy=policy.default).iter_attachments()
    assert part.get_filename() == part.get_param("name") == name
    assert part.get_content() == b"x" * 200
    assert not part.defects
    assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "text",
    ["Été\n.\n..\nFrom moi  \n\n", "a" * 300, "b = c \n" + "é" * 300, "", "a\rb\r\nc", ".\n--=_\n"],
)
def test_any_reader_finds_the_text_as_it_was_written(outgoing, text):
    for message in (outgoing, replace(outgoing, xdm=None, pdfs=())):
        raw = build(replace(message, body_text=text))
        body = message_from_bytes(raw, policy=policy.default).get_body()
        assert body.get_content().splitlines() == text.splitlines()
        assert raw.isascii()
        assert all(len(line) <= 78 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\r\nBcc: x@y.fr"},
        {"subject": "a\nb"},
        {"product": "x\r\nX: y"},
        {"sender": Party("a@b.fr", "x\r\ny")},
        {"message_id": "<a b@c>"},
        {"message_id": "a@c"},
        {"message_id": "<a@c>\r\nX: y"},
        {"sender": Party("a b@c.fr")},
        {"sender": Party("a@c.fr>, <d@e.fr")},
        {"recipients": ()},
        {"recipients": (Party("x\r\n@c.fr"),)},
        {"read_receipt_to": "nobody"},
        {"body_text": "a\0b"},
        {"pdfs": (Attachment("a\r\nX: y.pdf", "application/pdf", b""),)},
    ],
)
def test_what_cannot_be_in_a_message_is_refused(outgoing, changes):
    with pytest.raises(MessageError) as caught:
        build(replace(outgoing, **changes))
    assert caught.value.reply.isascii()
