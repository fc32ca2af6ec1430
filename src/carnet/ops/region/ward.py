"""The ward's own software: it writes the PDF and speaks HL7 v2 to the establishment's engine.

It stands where a hospital's software stands, and knows nothing of what Carnet does with what it
sends: it makes paper (PDF/A-1b) and messages, and reads acknowledgements.
"""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, replace
from datetime import date, datetime
from importlib import resources
from types import TracebackType
from typing import Final, Self

import typst

from carnet.ops.region.papers import Paper
from carnet.ops.region.people import Citizen
from carnet.ops.region.places import Structure, structure
from carnet.standards.hl7v2 import build, er7, mllp
from carnet.standards.hl7v2.build import Envelope
from carnet.standards.hl7v2.messages import (
    Action,
    AdtEvent,
    CarriedDocument,
    Consultation,
    DocumentEvent,
    Feeding,
    Flags,
    LocalId,
    Movement,
    Party,
    PatientIdentity,
    Wishes,
)

#: Where the wards number their documents: a branch set apart for examples (RFC 5612).
DOCUMENTS: Final = "1.3.6.1.4.1.32473.2.10"

_LOINC: Final = "LN"
_TIMEOUT: Final = 60.0

_MONTHS: Final = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre",
)  # fmt: skip


def french_day(day: date) -> str:
    """A date as it is written: 3 mars 2026."""
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def to_pdf(paper: Paper) -> bytes:
    """The paper as PDF/A-1b."""
    patient, place = paper.patient, paper.recipient_place
    days = (
        f"Le {french_day(paper.written)}"
        if paper.begun == paper.written
        else f"Du {french_day(paper.begun)} au {french_day(paper.written)}"
    )
    shown = {
        "title": paper.title,
        "date": [paper.written.year, paper.written.month, paper.written.day],
        "author": paper.author.title,
        "hospital": paper.hospital.name,
        "hospital_address": paper.hospital.address,
        "ward": paper.ward,
        "recipient": paper.recipient.title,
        "recipient_address": place.address,
        "place_and_date": f"Aubreville, le {french_day(paper.written)}",
        "patient_line": f"{patient.birth_name} {patient.first_given_name.title()}, "
        f"né{'e' if patient.sex == 'F' else ''} le {patient.birth_date:%d/%m/%Y}",
        "identity": [
            {"label": "Nom de naissance", "value": patient.birth_name},
            {"label": "Prénoms", "value": " ".join(patient.given_names)},
            {"label": "Nom utilisé", "value": patient.used_name or patient.birth_name},
            {"label": "Sexe", "value": patient.sex},
            {"label": "Date de naissance", "value": f"{patient.birth_date:%d/%m/%Y}"},
            {"label": "Lieu de naissance", "value": patient.birth_place_name},
            {"label": "INS (NIR de test)", "value": patient.matricule},
        ],
        "stay": days,
        "sections": [asdict(section) for section in paper.sections],
        "signature": f"{paper.author.title}, {paper.ward.lower()}",
    }
    template = resources.files("carnet.ops.region").joinpath("letter.typ").read_bytes()
    return typst.compile(
        template,
        format="pdf",
        sys_inputs={"letter": json.dumps(shown, ensure_ascii=False)},
        pdf_standards=["a-1b"],
    )


def identity(citizen: Citizen) -> PatientIdentity:
    """The citizen as the hospitals' identity office holds them: qualified, INS included."""
    hospital = structure("ght")
    return PatientIdentity(
        local_ids=(LocalId(f"VA{100000 + citizen.number}", "CHVA", hospital.finess),),
        birth_name=citizen.birth_name,
        first_given_name=citizen.first_given_name,
        given_names=" ".join(citizen.given_names),
        used_name=citizen.used_name,
        used_given_name=citizen.first_given_name if citizen.used_name else "",
        birth_date=f"{citizen.birth_date:%Y%m%d}",
        sex=citizen.sex,
        birth_place=citizen.birth_place,
        ins=citizen.ins,
        reliability=("VALI",),
    )


def registration(citizen: Citizen, *, at: datetime) -> bytes:
    """ADT^A28: the patient is known to the identity office, who wishes to be fed and read."""
    return build.adt(
        AdtEvent(
            trigger="A28",
            control_id=f"ID{100000 + citizen.number}",
            recorded_at=_stamp(at),
            patient=identity(citizen),
            wishes=Wishes(Feeding.NOT_OPPOSED, Consultation.CONSENTED),
        ),
        _envelope("GAM", structure("ght"), at),
    )


