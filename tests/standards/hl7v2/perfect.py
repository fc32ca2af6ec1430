"""Perfect messages of a hospital that does not exist; each test breaks one in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from carnet.standards.hl7v2 import build, er7
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
from carnet.standards.ids import INS_NIR_TEST, Ins

FINESS = "750100125"
INS = Ins("279035121518989", INS_NIR_TEST)
ENVELOPE = build.Envelope("DPI", "CHU-X", "CARNET", "CHU-X", "20240306111154")

PATIENT = PatientIdentity(
    local_ids=(LocalId("000003", "CHU-X", FINESS, "PI"),),
    birth_name="PAT-TROIS",
    first_given_name="DOMINIQUE",
    given_names="DOMINIQUE MARIE-LOUISE",
    used_name="D'ARTAGNAN & FILS",
    used_given_name="DOMINIQUE",
    birth_date="19790328",
    sex="F",
    birth_place="63220",
    ins=INS,
    reliability=("VALI",),
    account=LocalId("24000006", "CHU-X", FINESS, "AN"),
    address="28 avenue de Breteuil, 75007 PARIS",
    phones=("0102030405",),
)

VISIT = LocalId("240003", "CHU-X", FINESS, "VN")


def admission(**changes: Any) -> AdtEvent:
    """An admission, with the changes a test wants."""
    perfect = AdtEvent(
        trigger="A01",
        control_id="3975",
        recorded_at="20240306111154",
        patient=PATIENT,
        visit=VISIT,
        patient_class="I",
        movement=Movement(
            ids=(LocalId("001", "CHU-X", FINESS, ""),),
            at="20240306110000",
            action="INSERT",
            historic=False,
            medical_unit="6268",
            nursing_unit="6269",
            nature="HMS",
        ),
        wishes=Wishes(Feeding.NOT_OPPOSED, Consultation.CONSENTED),
    )
    return replace(perfect, **changes)


def identity(trigger: str = "A28", **changes: Any) -> AdtEvent:
    """An identity event (ITI-30), with the changes a test wants."""
    perfect = admission(trigger=trigger, movement=None, visit=None, patient_class="")
    if trigger in ("A28", "A31"):
        perfect = replace(perfect, patient_class="N")
    return replace(perfect, **changes)


def letter(**changes: Any) -> DocumentEvent:
    """A discharge letter to everybody, with the changes a test wants."""
    perfect = DocumentEvent(
        trigger="T02",
        control_id="015",
        action=Action.NEW,
        patient=PATIENT,
        documents=(CarriedDocument("text/xml", b"<ClinicalDocument/>", "11490-0", "Lettre", "LN"),),
        type_code="11490-0",
        type_display="Lettre",
        type_system="LN",
        flags=Flags(to_record=True, to_professionals=True, to_patient=True),
        document_id="1.2.250.1.213.1.4.10.1.15",
        title="Lettre de liaison à la sortie",
        activity_time="20240306110000",
        patient_class="I",
        visit=VISIT,
        admitted_at="20240301080000",
        discharged_at="20240306110000",
        sender=Party(
            person_id="801234564895",
            person_id_type="IDNPS",
            family="Thomas",
            given="Erica",
            structure_id=FINESS,
            structure_id_type="FINEG",
            structure_name="CHU-X",
        ),
        recipients=(
            Party(
                person_id="10003456789",
                person_id_type="RPPS",
                family="Adam",
                given="Hoda",
                mail="hoda.adam@medecin.mssante.fr",
            ),
            Party(mail=f"{INS.matricule}@patient.mssante.fr"),
        ),
        reply_to=Party(mail="dpi@chu-x.mssante.fr"),
        body_for_professionals="Cher confrère, veuillez trouver la lettre.",
        body_for_patient="Bonjour, votre lettre est arrivée.",
        author=Party("801234564895", "IDNPS", "Thomas", "Erica"),
    )
    return replace(perfect, **changes)


def with_field(raw: bytes, segment: str, field: int, wire: str, *, rank: int = 1) -> er7.Message:
    """The message `raw`, with one field (of the `rank`th such segment) put in its wire form."""
    message = er7.read(raw)
    seen = 0
    segments = []
    for part in message.segments:
        fields = part.fields
        seen += part.name == segment
        if part.name == segment and seen == rank:
            padded = [*fields, *[""] * (field + 1 - len(fields))]
            padded[field] = wire
            fields = tuple(padded)
        segments.append(er7.Segment(fields, part.delimiters, part.codec))
    assert seen >= rank
    return er7.Message(tuple(segments), message.delimiters, message.charset)


def without_segment(raw: bytes, segment: str) -> er7.Message:
    """The message `raw` without its segments of a name."""
    message = er7.read(raw)
    kept = tuple(part for part in message.segments if part.name != segment)
    assert len(kept) < len(message.segments)
    return er7.Message(kept, message.delimiters, message.charset)
