"""An identity as it is told to other applications (PID, IHE PAM France 6.6)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from carnet.establishment.patients.models import Inquiry, Merge, Patient, Proof, Wishes
from carnet.standards.hl7v2 import messages
from carnet.standards.hl7v2.messages import Consultation, Feeding, LocalId, PatientIdentity
from carnet.standards.ids import Ins, Oid
from carnet.standards.ins import Status
from carnet.standards.ins.devices import DEVICES

#: Device -> table of ZFD-7, for those that have a code there.
_DOCUMENTS: Final = {device.id: device.hl7 for device in DEVICES if device.hl7}


def identity_of(patient_id: UUID) -> PatientIdentity | None:
    """What PID says of a patient; the INS only when the identity is *qualifiée*."""
    patient = Patient.objects.filter(pk=patient_id).first()
    if patient is None:
        return None
    checked = Status(patient.status).checked
    qualified = patient.status == Status.QUALIFIEE
    return PatientIdentity(
        local_ids=tuple(
            LocalId(i.value, i.authority, i.domain, i.type)
            for i in patient.identifiers.order_by("id")
        ),
        birth_name=patient.birth_name,
        first_given_name=patient.first_given_name,
        given_names=patient.given_names,
        used_name=patient.used_name,
        used_given_name=patient.used_given_name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        birth_place=patient.birth_place,
        ins=Ins(patient.ins_matricule, Oid(patient.ins_oid)) if qualified else None,
        reliability=("VALI" if checked else "PROV", *patient.attributes),
        address=patient.address,
        phones=tuple(patient.phones),
        deceased=patient.deceased,
    )


def merged_identifiers(merged_id: UUID) -> frozenset[tuple[str, str]]:
    """The identifiers, as (domain, value), that the last merge of this patient moved."""
    row = Merge.objects.filter(merged_id=merged_id).order_by("-at", "-id").first()
    return frozenset((domain, value) for domain, value in row.identifiers) if row else frozenset()


def wishes_of(patient_id: UUID) -> messages.Wishes | None:
    """What the patient wants of the shared record, when it was said."""
    row = Wishes.objects.filter(patient_id=patient_id).first()
    if row is None:
        return None
    return messages.Wishes(Feeding(row.feeding), Consultation(row.consultation))


def evidence_of(patient_id: UUID) -> messages.Evidence | None:
    """How the identity of this patient was obtained and proved, as far as it was here."""
    patient = Patient.objects.get(pk=patient_id)
    answer = Inquiry.objects.filter(
        patient_id=patient_id, decision=Inquiry.Decision.ACCEPTED
    ).order_by("-at")
    asked_at = answer.values_list("at", flat=True).first() if patient.ins_matricule else None
    shown = Proof.objects.filter(patient_id=patient_id, ended_at=None).order_by("-at", "-id")
    proof = shown.filter(device__in=_DOCUMENTS).first()
    found = messages.Evidence(
        obtained="INSI" if asked_at else "SM" if patient.established_here else "",
        insi_at=asked_at.strftime("%Y%m%d%H%M%S%z") if asked_at else "",
        document=_DOCUMENTS[proof.device] if proof else "",
        document_ends=proof.expires_on.strftime("%Y%m%d") if proof and proof.expires_on else "",
    )
    return found if found != messages.Evidence() else None
