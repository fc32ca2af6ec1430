"""Asking INSi about a patient, and what becomes of its answer.

A call is made outside any transaction and always leaves a trace, whatever it ended in; a failure
changes nothing of the identity and never blocks care. An answer is accepted by a person who has
seen what differs, or by itself when nothing does.
Source: RNIV 1 §4.1, §4.5, §4.8, EXI SI 06, 12, 14, 25 to 32 (spec identity §1.11 to §1.13).
Requirements: EX_GEN-1250, EX_GEN-1255.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from carnet.establishment.clients.errors import CallError, Unavailable, Unreachable
from carnet.establishment.clients.insi import InsiClient
from carnet.establishment.patients import identities, vigilance
from carnet.establishment.patients.actors import Actor
from carnet.establishment.patients.identities import Applied, Trace, ins_of, local_traits, state_of
from carnet.establishment.patients.locking import lock_patients
from carnet.establishment.patients.models import Inquiry, Patient
from carnet.establishment.patients.policy import Policy
from carnet.standards import xml
from carnet.standards.ids import IdentifierError, Ins
from carnet.standards.ins import Attribute, Status, StatusEvent, TraitError
from carnet.standards.ins.insi import (
    Asked,
    Individual,
    Notice,
    Proposal,
    Purpose,
    Query,
    Result,
    ResultCode,
    Review,
    Situation,
    TraitsQuery,
    VerifyQuery,
    forbidding,
    next_query,
    queries,
    results,
    review,
)
from carnet.standards.ins.insi.parts import NationalIdentifier, Tiq
from carnet.standards.soap.envelope import SoapFault

#: What a person must look at before an answer is accepted; these may pass without.
_HARMLESS = frozenset({Notice.NIA})


class AskingForbidden(Exception):  # noqa: N818 - the name is the fact
    """INSi may not be asked about this identity; `reasons` say why."""

    def __init__(self, reasons: tuple[Situation | Attribute | Status, ...]) -> None:
        super().__init__(", ".join(map(str, reasons)))
        self.reasons = reasons


class NotToDecide(Exception):  # noqa: N818 - the name is the fact
    """This answer is decided already, found nobody, or is no longer about the same identity."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what came back. `review` is there while the answer waits to be decided.

    `failed` is the code of the error when nothing usable came back; `unusable` why an identity
    that was found cannot be taken.
    """

    id: UUID
    patient_id: UUID
    at: datetime
    actor: str
    purpose: Purpose
    code: ResultCode | None
    query: Query
    review: Review | None = None
    proposal: Proposal | None = None
    failed: str = ""
    temporary: bool = False  #: the same question may be answered later
    unusable: str = ""
    decision: str = ""


def ask(
    actor: Actor,
    patient_id: UUID,
    query: Query,
    *,
    client: InsiClient,
    policy: Policy,
    situations: frozenset[Situation] = frozenset(),
    clock: Callable[[], datetime],
) -> Answer:
    """Put one question about a patient; the trace is committed with the answer.

    Raises `UnknownPatient`, or `AskingForbidden` before anything is asked.
    """
    patient = Patient.objects.filter(pk=patient_id, merged_into=None).first()
    if patient is None:
        raise vigilance.UnknownPatient(patient_id)
    purpose = Purpose.VERIFICATION if isinstance(query, VerifyQuery) else Purpose.RETRIEVAL
    reasons = forbidding(
        state_of(patient), situations, purpose=purpose, provisoire_allowed=policy.provisoire_asks
    )
    if reasons:
        raise AskingForbidden(reasons)
    row = Inquiry(
        patient=patient,
        at=clock(),
        actor=actor.label,
        purpose=purpose.value,
        operation=query.operation.value,
        asked=queries.write(query),
    )
    temporary = False
    try:
        result = client.ask(query, now=row.at)
    except CallError as error:
        temporary = isinstance(error, Unreachable | Unavailable)
        row.code, row.detail = error.code or "injoignable", error.text[:500]
        row.decision = Inquiry.Decision.VOID
    else:
        row.code, row.answer = result.code.value, results.write(result, query.operation)
        if result.individual is None:
            row.decision = Inquiry.Decision.VOID
    with transaction.atomic():
        Inquiry.objects.filter(patient=patient, decision="").update(
            decision=Inquiry.Decision.VOID, decided_at=row.at, decided_by=actor.label
        )
        row.save(force_insert=True)
    return replace(told(row), temporary=temporary)


def told(row: Inquiry, asked: tuple[Asked, ...] | None = None) -> Answer:
    """A stored question beside the identity as it is now; `asked` are those before, with it."""
    query = _query(row)
    code = ResultCode(row.code) if row.code in set(ResultCode) else None
    answer = Answer(
        row.id,
        row.patient_id,
        row.at,
        row.actor,
        Purpose(row.purpose),
        code,
        query,
        failed="" if code else row.code,
        decision=row.decision,
    )
    return _judged(answer, row, asked)


def _judged(answer: Answer, row: Inquiry, asked: tuple[Asked, ...] | None) -> Answer:
    """The answer with its review, or with what to ask next."""
    if answer.code is None:
        return answer
    shown: Review | None = None
    proposal: Proposal | None = None
    unusable = ""
    try:
        traits = local_traits(row.patient)
        if answer.code is ResultCode.FOUND and not answer.decision:
            individual = _individual(row)
            shown = review(individual, traits, known=ins_of(row.patient)) if individual else None
        elif isinstance(answer.query, TraitsQuery):
            proposal = next_query(asked if asked is not None else _asked_before(row), traits)
    except (TraitError, IdentifierError) as error:
        unusable = str(error)
    return replace(answer, review=shown, proposal=proposal, unusable=unusable)


def accept(actor: Actor, inquiry_id: UUID, *, policy: Policy, now: datetime) -> Applied:
    """Take an answer: the traits of INSi replace the local ones, the table gives the status.

    An answer that a blocking difference forbids to take is recorded as such: the status may fall
    (INSI_INCONSISTENT). Raises `NotToDecide` or `ForbiddenTransition`.
    """
    with transaction.atomic():
        row = _to_decide(inquiry_id)
        individual = _individual(row)
        if individual is None:
            raise NotToDecide
        ins = _usable(individual)
        known = lock_patients([row.patient_id], ins)
        patient = known.patients[row.patient_id]
        if patient.merged_into_id is not None:
            raise NotToDecide
        try:
            seen = review(individual, local_traits(patient), known=ins_of(patient))
        except (TraitError, IdentifierError):
            raise NotToDecide from None
        trace = Trace(actor.label, now, seen.event.value)
        if seen.acceptable:
            identities.set_traits(patient, vigilance.strict_columns(seen.traits), trace)
            patient.ins_refused, patient.verified_at = "", now
        given = seen.ins if seen.acceptable else None
        identities.move(patient, seen.event, known, trace, strict=policy.strict, ins=given)
        decision = Inquiry.Decision.ACCEPTED if seen.acceptable else Inquiry.Decision.REFUSED
        _decide(row, decision, actor, now)
        return trace.applied(patient, known)


def refuse(actor: Actor, inquiry_id: UUID, *, now: datetime) -> None:
    """Leave an answer: it is not this person. Raises `NotToDecide`."""
    with transaction.atomic():
        _decide(_to_decide(inquiry_id), Inquiry.Decision.REFUSED, actor, now)


def alike(answer: Answer) -> bool:
    """Whether nothing of the answer needs a person: no difference, no notice that matters."""
    shown = answer.review
    return shown is not None and not shown.differences and set(shown.notices) <= _HARMLESS


def verified(
    actor: Actor,
    patient_id: UUID,
    asked: Ins,
    result: Result | ResultCode,
    *,
    policy: Policy,
    now: datetime,
) -> Applied | None:
    """What a verification of the INS `asked` says: it holds, or it goes, with its status.

    None when the patient has no longer this INS: the answer is about the past.
    """
    code = result.code if isinstance(result, Result) else result
    with transaction.atomic():
        known = lock_patients([patient_id])
        patient = known.patients.get(patient_id)
        if patient is None or ins_of(patient) != asked:
            return None
        if code is ResultCode.FOUND:
            Patient.objects.filter(pk=patient_id).update(verified_at=now)
            return None
        event = StatusEvent.INSI_VERIFICATION_FAILED
        trace = Trace(actor.label, now, event.value)
        identities.move(patient, event, known, trace, strict=policy.strict)
        return trace.applied(patient, known)


def verification(patient: Patient) -> VerifyQuery:
    """The question whether the INS of a patient still holds. Raises `TraitError`, `ValueError`."""
    ins = ins_of(patient)
    if ins is None:
        raise ValueError("no INS to verify")
    return VerifyQuery(NationalIdentifier.of(ins), Tiq.of(local_traits(patient)))


def _usable(individual: Individual) -> Ins:
    try:
        return individual.active.ins
    except IdentifierError:
        raise NotToDecide from None


def _to_decide(inquiry_id: UUID) -> Inquiry:
    row = (
        Inquiry.objects.select_for_update(of=("self",))
        .filter(pk=inquiry_id, decision="", code=ResultCode.FOUND.value)
        .first()
    )
    if row is None:
        raise NotToDecide
    return row


def _decide(row: Inquiry, decision: str, actor: Actor, now: datetime) -> None:
    row.decision, row.decided_at, row.decided_by = decision, now, actor.label
    row.save(update_fields=["decision", "decided_at", "decided_by"])


def _query(row: Inquiry) -> Query:
    found = queries.read(xml.parse(bytes(row.asked)))
    if not isinstance(found, TraitsQuery | VerifyQuery | queries.CardQuery):
        raise TypeError("the question of an inquiry is about one person")
    return found


def _individual(row: Inquiry) -> Individual | None:
    try:
        found = results.read(xml.parse(bytes(row.answer)))
    except SoapFault:
        return None
    return found.individual if isinstance(found, Result) else None


def _asked_before(row: Inquiry) -> tuple[Asked, ...]:
    """The searches by traits of the same visit, oldest first, this one included."""
    rows = Inquiry.objects.filter(
        patient_id=row.patient_id,
        operation=row.operation,
        code__in=list(ResultCode),
        at__gte=_begun(row),
    ).order_by("at", "id")
    found = ((_query(one), ResultCode(one.code)) for one in rows)
    return tuple(Asked(query, code) for query, code in found if isinstance(query, TraitsQuery))


def _begun(row: Inquiry) -> datetime:
    """When the search that this question belongs to began: after the last decision or identity."""
    last = (
        Inquiry.objects.filter(patient_id=row.patient_id, code=ResultCode.FOUND.value)
        .exclude(pk=row.pk)
        .filter(at__lt=row.at)
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    return last or row.patient.created_at
