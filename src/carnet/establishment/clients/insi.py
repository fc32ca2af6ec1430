"""INSi: the teleservice that gives and verifies the INS, over mutual TLS (spec identity §1.11).

The same client speaks to the real service: an address, a certificate whose CN is INSI-AUTO or
INSI-MANU, and the number of the software's authorisation are all that changes.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path
from typing import Final

from carnet.establishment.clients.errors import Babbling, Refused, Unavailable
from carnet.establishment.clients.https import Connection, Reply, without_soap
from carnet.standards.ins.insi import (
    Answer,
    BatchReceipt,
    BatchReport,
    CollectQuery,
    Context,
    DepositQuery,
    InsiFault,
    Query,
    Question,
    Request,
    Result,
    Software,
    read_answer,
    write_request,
)
from carnet.standards.ins.insi.exchange import BATCH_LIMIT
from carnet.standards.soap.envelope import SoapFault

_SOAP: Final = ("application/soap+xml", "text/xml", "application/xml")


class InsiClient:
    """One connection to INSi, kept open between calls. Not to be shared between threads.

    `emitter` is the OU of the certificate (idNat_Struct). Every call raises `Unreachable` when
    nobody answers in time, `Unavailable` when the service says "later" (`insi_102`, an overload),
    `Refused` when it never will (`desir_550`, `desir_560`, a message that it cannot read); the
    `code` of the error is that of INSi. None of them may stop care (RNIV 1).
    """

    def __init__(
        self,
        url: str,
        *,
        certificate: Path,
        key: Path,
        authorities: Path,
        emitter: str,
        software: Software,
        timeout: float = 10.0,
        longest: float = 30.0,
    ) -> None:
        self._emitter, self._software = emitter, software
        self._connection = Connection(
            url,
            certificate=certificate,
            key=key,
            authorities=authorities,
            timeout=timeout,
            longest=longest,
            answer_limit=BATCH_LIMIT,
        )

    def ask(self, query: Query, *, now: datetime) -> Result:
        """Search an identity by traits or by card, or verify one."""
        answer = self._call(query, now)
        if not isinstance(answer, Result):
            raise Babbling("the answer is about a batch, the question was not")
        return answer

    def deposit(self, query: DepositQuery, *, message_id: str, now: datetime) -> str:
        """Have these identities verified; the id to collect the result with.

        The same `message_id` again is the same deposit: keep it before the call.
        """
        answer = self._call(query, now, message_id=message_id)
        if not isinstance(answer, BatchReceipt):
            raise Babbling("the answer to a deposit is no receipt")
        return answer.batch_id

    def collect(self, batch_id: str, *, now: datetime) -> BatchReport:
        """What became of a deposit."""
        answer = self._call(CollectQuery(batch_id), now)
        if not isinstance(answer, BatchReport):
            raise Babbling("the answer is not the result of a batch")
        return answer

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        self._connection.close()

    def _call(self, query: Question, now: datetime, *, message_id: str = "") -> Answer:
        context = Context(str(uuid.uuid4()), str(uuid.uuid4()), now, self._emitter, self._software)
        message = write_request(Request(message_id or f"uuid:{uuid.uuid4()}", context, query))
        action = f'application/soap+xml; charset=UTF-8; action="{query.operation.action}"'
        reply = self._connection.post(self._connection.path, {"Content-Type": action}, message)
        return _read(reply)


def _read(reply: Reply) -> Answer:
    """The answer of INSi, or the error that it is."""
    if not reply.content_type.startswith(_SOAP):
        raise without_soap(reply.status)
    try:
        return read_answer(reply.body)
    except InsiFault as fault:
        kind = Unavailable if fault.temporary else Refused
        raise kind(fault.detail[:500], code=fault.error) from None
    except SoapFault as fault:
        raise _judged(fault, reply.status) from None


def _judged(fault: SoapFault, status: int) -> Unavailable | Refused | Babbling:
    """A fault that carries no error of INSi; one of ours when the answer could not be read."""
    if status == 200:
        return Babbling(f"the answer is not readable: {fault.reason}"[:500])
    kind = Unavailable if fault.code == "Receiver" else Refused
    return kind(fault.reason[:500], code=fault.subcode or fault.code)
