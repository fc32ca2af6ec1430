"""From a refusal to the journal: what was asked and why it was not done is always written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.national.record.rules import AccessRefused, Decision
from carnet.national.record.sentences import for_professional
from carnet.standards.ids import IdentifierError, Ins
from carnet.standards.xds.errors import ErrorCode, XdsRefused, refused


@dataclass(slots=True)
class Attempt:
    """An act under way; `patient_id` is filled in as soon as it is known."""

    patient_id: UUID | None = None


@contextmanager
def audited(
    actor: Actor, action: str, *, now: datetime, correlation: str = ""
) -> Iterator[Attempt]:
    """Write in the journal an act that the rules refuse, then let `AccessRefused` go on."""
    attempt = Attempt()
    try:
        yield attempt
    except AccessRefused as refusal:
        journal.record(
            actor,
            action,
            at=now,
            patient_id=attempt.patient_id,
            outcome="refused",
            reasons=refusal.decision.reasons,
            correlation=correlation,
        )
        raise


@contextmanager
def told(actor: Actor, action: str, *, now: datetime, correlation: str) -> Iterator[Attempt]:
    """Write in the journal an act that ends in a refusal, then let the refusal go on its way.

    A decision of the rules is "refused"; what the standard refuses (bad metadata, a duplicate)
    is "failed". `AccessRefused` leaves as `DMPAccessDeniedByRightsService` (spec dmp §3.12).
    """
    try:
        with audited(actor, action, now=now, correlation=correlation) as attempt:
            yield attempt
    except AccessRefused as refusal:
        raise denied(refusal.decision) from None
    except XdsRefused as refusal:
        journal.record(
            actor,
            action,
            at=now,
            patient_id=attempt.patient_id,
            outcome="failed",
            reasons=[error.code for error in refusal.errors],
            correlation=correlation,
        )
        raise


def denied(decision: Decision) -> XdsRefused:
    """The error of the standard for a decision that is no."""
    if "record_closed" in decision.reasons:
        return refused(ErrorCode.DMP_CLOSED, "the record of this patient is closed")
    told = " ".join(for_professional(decision))
    return refused(ErrorCode.DMP_ACCESS_DENIED, f"{told} ({', '.join(decision.reasons)})")


def same_patient(declared: Ins | None, claimed: str) -> Ins:
    """The INS of the VIHF, which must be the one of the body (spec dmp §4.4, 7).

    Raises `XdsRefused` (XDSPatientIdDoesNotMatch).
    """
    if declared is None:
        raise refused(
            ErrorCode.PATIENT_ID_DOES_NOT_MATCH, "the VIHF names no patient (resource-id)"
        )
    try:
        ins = Ins.from_cx(claimed)
    except IdentifierError as error:
        raise refused(ErrorCode.PATIENT_ID_DOES_NOT_MATCH, str(error)) from None
    if ins != declared:
        raise refused(
            ErrorCode.PATIENT_ID_DOES_NOT_MATCH,
            "the patient of the message is not the patient of the VIHF",
        )
    return ins
