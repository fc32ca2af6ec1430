"""One message in, one acknowledgement out: kept first, answered next, in one transaction.

The same bytes under the same MSH-10 are one message: it is processed once and gets the answer it
got. Other bytes under a MSH-10 already seen are a new message: senders' counters restart and
engines rewrite MSH-7 when they send again; what the message says is protected from being done
twice by what it is about (the document's id and version, the movement's id, EVN-2). A message that
was rejected is tried again when it comes again: what it lacked may have come meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.utils import OperationalError
from django.utils import translation
from psycopg import errors as pg
from uuid_utils.compat import uuid7

from carnet.establishment.exchange import following, intake
from carnet.establishment.exchange.configuration import Configuration, configuration
from carnet.establishment.patients import actions as patients
from carnet.establishment.patients.actors import Sender
from carnet.establishment.patients.policy import policy
from carnet.standards.hl7v2 import documents, er7, pam
from carnet.standards.hl7v2.ack import ACCEPTED, REJECTED, ack
from carnet.standards.hl7v2.errors import Condition, Hl7Error, Problem, erl
from carnet.standards.hl7v2.header import Header, peek
from carnet.standards.hl7v2.messages import Ignored
from carnet.standards.hl7v2.mllp import FramingError, FramingFault

#: Times a message is applied again after a conflict with another one applied at the same moment.
TRIES: Final = 4
#: What is said of a frame that is no message.
FAULTS: Final[Mapping[FramingFault, str]] = MappingProxyType(
    {
        FramingFault.NO_START: "Des octets hors de toute trame MLLP : commencer par 0x0B.",
        FramingFault.TRUNCATED: "La trame MLLP n’est pas terminée : finir par 0x1C 0x0D.",
        FramingFault.TOO_LARGE: "Le message dépasse la taille admise : réduire le document.",
        FramingFault.EMPTY: "La trame MLLP est vide.",
    }
)

#: As accepted, which most are: the answer then changes nothing that an index holds.
_KEEP: Final = """
INSERT INTO exchange_inbound AS i
    (id, received_at, peer, application, facility, control_id, sha256, raw, type, state, ack,
     errors, repeats)
VALUES (%(id)s, %(at)s, %(peer)s, %(application)s, %(facility)s, %(control_id)s, %(sha256)s,
        %(raw)s, %(type)s, 'accepted', '', '[]', 0)
ON CONFLICT (control_id, application, facility, sha256)
    DO UPDATE SET repeats = i.repeats + 1
RETURNING i.id, CASE WHEN i.repeats > 0 AND i.state = 'accepted' THEN i.ack END
"""
_ANSWER: Final = """
UPDATE exchange_inbound SET state = %(state)s, ack = %(ack)s, errors = %(errors)s,
       patient_id = %(patient_id)s
 WHERE id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class _Outcome:
    patient_id: UUID | None = None
    warnings: tuple[Problem, ...] = ()


def receive(peer: str, raw: bytes, *, now: datetime) -> bytes:
    """Keep the message, do what it asks, and give its acknowledgement (empty for an `ACK`).

    Everything is committed when this returns. Raises `OperationalError` when the database cannot
    keep the message: nothing was taken, answer `unavailable`.
    """
    header = peek(raw)
    settings = configuration()
    for last in range(TRIES - 1, -1, -1):
        try:
            with translation.override("fr"):
                return _receive(header, peer, raw, settings, now)
        except (IntegrityError, OperationalError) as error:
            if not last or not _is_conflict(error):
                raise
    raise AssertionError("the loop returns or raises")


def refuse(peer: str, fault: FramingError, *, now: datetime) -> bytes:
    """Keep what begins a frame that is no message, and say why it is refused."""
    header = peek(fault.head)
    problem = Problem(Condition.OTHER, erl("MSH"), FAULTS[fault.fault])
    with transaction.atomic():
        message_id, _ = _keep(header, peer, fault.head, now)
        return _answer(message_id, header, problem.ack, (problem,), now=now)


