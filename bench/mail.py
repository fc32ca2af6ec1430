"""The mail path: XDM messages by SMTP over TLS, with a client certificate, as an operator sends."""

from __future__ import annotations

import itertools
import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bench import cpu
from bench.letters import REPOSITORY, letter, person
from bench.load import Result
from bench.measure import RefusalError, Run
from carnet.ops.region import papers, people, places, ward
from carnet.ops.wiring import ESTABLISHMENT, Certificates
from carnet.standards.cda import reading
from carnet.standards.mss import message, xdm
from carnet.standards.mss.addresses import patient_address
from carnet.standards.mss.message import Attachment, OutgoingMessage, Party, Subject
from carnet.standards.xds import from_cda
from carnet.standards.xds.metadata import Author

#: Operators' connections open at a time, one message after the other on each.
CONNECTIONS = 8
_ID = "00000000000000000001"


@dataclass(frozen=True, slots=True)
class Mails:
    """One message to a citizen, cut where each has its own Message-ID."""

    sender: str
    recipient: str
    pieces: tuple[bytes, bytes]

    @classmethod
    def made(cls) -> Mails:
        """A letter of 60 kB in its XDM package, and its PDF beside: about 190 kB of mail."""
        citizen = people.population()[0]
        day = date(2026, 1, 12)
        pdf = ward.to_pdf(papers.discharge(citizen, admitted=day, discharged=day))
        document = letter(pdf)
        entry = from_cda.entry_from_cda(reading.read(document), entry_id="Document01")
        lot = from_cda.submission_set(
            lot_id="SubmissionSet01",
            unique_id=f"{REPOSITORY}.7",
            source_id=REPOSITORY,
            patient_id=person(0).cx,
            author=Author(person=entry.authors[0].person),
            content_type=from_cda.content_type("I"),
            at=datetime(2026, 1, 12, 10, 0, tzinfo=UTC),
        )
        package = xdm.build(
            from_cda.submission(lot, [entry]),
            {entry.id: document},
            sender=xdm.Sender(ESTABLISHMENT.name, ESTABLISHMENT.idnat),
            application=xdm.Application("Carnet bench", "1"),
        )
        recipient = str(patient_address(citizen.ins))
        domain = places.HOSPITAL_DOMAIN
        raw = message.build(
            OutgoingMessage(
                message_id=f"<{_ID}@{domain}>",
                date=datetime.now(UTC),
                sender=Party(ESTABLISHMENT.mailbox, ESTABLISHMENT.name),
                recipients=(Party(recipient),),
                subject=Subject("Lettre de liaison", "PAT-BANC", "CAMILLE"),
                body_text="Bonjour, voici votre lettre de sortie.",
                product="Carnet bench",
                xdm=package,
                pdfs=(Attachment("lettre.pdf", "application/pdf", pdf),),
            )
        )
        head, _, rest = raw.partition(_ID.encode())
        return cls(ESTABLISHMENT.mailbox, recipient, (head, rest))

    def each(self, number: int) -> bytes:
        """The `number`-th message."""
        return f"{number:020d}".encode().join(self.pieces)


def run(
    mails: Mails,
    numbers: Iterator[int],
    *,
    port: int,
    held: Certificates,
    postgres: int,
    seconds: float,
) -> Run:
    """Send for `seconds`, one after the other on each connection. Raises `RefusalError`."""
    context = ssl.create_default_context(cafile=str(held.authority.ca_path))
    context.load_cert_chain(held.establishment_mail.chain_path, held.establishment_mail.key_path)
    sessions = [_open(port, context) for _ in range(CONNECTIONS)]
    try:
        before = cpu.sample(postgres)
        started = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            sent = list(
                threads.map(
                    lambda session: _send(session, mails, numbers, started + seconds), sessions
                )
            )
        result = Result(time.perf_counter() - started, list(itertools.chain.from_iterable(sent)))
        used = cpu.sample(postgres) - before
    finally:
        for session in sessions:
            session.close()
    each = 1000 / len(result.latencies)
    return Run(
        rate=result.rate,
        p50=result.percentile(0.5),
        p99=result.percentile(0.99),
        server_ms=used.servers * each,
        postgres_ms=used.postgres * each,
        generator_ms=used.generator * each,
        strangers=used.strangers / result.seconds,
    )


def _open(port: int, context: ssl.SSLContext) -> smtplib.SMTP:
    session = smtplib.SMTP("localhost", port, timeout=30)
    session.starttls(context=context)
    session.ehlo()
    return session


def _send(
    session: smtplib.SMTP, mails: Mails, numbers: Iterator[int], end: float
) -> Sequence[float]:
    latencies = []
    while (started := time.perf_counter()) < end:
        try:
            session.sendmail(mails.sender, mails.recipient, mails.each(next(numbers)))
        except smtplib.SMTPException as error:
            raise RefusalError(f"a message was refused: {error}") from None
        latencies.append(time.perf_counter() - started)
    return latencies
