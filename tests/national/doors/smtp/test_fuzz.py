"""Whatever is said to the mail server: a reply of SMTP, nothing half kept, the next one served."""

from __future__ import annotations

import base64
import random
import smtplib

import pytest
from django.db import connection

from carnet.standards.ids import Ins
from tests.fuzz.driving import spoilt
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_zip
from tests.national import messages, world
from tests.national.certificates import Papers
from tests.national.doors.smtp.conftest import connect
from tests.national.messages import DOMAIN, WARD

pytestmark = pytest.mark.django_db(transaction=True)

#: What a server says when it has failed: nobody's message makes it say so.
FAILED = 451
LEFT = (
    *("messaging_message", "messaging_attachment", "messaging_conversation", "record_document"),
    *("record_submissionset", "record_locator", "record_outbox"),
)


def kept() -> dict[str, int]:
    """The rows of everything that a message leaves."""
    with connection.cursor() as cursor:
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in LEFT)  # noqa: S608 - ours
        cursor.execute(f"SELECT {counts}")
        return dict(zip(LEFT, cursor.fetchone(), strict=True))


def alive(client: smtplib.SMTP, port: int, papers: Papers) -> smtplib.SMTP:
    """This connection, if it still serves, or another one."""
    try:
        if client.rset()[0] == 250:
            return client
    except (smtplib.SMTPException, OSError):
        pass
    client.close()
    return connect(port, papers, papers.client)


def served(client: smtplib.SMTP, person: Ins) -> None:
    """A good message is taken: one more is kept."""
    before = world.rows("messaging_message")
    raw = messages.message(person)
    assert client.sendmail(WARD.address, [messages.address(person)], raw) == {}
    assert world.rows("messaging_message") == before + 1


def assert_silent(person: Ins, caplog: pytest.LogCaptureFixture) -> None:
    assert person.matricule not in caplog.text
    assert "PAT-TROIS" not in caplog.text
    assert "smtp_failure" not in caplog.text
    assert "Traceback" not in caplog.text


def test_any_command_is_answered_and_the_next_one_served(
    port: int, papers: Papers, person: Ins, caplog: pytest.LogCaptureFixture
) -> None:
    address = messages.address(person)
    seeds = [
        b"EHLO localhost",
        f"MAIL FROM:<{WARD.address}> SIZE=1000 BODY=8BITMIME".encode(),
        f"RCPT TO:<{address}> NOTIFY=NEVER".encode(),
        b"VRFY postmaster",
        b"RSET",
        b"STARTTLS",
        b"AUTH PLAIN AGEAYg==",
        b"HELP MAIL",
        b"BDAT 10 LAST",
    ]
    client = connect(port, papers, papers.client)
    for data in spoilt("commands", seeds, spoil_bytes):
        line = data.translate(None, b"\r\n")
        client.send(line + b"\r\n")
        try:
            code = client.getreply()[0]
        except smtplib.SMTPServerDisconnected:
            code = 421
        if code == 354:  # it reads a message now
            client.send(b".\r\n")
            code = client.getreply()[0]
        assert 200 <= code < 600, line
        assert code != FAILED, line
        client = alive(client, port, papers)
    served(client, person)
    client.close()
    assert_silent(person, caplog)


@pytest.mark.parametrize("sender", [f"a@{DOMAIN}", "", "\xe9@x", "a" * 400, "<>", "a b", "=?x?="])
def test_any_envelope_is_answered(port: int, papers: Papers, person: Ins, sender: str) -> None:
    client = connect(port, papers, papers.client)
    for recipient in (messages.address(person), "", "x" * 300 + "@y", "\x01", "a@[127.0.0.1]"):
        for verb, who in (("MAIL FROM:", sender), ("RCPT TO:", recipient)):
            client.send(f"{verb}<{who}>\r\n".encode("latin-1"))
            assert client.getreply()[0] != FAILED
        client = alive(client, port, papers)
    served(client, person)
    client.close()


def spoil_lines(data: bytes, chance: random.Random) -> bytes:
    """A line of the head or of the parts is doubled, dropped, folded or made another."""
    lines = data.split(b"\r\n")
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(min(len(lines), 40))
        match chance.randrange(5):
            case 0:
                lines.insert(at, lines[at])
            case 1 if len(lines) > 2:
                del lines[at]
            case 2:
                lines[at] = lines[at].replace(b" ", b"\r\n ")
            case 3:
                lines[at] = spoil_bytes(lines[at], chance)[:900]
            case _:
                lines.insert(at, chance.choice(STRANGE))
    return b"\r\n".join(lines)


STRANGE = (
    b'Content-Type: multipart/mixed; boundary=""',
    b"Content-Type: multipart/mixed; boundary*0=a; boundary*1*=%",
    b"Content-Type: message/rfc822",
    b'Content-Type: text/plain; charset="no-such"',
    b"Content-Transfer-Encoding: base64",
    b"Content-Disposition: attachment; filename*=utf-8''%FF%00x",
    b"From: a@b.mssante.fr, c@d.mssante.fr",
    b"Subject: =?utf-8?b?4pyT?= =?x?q?=?=",
    b"Date: Thu, 99 Foo 99999 99:99:99 +9999",
    b"Message-ID: <>",
    b"References: " + b"<a@b> " * 100,
    b"X-MSS-INS: \x00",
)


def test_any_message_is_kept_whole_or_refused(
    port: int, papers: Papers, person: Ins, caplog: pytest.LogCaptureFixture
) -> None:
    client = connect(port, papers, papers.client)
    for data in spoilt("smtp", [messages.message(person)], any_of(spoil_lines, spoil_bytes)):
        client = sent(client, port, papers, person, data)
    served(client, person)
    client.close()
    assert_silent(person, caplog)


def test_any_package_is_kept_whole_or_refused(
    port: int, papers: Papers, person: Ins, caplog: pytest.LogCaptureFixture
) -> None:
    good = messages.package(world.request(person))
    client = connect(port, papers, papers.client)
    for data in spoilt("smtp-xdm", [good], spoil_zip, least=12):
        raw = messages.message(person, xdm=data)
        client = sent(client, port, papers, person, raw)
    served(client, person)
    client.close()
    assert_silent(person, caplog)


def sent(client: smtplib.SMTP, port: int, papers: Papers, person: Ins, raw: bytes) -> smtplib.SMTP:
    """Send it as it is: the rows of a message, or none."""
    client = alive(client, port, papers)
    before = kept()
    client.mail(WARD.address)
    client.rcpt(messages.address(person))
    client.docmd("DATA")
    client.send(raw.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")
    try:
        code = client.getreply()[0]
    except smtplib.SMTPServerDisconnected:
        code = 421
    assert code != FAILED, base64.b64encode(raw)
    after = kept()
    if code == 250:
        assert after["messaging_message"] - before["messaging_message"] in (0, 1)
    else:
        assert after == before, code
    return client