def admission(paper: Paper, *, number: str, at: datetime) -> bytes:
    """ADT^A01: the stay that the paper tells begins."""
    hospital = structure("ght")
    return build.adt(
        AdtEvent(
            trigger="A01",
            control_id=f"ADM{number}",
            recorded_at=_stamp(at),
            patient=replace(identity(paper.patient), account=_stay(number)),
            visit=_visit(number),
            patient_class="I",
            movement=Movement(
                ids=(LocalId(number, "CHVA", hospital.finess),),
                at=f"{paper.begun:%Y%m%d}080000",
                action="INSERT",
                historic=False,
                medical_unit="CARDIO",
                nursing_unit="CARDIO",
                nature="HMS",
            ),
        ),
        _envelope("GAM", hospital, at),
    )


def validation(paper: Paper, pdf: bytes, *, number: str, at: datetime) -> bytes:
    """MDM^T02: the paper is validated; it goes to the record, the correspondent, the patient."""
    return build.mdm(
        DocumentEvent(
            trigger="T02",
            control_id=f"DOC{number}",
            action=Action.NEW,
            patient=replace(identity(paper.patient), account=_stay(number)),
            documents=(
                CarriedDocument(
                    "application/pdf", pdf, paper.type_code, paper.type_display, _LOINC
                ),
            ),
            type_code=paper.type_code,
            type_display=paper.type_display,
            type_system=_LOINC,
            flags=Flags(to_record=True, to_professionals=True, to_patient=True),
            document_id=f"{DOCUMENTS}.{number}",
            title=paper.title,
            activity_time=f"{paper.written:%Y%m%d}100000",
            patient_class="I" if paper.begun != paper.written else "O",
            visit=_visit(number),
            admitted_at=f"{paper.begun:%Y%m%d}080000",
            discharged_at=f"{paper.written:%Y%m%d}160000",
            sender=_party(paper),
            author=_party(paper),
            recipients=(
                Party(
                    person_id=paper.recipient.idnat,
                    person_id_type="IDNPS",
                    family=paper.recipient.family,
                    given=paper.recipient.given,
                    mail=paper.recipient.mailbox,
                ),
                Party(mail=f"{paper.patient.matricule}@patient.mssante.fr"),
            ),
            body_for_professionals=(
                f"Chère consœur, cher confrère,\n\nVeuillez trouver ci-joint : {paper.title}.\n\n"
                f"{paper.author.title}\n{paper.hospital.name}"
            ),
            body_for_patient=(
                f"Bonjour,\n\nVoici votre document : {paper.title}. "
                f"Il est aussi dans votre dossier.\n\n{paper.author.title}\n{paper.hospital.name}"
            ),
        ),
        _envelope("DPI", paper.hospital, at),
    )


class Line:
    """An MLLP connection to the establishment's engine. As a context manager: closes it."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=_TIMEOUT)
        self._framer = mllp.Framer()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, message: bytes) -> er7.Message:
        """Send a message and give its acknowledgement. Raises `OSError`, `Hl7Error`."""
        self._socket.sendall(mllp.frame(message))
        while True:
            received = self._socket.recv(65536)
            if not received:
                raise ConnectionError("the establishment closed the connection")
            for frame in self._framer.feed(received):
                if isinstance(frame, mllp.Frame):
                    return er7.read(frame.data)


def _party(paper: Paper) -> Party:
    return Party(
        person_id=paper.author.idnat,
        person_id_type="IDNPS",
        family=paper.author.family,
        given=paper.author.given,
        structure_id=paper.hospital.finess,
        structure_id_type="FINEG",
        structure_name=paper.hospital.name,
    )


def _visit(number: str) -> LocalId:
    return LocalId(f"V{number}", "CHVA", structure("ght").finess, "VN")


def _stay(number: str) -> LocalId:
    return LocalId(f"D{number}", "CHVA", structure("ght").finess, "AN")


def _envelope(application: str, sender: Structure, at: datetime) -> Envelope:
    return Envelope(application, sender.finess, "CARNET", structure("ght").finess, _stamp(at))


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"
