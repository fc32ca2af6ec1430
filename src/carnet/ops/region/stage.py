"""The region on stage: what `carnet demo` loads, who may sign in, and the letter it plays."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.region import places, ward
from carnet.ops.region.logins import OPERATOR, PASSWORD, PROVISIONAL_CODE, newcomer
from carnet.ops.region.papers import Paper, discharge, history
from carnet.ops.region.people import REFERENCE_DAY, population
from carnet.ops.region.reader import Reader, ReaderError
from carnet.ops.stage import Login, Played, PlayError, Progress, Stage
from carnet.ops.wiring import Addresses, Certificates
from carnet.standards import certificates as x509
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.mss.addresses import PATIENT_DOMAIN
from carnet.standards.mss.whitelist import Entry, write

#: How long a letter may take from the ward to the reader's eyes before it is called lost.
PATIENCE: Final = 180.0
_POLL: Final = 0.1
_REGISTERED_AT: Final = datetime(
    REFERENCE_DAY.year, REFERENCE_DAY.month, REFERENCE_DAY.day, 8, tzinfo=UTC
)


def write_whitelist(path: Path, held: Certificates, now: datetime) -> None:
    """The white list of the region: the hospitals' domain, and the citizens' one."""
    hospital = x509.read(held.establishment_mail.cert_path.read_bytes()).subject
    operator = x509.read(held.mail_operator.cert_path.read_bytes()).subject
    listed = (
        Entry(places.HOSPITAL_DOMAIN, hospital, places.structure("ght").name),
        Entry(places.REGION_DOMAIN, operator, "Opérateur régional (démonstration)"),
        Entry(PATIENT_DOMAIN, operator, "Mon espace santé (démonstration)"),
    )
    path.write_bytes(write(now, listed))


def load(wing: str) -> None:
    """Fill the database of a wing (DESIGN §5). The hospitals learn their patients from messages."""
    if wing == "national":
        from carnet.ops.region import national, personas

        national.load(datetime.now(UTC))
        personas.load()
    else:
        from carnet.ops.region import establishment

        establishment.load()


def logins(addresses: Addresses) -> Sequence[Login]:
    """Jeanne, who receives the letter; her daughter, who reads for two children; the desk."""
    jeanne, claire = (
        next(person for person in population() if person.key == key)
        for key in ("jeanne.fabre-lenoir", "claire.roussel")
    )
    return (
        Login(
            addresses.space, jeanne.login, PASSWORD, _("la patiente : sa lettre vient d'arriver")
        ),
        Login(
            addresses.space, claire.login, PASSWORD, _("sa fille, qui suit aussi ses deux enfants")
        ),
        Login(addresses.desk, OPERATOR, PASSWORD, _("l'opérateur des échanges de l'hôpital")),
    )


def activation(addresses: Addresses) -> str:
    """What to type to activate the space of somebody who has not come yet."""
    person = newcomer(population())
    return _("%(url)s/activation/ (code %(code)s, carte %(card)s, série %(serial)s, %(who)s)") % {
        "url": addresses.space,
        "code": PROVISIONAL_CODE,
        "card": person.matricule,
        "serial": person.card_serial,
        "who": f"{person.first_given_name.title()}, {person.birth_date:%d/%m/%Y}",
    }


def play(stage: Stage, progress: Progress) -> Played:
    """Play the discharge letter of Jeanne Fabre-Lenoir, from the ward to her own eyes.

    The first time, the identity office first registers its patients and the wards send what they
    had: the same messages at a later start are acknowledged and change nothing.
    """
    people = population()
    try:
        with ward.Line("127.0.0.1", stage.addresses.mllp_port) as line:
            _send(line, [ward.registration(person, at=_REGISTERED_AT) for person in people])
            progress(_("L'hôpital connaît ses %d patients") % len(people))
            for place, paper in enumerate(history(people, today=REFERENCE_DAY), start=1):
                message = ward.validation(
                    paper, ward.to_pdf(paper), number=str(place), at=_REGISTERED_AT
                )
                _send(line, [message])
            reader = Reader(stage.addresses.space, people[0].login, PASSWORD, mails=stage.home.mail)
            past = sum(paper.patient == people[0] for paper in history(people, today=REFERENCE_DAY))
            _until(
                lambda: len(reader.documents()) >= past and len(reader.conversations()) >= past,
                _("ses documents passés"),
            )
            progress(_("Le dossier de %s a déjà un passé") % people[0].name)
            return _discharge(line, reader, progress)
    except (OSError, Hl7Error, ReaderError) as error:
        raise PlayError(str(error)) from error


def _discharge(line: ward.Line, reader: Reader, progress: Progress) -> Played:
    now = datetime.now(UTC)
    paper = todays_letter(now)
    number = f"{now:%Y%m%d%H%M%S}"
    documents, conversations = reader.documents(), reader.conversations()
    admission = ward.admission(paper, number=number, at=now)
    validation = ward.validation(paper, ward.to_pdf(paper), number=number, at=now)
    _send(line, [admission])
    begun = time.monotonic()
    _send(line, [validation])
    progress(_("La lettre est acquittée par l'établissement"))
    _until(lambda: bool(reader.documents() - documents), _("la lettre dans le dossier"))
    visible = time.monotonic() - begun
    arrived = reader.documents() - documents
    for document in arrived:
        reader.document(document)
    progress(_("La lettre se lit dans le dossier de %s") % paper.patient.name)
    _until(lambda: bool(reader.conversations() - conversations), _("la lettre dans les messages"))
    messages = reader.conversations() - conversations
    progress(_("La lettre est dans ses messages"))
    return Played(len(arrived), len(messages), round(visible, 2))


def todays_letter(now: datetime) -> Paper:
    """The letter of the demonstration: a stay of eight days that ends today."""
    today = now.date()
    return discharge(
        population()[0], admitted=today.fromordinal(today.toordinal() - 8), discharged=today
    )


def _send(line: ward.Line, messages: Sequence[bytes]) -> None:
    for message in messages:
        answer = line.send(message)
        if answer.get("MSA-1") != "AA":
            raise PlayError(
                _("l'établissement refuse le message %(id)s : %(why)s")
                % {"id": answer.get("MSA-2"), "why": answer.get("ERR-8") or answer.get("ERR-3.2")}
            )


def _until(seen: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        if time.monotonic() > deadline:
            raise PlayError(
                _("après %(seconds)d s, on ne voit pas %(what)s")
                % {"seconds": PATIENCE, "what": what}
            )
        time.sleep(_POLL)
