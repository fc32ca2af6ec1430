"""Two hundred people who have documents, lots, folders, messages, traces, notices.

Each thing of a person holds a word that nobody else has: in its title, its author, its text and its
ids. The words of what is hidden from some begin otherwise (`Audience`).
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from carnet.national.accounts import actions as accounts
from carnet.national.identity import actions as identity
from carnet.national.journal.actors import Citizen, Professional
from carnet.national.messaging import actions as messaging
from carnet.national.record import actions as record
from carnet.national.record.rules import Authorisation
from carnet.standards.cda import level1
from carnet.standards.cda.header import Id, Name
from carnet.standards.ids import INS_NIR_TEST, Ins, matricule_key
from carnet.standards.ins import Traits
from carnet.standards.mss.message import Attachment, OutgoingMessage, Party, Subject, build
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.metadata import Association, AssociationType, Code, Folder
from tests.national import world
from tests.national.messages import DOMAIN, WARD, package
from tests.national.world import HOSPITAL_SYSTEM, TESTS
from tests.standards.cda.letters import DOCTOR, PDF

PEOPLE = 200
#: Those of them who also have what is hidden from some: every one whom a test names.
WITH_SECRETS = 80
PASSWORD = "un mot de passe de test"
LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Audience(StrEnum):
    """Who may know of a thing, as its word begins."""

    EVERYBODY = "zq"
    NOT_PROFESSIONALS = "zm"
    NOT_THE_PATIENT = "zh"
    NOT_REPRESENTATIVES = "zr"


CODES: Mapping[Audience, tuple[str, ...]] = {
    Audience.EVERYBODY: (),
    Audience.NOT_PROFESSIONALS: ("MASQUE_PS",),
    Audience.NOT_THE_PATIENT: ("INVISIBLE_PATIENT",),
    Audience.NOT_REPRESENTATIVES: ("INVISIBLE_REPRESENTANTS_LEGAUX",),
}


@dataclass(frozen=True)
class Person:
    """One of them."""

    number: int
    stem: str
    ins: Ins
    patient_id: UUID
    account_id: UUID

    def word(self, audience: Audience = Audience.EVERYBODY) -> str:
        return f"{audience}{self.stem}"

    @property
    def login(self) -> str:
        return self.word()

    @property
    def actor(self) -> Citizen:
        return Citizen(self.account_id, self.patient_id, self.word())


READER = world.PHYSICIAN_READER
#: A physician of another house, who wrote nothing.
VISITOR = Professional(
    ps_idnat="899900077775",
    name="Claude AILLEURS",
    profession=world.PHYSICIAN,
    specialty=world.GENERAL_PRACTICE,
    structure="1690000001",
    structure_name="Clinique d'ailleurs",
)


class Crowd:
    """All of them, the same for each seed but for the ids that the registry makes."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.now = now
        chance = random.Random(seed)
        stems = sorted({"".join(chance.choices(LETTERS, k=9)) for _ in range(PEOPLE)})
        chance.shuffle(stems)
        self.people = [self._live(number, stem) for number, stem in enumerate(stems)]

    def __getitem__(self, number: int) -> Person:
        return self.people[number]

    def authorise(self, person: Person, *readers: Professional) -> None:
        for reader in readers:
            record.authorise(
                TESTS, person.patient_id, reader.ps_idnat, Authorisation.VALID, now=self.now
            )

    def block(self, person: Person, reader: Professional) -> None:
        record.authorise(
            person.actor, person.patient_id, reader.ps_idnat, Authorisation.BLOCKED, now=self.now
        )

    def _live(self, number: int, stem: str) -> Person:
        body = f"1620275{number % 95 + 1:03d}{number:03d}"
        ins = Ins(body + matricule_key(body), INS_NIR_TEST)
        word = f"{Audience.EVERYBODY}{stem}"
        traits = Traits.of(word, stem, "M", "19620203", birth_place="75056")
        patient_id = identity.register_person(TESTS, ins, traits, now=self.now)
        record.open_record(TESTS, patient_id, now=self.now)
        messaging.open_citizen_mailbox(TESTS, patient_id, now=self.now)
        account_id = accounts.create_account(
            TESTS,
            patient_id,
            login=word,
            password=PASSWORD,
            email=f"{word}@courriel.invalid",
            now=self.now,
        )
        person = Person(number, stem, ins, patient_id, account_id)
        for place, audience in enumerate(
            Audience if number < WITH_SECRETS else (Audience.EVERYBODY,)
        ):
            request = self.lot(person, audience)
            if audience is Audience.EVERYBODY:
                request = in_a_folder(person, request)
            at = self.now + timedelta(minutes=place)
            record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=at)
        self._write_to(person)
        return person

    def lot(self, person: Person, audience: Audience) -> ProvideRequest:
        """One document in a lot, both with the word."""
        request = world.request(
            person.ins,
            self.document(person, audience),
            confidentiality=world.visibility(*CODES[audience]),
        )
        word = person.word(audience)
        (entry,) = request.submission.documents
        lot = request.submission.submission_set
        return replace(
            request,
            submission=replace(
                request.submission,
                documents=(
                    replace(
                        entry,
                        comments=word,
                        reference_ids=(
                            f"{word}^^^&1.2.250.1.999.3&ISO^urn:ihe:iti:xds:2013:order",
                        ),
                    ),
                ),
                submission_set=replace(lot, title=word, comments=word),
            ),
        )

    def document(self, person: Person, audience: Audience) -> bytes:
        """A letter about this person that holds the word of the audience everywhere."""
        word = person.word(audience)
        at = self.now - timedelta(days=person.number % 50)
        author = replace(DOCTOR, name=Name(families=(("", word.upper()),), givens=(("", "Ada"),)))
        data = world.letter(
            person.ins,
            pdf=PDF + f"% {word}\n".encode(),
            title=f"Lettre {word}",
            author=replace(author, function=level1.coded("author_roles", "CORRE")),
            encounter_ids=(Id("1.2.250.1.999.4", word),),
            service_start=at,
            service_stop=at,
            created_at=at,
        )
        if audience is Audience.NOT_REPRESENTATIVES:
            return data
        start, end = data.index(b"<component><nonXMLBody"), data.rindex(b"</ClinicalDocument>")
        narrative = f"<title>Évolution</title><text>Suivi de {word}, repos.</text>"
        return (
            data[:start]
            + b"<component><structuredBody><component><section>"
            + narrative.encode()
            + b"</section></component></structuredBody></component>"
            + data[end:]
        )

    def _write_to(self, person: Person) -> None:
        """A message of the ward, with a package and a file."""
        word = person.word()
        address = f"{person.ins.matricule}@patient.mssante.fr"
        raw = build(
            OutgoingMessage(
                message_id=f"<{uuid4()}@{DOMAIN}>",
                date=self.now,
                sender=WARD,
                recipients=(Party(address),),
                subject=Subject(f"Lettre {word}", word.upper(), person.stem.upper()),
                body_text=f"Bonjour, voici la lettre {word}.",
                product="CARNET-TEST",
                xdm=package(self.lot(person, Audience.EVERYBODY)),
                pdfs=(Attachment(f"{word}.pdf", "application/pdf", PDF + word.encode()),),
            )
        )
        messaging.receive(raw, WARD.address, [address], peer="CN=ch.example", now=self.now)


def in_a_folder(person: Person, request: ProvideRequest) -> ProvideRequest:
    """The same lot with a folder that holds its document."""
    lot, (document,) = request.submission.submission_set, request.submission.documents
    folder = Folder(
        "Folder01",
        world.new_oid(),
        person.ins.cx,
        title=person.word(),
        comments=person.word(),
        codes=(Code("suivi", "1.2.250.1.999.9"),),
    )
    links = (
        Association(AssociationType.HAS_MEMBER, lot.id, "Folder01", "link1"),
        Association(AssociationType.HAS_MEMBER, "Folder01", document.id, "link2"),
        Association(AssociationType.HAS_MEMBER, lot.id, "link2", "link3"),
    )
    submission = request.submission
    return replace(
        request,
        submission=replace(
            submission, folders=(folder,), associations=(*submission.associations, *links)
        ),
    )
