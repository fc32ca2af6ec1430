"""What becomes of an identity that another domain sends, as a table.

The trust contract is between the two domains: without it nothing received is believed. What the
table says is the status of the identity as received; whether it is one already known here is for
identity vigilance to prove, and without proof a new identity is created.
Source: RNIV 1 §4.9, EXI SI 33 and 34, RECO PP 04 (spec identity §1.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from carnet.standards.ins.status import Status

#: ZFD-7 to record when the sender does not tell the document it saw: a trusted third party.
TRUSTED_THIRD_PARTY: Final = "TC"


class Received(StrEnum):
    """As what an identity comes: its status when sent, or the paper or device that brings it."""

    PROVISOIRE = "provisoire"
    RECUPEREE = "récupérée"
    VALIDEE = "validée"
    QUALIFIEE = "qualifiée"
    PAPER_WITH_INS = "papier portant l'INS"
    PAPER_WITHOUT_INS = "papier sans INS"
    EIDAS = "identification électronique à distance"  #: substantial or high


class Call(StrEnum):
    """Whether INSi is asked to retrieve the identity."""

    NONE = "none"
    ALLOWED = "allowed"
    MANDATORY = "mandatory"


@dataclass(frozen=True, slots=True)
class Reception:
    """One cell of the matrix.

    `found` is the status once INSi answered 00 and the answer was accepted, `otherwise` without a
    call, or after 01 or 02. `may_match` tells whether the identity may be joined to the local one;
    otherwise it is always a new one.
    """

    call: Call
    found: Status
    otherwise: Status
    may_match: bool = False
    check_at_arrival: bool = False


_P, _R, _V, _Q = Status
_ALL: Final = (None, *Status)
_UNTRUSTED: Final = Reception(Call.NONE, _P, _P)
_MANDATORY: Final = Reception(Call.MANDATORY, _Q, _V)
_ALLOWED: Final = Reception(Call.ALLOWED, _Q, _V, may_match=True)

_Row = tuple[Received, tuple[Status | None, ...], Reception]

#: With a trust contract: received as, known locally as (None: unknown), what to do.
_TRUSTED: Final[tuple[_Row, ...]] = (
    (Received.PROVISOIRE, _ALL, _UNTRUSTED),
    # Not in the RNIV: nobody saw a document, so it is worth no more than a provisional one.
    (Received.RECUPEREE, _ALL, _UNTRUSTED),
    (Received.VALIDEE, (None,), Reception(Call.ALLOWED, _Q, _V)),
    (Received.VALIDEE, tuple(Status), _ALLOWED),
    (Received.QUALIFIEE, (None,), _MANDATORY),
    (Received.QUALIFIEE, (_P, _V), _ALLOWED),
    (Received.QUALIFIEE, (_R, _Q), Reception(Call.NONE, _Q, _Q, may_match=True)),
    (Received.PAPER_WITH_INS, (None,), _MANDATORY),
    (Received.PAPER_WITHOUT_INS, (None,), _UNTRUSTED),
)


def _keeping() -> Iterator[_Row]:
    """Rows where the status of the local identity is kept."""
    for local in Status:
        kept = Reception(Call.NONE, local, local, may_match=True)
        # That a paper with the INS of someone known is treated so is not in the RNIV.
        yield Received.PAPER_WITH_INS, (local,), kept
        yield Received.PAPER_WITHOUT_INS, (local,), kept


def _remote() -> Iterator[_Row]:
    """Rows of a device shown at a distance: validée is possible, the arrival still checks.

    What an identity that is already récupérée or qualifiée becomes is not in the RNIV: it is kept.
    """
    for local in _ALL:
        status = local if local in (_R, _Q) else _V
        yield (
            Received.EIDAS,
            (local,),
            Reception(
                Call.NONE, status, status, may_match=local is not None, check_at_arrival=True
            ),
        )


def _cells() -> Iterator[tuple[tuple[Received, Status | None, bool], Reception]]:
    for received in Received:
        for local in _ALL:
            yield (received, local, False), _UNTRUSTED
    for received, locals_, cell in (*_TRUSTED, *_keeping()):
        for local in locals_:
            yield (received, local, True), cell
    for received, (local,), cell in _remote():
        for contract in (False, True):
            yield (received, local, contract), cell


#: (received as, known locally as, trust contract) -> what to do; every cell is there.
MATRIX: Final[Mapping[tuple[Received, Status | None, bool], Reception]] = MappingProxyType(
    dict(_cells())
)


def reception(received: Received, local: Status | None, *, contract: bool) -> Reception:
    """What to do with an identity received as `received`; `local` is None when it is unknown."""
    return MATRIX[received, local, contract]
