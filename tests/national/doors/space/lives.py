"""Synthetic lives for the tests of the space: people with a record, letters and messages in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from uuid import UUID

import typst

from carnet.national.accounts import actions as accounts
from carnet.national.identity import actions as identity
from carnet.national.journal.actors import Citizen, Establishment, Professional, System
from carnet.national.messaging import actions as messaging
from carnet.national.record import actions as record
from carnet.standards.cda import level1, reading
from carnet.standards.cda.header import Id
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Sex, Traits, synthetic_ins
from carnet.standards.mss import message as mss
from carnet.standards.mss import xdm
from carnet.standards.xds import from_cda
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Code, Submission
from tests.standards.cda.letters import HOSPITAL, PATIENT, perfect_letter

PASSWORD = "un mot de passe de test"
LOADER = System("tests")
ADDRESS = "cardiologie@ch-exemple.mssante.fr"
MASKED = Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué aux professionnels de santé")
STRUCTURE = HOSPITAL.ids[0].extension
ESTABLISHMENT = Establishment(STRUCTURE, HOSPITAL.name)
DOCTOR = Professional(
    "899900063480", "Dr Libre MAX", Code("10", "1.2.250.1.71.1.2.7"), STRUCTURE, HOSPITAL.name
)
_numbers = count(1)


@dataclass(frozen=True)
class Life:
    """Somebody with a record, a mailbox and an account."""

    ins: Ins
    patient_id: UUID
    login: str
    account_id: UUID

    @property
    def actor(self) -> Citizen:
        return Citizen(self.account_id, self.patient_id, self.login)


def live(
    login: str = "jeanne",
    *,
    family: str = "DELACROIX",
    given: str = "JEANNE",
    born: str = "19440302",
    now: datetime,
) -> Life:
    """A new person, known everywhere that the space looks."""
    number = next(_numbers) % 999 + 1
    ins = synthetic_ins(Sex.FEMININE, int(born[:4]), int(born[4:6]), "31555", number)
    traits = Traits.of(family, given, "F", born, given_names=given, birth_place="31555")
    patient_id = identity.register_person(LOADER, ins, traits, now=now)
    record.open_record(LOADER, patient_id, now=now)
    messaging.open_citizen_mailbox(LOADER, patient_id, now=now)
    account_id = accounts.create_account(
        LOADER,
        patient_id,
        login=login,
        password=PASSWORD,
        email=f"{login}@courriel.invalid",
        now=now,
    )
    return Life(ins, patient_id, login, account_id)


@cache
def pdf(words: str = "Madame, vous avez été hospitalisée.", pages: int = 1) -> bytes:
    """A PDF with these words on each page."""
    source = f'#set page(paper: "a5")\n#set text(lang: "fr")\n{words}\n'
    return typst.compile((source + "#pagebreak()\n").join([""] * pages).encode() + source.encode())


def letter(life: Life, *, title: str, days: int, now: datetime, body: bytes) -> bytes:
    """A level 1 letter about this person, of so many days ago."""
    at = now - timedelta(days=days)
    number = next(_numbers)
    ids = (Id(life.ins.oid, life.ins.matricule), Id("1.2.3.4.567.8.9.10", f"IPP{number}"))
    return level1.build(
        perfect_letter(
            id=Oid(f"1.2.250.1.999.7.{number}.1"),
            set_id=Id(f"1.2.250.1.999.7.{number}"),
            version=1,
            title=title,
            patient=replace(PATIENT, ids=ids),
            created_at=at,
            authored_at=at,
            authenticated_at=at,
            service_start=at,
            service_stop=at,
            encounter_start=at,
            encounter_stop=at,
            replaces=None,
        ),
        body,
    )


def structured(life: Life, now: datetime, text: str) -> bytes:
    """A level 3 document about this person, with this narrative."""
    level_1 = letter(life, title="Synthèse", days=0, now=now, body=pdf())
    start, end = level_1.index(b"<component><nonXMLBody"), level_1.rindex(b"</ClinicalDocument>")
    body = (
        "<component><structuredBody><component><section><title>Évolution</title>"
        f"<text>{text}</text></section></component></structuredBody></component>"
    )
    return level_1[:start] + body.encode() + level_1[end:]


def submission(cda: bytes, at: datetime, confidentiality: Sequence[Code] = ()) -> Submission:
    """The lot that carries one document."""
    header = reading.read(cda)
    entry = from_cda.entry_from_cda(header, entry_id="Document01", confidentiality=confidentiality)
    lot = from_cda.submission_set(
        lot_id="SubmissionSet01",
        unique_id=f"1.2.250.1.999.8.{next(_numbers)}",
        source_id="1.2.250.1.999.9",
        patient_id=entry.patient_id,
        author=entry.authors[0],
        content_type=from_cda.content_type("I"),
        at=at,
        title="Lot de test",
    )
    return from_cda.submission(lot, [entry])


def publish(
    life: Life,
    *,
    now: datetime,
    title: str = "Lettre de liaison à la sortie",
    days: int = 0,
    body: bytes | None = None,
    cda: bytes | None = None,
    confidentiality: Sequence[Code] = (),
) -> UUID:
    """Put a letter in the record, as a hospital does; give its id."""
    data = cda or letter(life, title=title, days=days, now=now, body=body or pdf())
    request = ProvideRequest(submission(data, now, confidentiality), {"Document01": data})
    published = record.publish(ESTABLISHMENT, request, patient=life.ins, now=now)
    return UUID(next(iter(published.entry_uuids.values())).removeprefix("urn:uuid:"))


def write_to(
    life: Life,
    *,
    now: datetime,
    subject: str = "Votre sortie",
    body: str = "Madame,\n\nVoici votre lettre.",
    package: bytes | None = None,
    pdfs: Sequence[tuple[str, str, bytes]] = (),
    answers: str = "",
) -> str:
    """Send a message to this person, as a hospital does; give its Message-ID."""
    message_id = f"<{next(_numbers)}@ch-exemple.mssante.fr>"
    raw = mss.build(
        mss.OutgoingMessage(
            message_id=message_id,
            in_reply_to=answers,
            date=now,
            sender=mss.Party(ADDRESS, "Cardiologie, CH de l’Exemple"),
            recipients=(mss.Party(f"{life.ins.matricule}@patient.mssante.fr", ""),),
            subject=subject,
            body_text=body,
            product="tests",
            xdm=package,
            pdfs=tuple(mss.Attachment(*each) for each in pdfs),
        )
    )
    address = f"{life.ins.matricule}@patient.mssante.fr"
    messaging.receive(raw, ADDRESS, [address], peer="CN=ch-exemple.mssante.fr", now=now)
    return message_id


def package_of(cda: bytes, now: datetime) -> bytes:
    """The XDM package of one document."""
    return xdm.build(
        submission(cda, now),
        {"Document01": cda},
        sender=xdm.Sender(HOSPITAL.name, STRUCTURE, "1 rue de l’Essai", "0100000000"),
        application=xdm.Application("Carnet", "0.1", "Carnet"),
    )
