"""The ward's own software: it writes the PDF and speaks HL7 v2 to the establishment's engine.

It stands where a hospital's software stands, and knows nothing of what Carnet does with what it
sends: it makes paper (PDF/A-1b) and messages, and reads acknowledgements.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from importlib import resources
from typing import Final

import typst

from carnet.ops.region.papers import Paper

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
