"""The mail server on real sockets: mutual TLS, refusals before DATA, 250 only when it is kept."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from carnet.national.clients.documents import DocumentStore
from carnet.national.doors.smtp import server
from carnet.national.messaging import actions as messaging
from carnet.national.messaging.models import Message
from carnet.standards.ids import Ins
from carnet.standards.mss import whitelist
from tests.national import messages, world
from tests.national.certificates import Papers
from tests.national.doors.smtp.conftest import PATIENTS, connect, context, name_of, reply
from tests.national.messages import DOMAIN, WARD
from tests.national.world import NOW
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_message_is_taken_and_kept(hospital: smtplib.SMTP, person: Ins) -> None:
    refused = hospital.sendmail(WARD.address, [messages.address(person)], messages.message(person))
    assert refused == {}
    assert Message.objects.get().sender_address == WARD.address


def test_the_raw_bytes_are_those_that_were_sent(
    hospital: smtplib.SMTP, person: Ins, documents: Path
) -> None:
    raw = messages.message(person, body_text=".\r\n..\r\npoints")
    hospital.sendmail(WARD.address, [messages.address(person)], raw)
    kept = Message.objects.get()
    store = DocumentStore(documents, settings.CARNET_MASTER_KEY)
    assert store.get(kept.mailbox_id, kept.raw_sha256) == raw


def test_the_same_message_sent_again_is_kept_once(hospital: smtplib.SMTP, person: Ins) -> None:
    raw = messages.message(person)
    for _again in range(2):
        hospital.sendmail(WARD.address, [messages.address(person)], raw)
    assert Message.objects.count() == 1


def test_nothing_is_said_before_tls(port: int) -> None:
    with smtplib.SMTP("localhost", port, timeout=LONG) as client:
        client.ehlo("localhost")
        assert client.mail(WARD.address)[0] == 530


def test_a_peer_without_certificate_is_cut_off(port: int, papers: Papers) -> None:
    with pytest.raises((ssl.SSLError, smtplib.SMTPException, OSError)):
        connect(port, papers, None).mail(WARD.address)


def test_a_revoked_certificate_is_refused(port: int, papers: Papers) -> None:
    client = smtplib.SMTP("localhost", port, timeout=LONG)
    client.ehlo("localhost")
    client.starttls(context=context(papers, papers.revoked))
    assert client.ehlo("localhost")[0] == 554
    client.close()


def test_a_signature_certificate_does_not_send(port: int, papers: Papers) -> None:
    client = smtplib.SMTP("localhost", port, timeout=LONG)
    client.ehlo("localhost")
    try:
        client.starttls(context=context(papers, papers.signature))
        code = client.ehlo("localhost")[0]
    except (ssl.SSLError, smtplib.SMTPException, OSError):
        code = 554
    assert code == 554
    client.close()


@pytest.mark.parametrize(
    ("sender", "answer"),
    [
        (WARD.address, "250 2.0.0"),
        (f"anybody@{DOMAIN.upper()}", "250 2.0.0"),
        ("medecin@ailleurs.mssante.fr", "554 5.7.1"),
        ("medecin@nowhere.mssante.fr", "554 5.7.1"),
        (f"medecin@sub.{DOMAIN}", "554 5.7.1"),
        ("", "250 2.0.0"),
        ("not-an-address", "501 5.1.7"),
    ],
)
def test_the_pair_of_domain_and_certificate_decides_of_the_sender(
    hospital: smtplib.SMTP, sender: str, answer: str
) -> None:
    assert reply(hospital.mail(sender)) == answer


def test_recipients_are_refused_before_data(hospital: smtplib.SMTP, person: Ins) -> None:
    closed_id, closed = world.make_patient()
    address = messaging.open_citizen_mailbox(world.TESTS, closed_id, now=NOW)
    messaging.close_mailbox(world.TESTS, address, now=NOW)
    hospital.mail(WARD.address)
    assert reply(hospital.rcpt(messages.address(person))) == "250 2.0.0"
    assert reply(hospital.rcpt(messages.address(closed))) == "550 5.2.1"
    assert reply(hospital.rcpt(messages.address(world.new_ins()))) == "550 5.1.1"
    assert reply(hospital.rcpt("somebody@example.org")) == "554 5.7.1"
    assert reply(hospital.rcpt("somebody")) == "501 5.1.3"


def test_a_citizen_does_not_write_to_a_citizen(hospital: smtplib.SMTP, person: Ins) -> None:
    hospital.mail(messages.address(world.new_ins()))
    assert reply(hospital.rcpt(messages.address(person))) == "554 5.7.1"


def test_too_many_recipients_are_put_off(hospital: smtplib.SMTP, person: Ins) -> None:
    hospital.mail(WARD.address)
    codes = {hospital.rcpt(messages.address(person))[0] for _ in range(101)}
    assert codes == {250, 452}


def send(client: smtplib.SMTP, ins: Ins, raw: bytes, sender: str = WARD.address) -> str:
    client.mail(sender)
    client.rcpt(messages.address(ins))
    return reply(client.data(raw))


def test_another_domain_in_from_is_refused(hospital: smtplib.SMTP, person: Ins) -> None:
    raw = messages.message(person).replace(DOMAIN.encode(), b"ailleurs.mssante.fr")
    assert send(hospital, person, raw) == "550 5.7.1"
    assert not Message.objects.exists()


def test_only_a_report_has_no_sender(hospital: smtplib.SMTP, person: Ins) -> None:
    assert send(hospital, person, messages.message(person), "") == "550 5.7.1"
    report = (
        b"From: postmaster@ch-exemple.mssante.fr\r\nMessage-ID: <r@ch-exemple.mssante.fr>\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nnon remis\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    assert send(hospital, person, report, "") == "250 2.0.0"


def test_a_message_that_cannot_be_read_is_refused_for_good(
    hospital: smtplib.SMTP, person: Ins
) -> None:
    assert send(hospital, person, b"Subject: sans auteur\r\n\r\nbonjour\r\n").startswith("55")


def test_a_message_announced_too_large_is_refused_before_data(
    hospital: smtplib.SMTP, person: Ins
) -> None:
    assert hospital.mail(WARD.address, [f"SIZE={server.MOST_BYTES + 1}"])[0] == 552


def test_a_message_that_is_too_large_is_refused(
    hospital: smtplib.SMTP, person: Ins, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = messages.message(person) + (b"x" * 70 + b"\r\n") * (server.MOST_BYTES // 72 + 1)
    assert send(hospital, person, raw)[:3] == "552"
    assert not Message.objects.exists()


def test_a_line_too_long_is_refused(hospital: smtplib.SMTP, person: Ins) -> None:
    raw = messages.message(person) + b"x" * 1200 + b"\r\n"
    assert send(hospital, person, raw)[:3] == "500"
    assert hospital.noop()[0] == 250


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r.\r", b"\r\n.\n"])
def test_a_message_smuggled_after_a_false_end_is_not_taken(
    hospital: smtplib.SMTP, person: Ins, end: bytes
) -> None:
    hospital.mail(WARD.address)
    hospital.rcpt(messages.address(person))
    hospital.docmd("DATA")
    smuggled = (
        f"mail from:<x@{DOMAIN}>\r\nrcpt to:<{messages.address(person)}>\r\ndata\r\n"
        f"From: x@{DOMAIN}\r\n\r\nfaux\r\n.\r\n"
    ).encode()
    hospital.send(b"From: a@" + DOMAIN.encode() + b"\r\n\r\nbonjour" + end + smuggled)
    assert hospital.getreply()[0] == 550
    assert hospital.noop()[0] == 250
    assert not Message.objects.exists()


def test_when_the_database_refuses_the_sender_is_told_to_try_again(
    hospital: smtplib.SMTP, person: Ins
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE messaging_message RENAME TO messaging_away")
    try:
        assert send(hospital, person, messages.message(person)) == "451 4.3.0"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE messaging_away RENAME TO messaging_message")
    assert send(hospital, person, messages.message(person)) == "250 2.0.0"


def test_too_many_connections_are_put_off_and_the_others_served(
    port: int, papers: Papers, person: Ins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 2)
    idle = [socket.create_connection(("localhost", port), timeout=LONG) for _ in range(2)]
    for each in idle:
        assert each.recv(100).startswith(b"220")
    with socket.create_connection(("localhost", port), timeout=LONG) as third:
        assert third.recv(100).startswith(b"421")
    for each in idle:
        each.close()


def test_many_senders_at_once_are_all_served(port: int, papers: Papers, person: Ins) -> None:
    def one(_place: int) -> int:
        client = connect(port, papers, papers.client)
        try:
            client.sendmail(
                WARD.address,
                [messages.address(person)],
                messages.message(person, xdm=None, pdfs=()),
            )
        finally:
            client.close()
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(one, range(16))) == 16
    assert Message.objects.count() == 16


def test_a_changed_white_list_holds_without_a_restart(
    hospital: smtplib.SMTP, allowed: Path, papers: Papers
) -> None:
    assert hospital.mail(WARD.address)[0] == 250
    hospital.rset()
    entries: list[Any] = [
        whitelist.Entry(PATIENTS, name_of(papers.client)),
        whitelist.Entry("ailleurs.mssante.fr", name_of(papers.stranger)),
        whitelist.Entry("autre.mssante.fr", name_of(papers.stranger)),
    ]
    new = allowed.with_suffix(".new")
    new.write_bytes(whitelist.write(datetime.now(UTC), entries))
    new.rename(allowed)
    assert hospital.mail(WARD.address)[0] == 554


def test_two_processes_share_a_port_when_both_are_told_to(
    configuration: server.Configuration,
) -> None:
    async def both() -> None:
        stopping = asyncio.Event()
        first: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        shared = replace(configuration, shared=True)
        running = asyncio.create_task(server.run(shared, stopping, first.set_result))
        again = replace(shared, port=await first)
        second: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        beside = asyncio.create_task(server.run(again, stopping, second.set_result))
        assert await second == again.port
        with pytest.raises(OSError, match="address already in use"):
            await server.run(replace(again, shared=False), stopping, print)
        stopping.set()
        await asyncio.gather(running, beside)

    asyncio.run(both())