def unavailable(raw: bytes, *, now: datetime) -> bytes:
    """AR: nothing was kept, send it again later."""
    problem = Problem(
        Condition.APPLICATION,
        erl("MSH"),
        "Le message n’a pas pu être enregistré : le renvoyer plus tard.",
    )
    return ack(
        peek(raw), code=REJECTED, errors=[problem], control_id=str(uuid7().int % 10**20), at=now
    )


def _is_conflict(error: Exception) -> bool:
    return isinstance(
        error.__cause__, pg.UniqueViolation | pg.DeadlockDetected | pg.SerializationFailure
    )


def _receive(
    header: Header, peer: str, raw: bytes, settings: Configuration, now: datetime
) -> bytes:
    try:
        with transaction.atomic():
            message_id, answer = _keep(header, peer, raw, now)
            if answer is not None:
                return answer
            outcome = _process(header, raw, message_id, settings, now)
            return _answer(
                message_id,
                header,
                ACCEPTED,
                outcome.warnings,
                patient_id=outcome.patient_id,
                now=now,
            )
    except Hl7Error as error:
        # All that the message did is undone; the message itself is kept, with its reason.
        with transaction.atomic():
            message_id, _ = _keep(header, peer, raw, now)
            return _answer(message_id, header, error.ack, error.problems, now=now)


def _answer(
    message_id: UUID,
    header: Header,
    code: str,
    problems: tuple[Problem, ...],
    *,
    patient_id: UUID | None = None,
    now: datetime,
) -> bytes:
    """Build the acknowledgement and keep it beside the message."""
    answer = b""
    if not header.is_acknowledgement:
        answer = ack(
            header,
            code=code,
            errors=problems,
            control_id=f"{message_id.int % 10**20}",
            at=now,
        )
    with connection.cursor() as cursor:
        cursor.execute(
            _ANSWER,
            {
                "id": message_id,
                "state": "accepted" if code == ACCEPTED else "rejected",
                "ack": answer,
                "errors": json.dumps(
                    [
                        {
                            "code": p.code.value,
                            "place": p.place,
                            "reason": _plain(p.reason, 2000),
                            "application": p.application.value if p.application else "",
                        }
                        for p in problems
                    ]
                ),
                "patient_id": patient_id,
            },
        )
    return answer


def _keep(header: Header, peer: str, raw: bytes, now: datetime) -> tuple[UUID, bytes | None]:
    """Store the bytes; the id of the message, and its answer when it was accepted already."""
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            {
                "id": uuid7(),
                "at": now,
                "peer": peer,
                "application": _plain(header.sending_application[0]),
                "facility": _plain(header.sending_facility[0]),
                "control_id": _plain(header.control_id),
                "sha256": hashlib.sha256(raw).hexdigest(),
                "raw": raw,
                "type": _plain("^".join(filter(None, (header.code, header.trigger)))),
            },
        )
        message_id, answer = cursor.fetchone()
    return message_id, None if answer is None else bytes(answer)


def _plain(text: str, limit: int = 200) -> str:
    """A text that PostgreSQL takes and an index holds."""
    return text.replace("\0", "")[:limit]


def _process(
    header: Header, raw: bytes, message_id: UUID, settings: Configuration, now: datetime
) -> _Outcome:
    if header.is_acknowledgement:
        return _Outcome()
    if b"\0" in raw:
        reason = "Le message contient un octet nul : vérifier l’encodage de l’émetteur."
        raise Hl7Error(Condition.DATA_TYPE, erl("MSH"), reason)
    message = er7.read(raw)
    sender = Sender(header.sending_application[0], header.sending_facility[0])
    if header.code == "ADT":
        event = pam.read_adt(message)
        if isinstance(event, Ignored):
            return _Outcome()
        chosen = policy()
        applied = patients.apply_adt(
            sender,
            event,
            now=now,
            trust=chosen.trust(sender.application),
            asks_insi=chosen.on_arrival,
        )
        following.after(applied, settings, now=now, origin=sender.application)
        return _Outcome(applied.patient_id, event.warnings)
    carried = documents.read_document(message)
    patient_id = intake.take(sender, carried, message_id, settings, now=now)
    return _Outcome(patient_id, carried.warnings)
