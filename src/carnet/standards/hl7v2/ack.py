"""Acknowledgements: `ACK^<event>^ACK` with one ERR for each problem (spec identity §5.10).

AA: accepted and responsibility taken. AE: the message is wrong. AR: not taken here, or not now.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from carnet.standards.hl7v2.er7 import CHARSETS, STANDARD, Message, Segment, segment, write
from carnet.standards.hl7v2.errors import LABELS, Hl7Error, Problem
from carnet.standards.hl7v2.header import Header, header_of

ACCEPTED: Final = "AA"
ERROR: Final = "AE"
REJECTED: Final = "AR"

_VERSION: Final = ("2.5",)
_PLAIN: Final = str.maketrans(
    {"’": "'", "‘": "'", "…": "...", "–": "-", "—": "-", "œ": "oe", "Œ": "OE", "€": "EUR"}
)
#: Answers are written in a set that holds French; ASCII does not.
_WRITABLE: Final = frozenset({"8859/1", "8859/15", "UNICODE UTF-8"})


def ack(
    header: Header | Message,
    *,
    code: str,
    errors: Iterable[Problem | Hl7Error] = (),
    control_id: str,
    at: datetime,
) -> bytes:
    """The acknowledgement of the message that has this `header`, ready to be framed.

    `code` is AA, AE or AR (MSA-1); `control_id` the new message's own id (MSH-10); `at` its time,
    with its zone. Warnings may go with AA. Raises `ValueError` for another code, or for AA with an
    error.
    """
    told = header_of(header) if isinstance(header, Message) else header
    problems = tuple(
        problem
        for error in errors
        for problem in (error.problems if isinstance(error, Hl7Error) else (error,))
    )
    if code not in (ACCEPTED, ERROR, REJECTED):
        raise ValueError("an acknowledgement says AA, AE or AR")
    if code == ACCEPTED and any(problem.severity == "E" for problem in problems):
        raise ValueError("a message accepted has no error")
    charset = told.charset if told.charset in _WRITABLE else "UNICODE UTF-8"
    event = ("ACK", told.trigger, "ACK") if told.trigger else ("ACK",)
    msh = segment(
        "MSH",
        {
            3: told.receiving_application,
            4: told.receiving_facility,
            5: told.sending_application,
            6: told.sending_facility,
            7: at.strftime("%Y%m%d%H%M%S%z"),
            9: event,
            10: control_id,
            11: told.processing or "P",
            12: told.version if any(told.version) else _VERSION,
            17: "FRA",
            18: charset,
        },
    )
    msa = segment("MSA", {1: code, 2: told.control_id})
    segments = (msh, msa, *(_err(problem) for problem in problems))
    return _encoded(Message(segments, STANDARD, charset))


def _err(problem: Problem) -> Segment:
    business = problem.application
    return segment(
        "ERR",
        {
            2: tuple(problem.place.split("^")),
            3: (problem.code.value, LABELS[problem.code], "HL70357"),
            4: problem.severity.value,
            5: (business.value, LABELS[business], "HL70533") if business else "",
            8: problem.reason,
        },
    )


def _encoded(message: Message) -> bytes:
    """The message; what 8859/1 or 8859/15 cannot write (`’`, `…`, `œ`) is put plainly."""
    codec = CHARSETS[message.charset]
    segments = message.segments
    if codec != "utf-8":
        segments = tuple(
            Segment(tuple(_plain(text, codec) for text in part.fields), part.delimiters)
            for part in segments
        )
    return write(Message(segments, message.delimiters, message.charset))


def _plain(text: str, codec: str) -> str:
    return text.translate(_PLAIN).encode(codec, "replace").decode(codec)
