"""A mail server on a free port, whom it trusts, and a hospital that is connected to it."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from carnet.national.doors.smtp import server
from carnet.national.messaging import actions as messaging
from carnet.ops.pki import Issued
from carnet.standards.ids import Ins
from carnet.standards.mss import whitelist
from tests.national import world
from tests.national.certificates import Papers
from tests.national.messages import DOMAIN
from tests.national.world import NOW
from tests.waiting import LONG

PATIENTS = "patient.mssante.fr"


def name_of(issued: Issued) -> str:
    return x509.load_pem_x509_certificate(issued.cert_pem).subject.rfc4514_string()


@pytest.fixture
def allowed(tmp_path: Path, papers: Papers) -> Path:
    """The hospital may send for its domain, and (for a test) for the citizens'."""
    path = tmp_path / "whitelist.xml"
    entries = [
        whitelist.Entry(DOMAIN, name_of(papers.client)),
        whitelist.Entry(PATIENTS, name_of(papers.client)),
        whitelist.Entry("ailleurs.mssante.fr", name_of(papers.stranger)),
    ]
    path.write_bytes(whitelist.write(datetime.now(UTC), entries))
    return path


@pytest.fixture
def configuration(papers: Papers, allowed: Path) -> server.Configuration:
    """A server of the operator, on a free port."""
    return server.Configuration(
        host="127.0.0.1",
        port=0,
        hostname="localhost",
        certificate=papers.server.chain_path,
        key=papers.server.key_path,
        ca=papers.authority.ca_path,
        crl=papers.authority.crl_path,
        whitelist=allowed,
        patient_domain=PATIENTS,
    )


@pytest.fixture
def port(configuration: server.Configuration) -> Iterator[int]:
    """The port of a server that runs in a thread."""
    ready = threading.Event()
    found: list[int] = []
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    def listening(port: int) -> None:
        found.append(port)
        ready.set()

    def serve() -> None:
        loop.run_until_complete(server.run(configuration, stopping, listening))

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(LONG)
    yield found[0]
    loop.call_soon_threadsafe(stopping.set)
    thread.join(LONG)
    assert not thread.is_alive()
    loop.close()


@pytest.fixture
def person() -> Ins:
    patient_id, ins = world.make_patient()
    messaging.open_citizen_mailbox(world.TESTS, patient_id, now=NOW)
    return ins


def context(papers: Papers, issued: Issued | None) -> ssl.SSLContext:
    tls = ssl.create_default_context(cafile=str(papers.authority.ca_path))
    if issued is not None:
        tls.load_cert_chain(issued.chain_path, issued.key_path)
    return tls


def connect(port: int, papers: Papers, issued: Issued | None) -> smtplib.SMTP:
    client = smtplib.SMTP("localhost", port, timeout=LONG)
    client.ehlo("localhost")
    client.starttls(context=context(papers, issued))
    client.ehlo("localhost")
    return client


@pytest.fixture
def hospital(port: int, papers: Papers) -> Iterator[smtplib.SMTP]:
    client = connect(port, papers, papers.client)
    yield client
    client.close()


def reply(answer: tuple[int, bytes]) -> str:
    code, text = answer
    return f"{code} {text.decode().split(' ')[0]}"
