"""One question about one person: a search or a verification, answered at once."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from carnet.national.identity.insi import base
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Actor
from carnet.standards.ins.insi import InsiFault, Operation, Query, Result, check, judge, matches

_ACTS: Final = {
    Operation.SEARCH_BY_CARD: "insi.searched",
    Operation.SEARCH_BY_TRAITS: "insi.searched",
    Operation.VERIFY: "insi.verified",
}


def ask(
    actor: Actor, query: Query, *, software: str = "", now: datetime, correlation: str = ""
) -> Result:
    """Search or verify one identity for `actor`; `software` is the number of its authorisation.

    Each call is traced with its code, on the person when it found one, never with what was asked
    (RNIV 1 EXI SI 14 asks that of the caller). Raises `InsiFault` for a person of the test
    population whose search fails, `SoapFault` for a question whose dates or traits cannot be read.
    """
    check(query)
    found = [known for known in base.near(query) if matches(query, known.person)]
    fault: InsiFault | None = None
    try:
        result = judge(query, [known.person for known in found])
    except InsiFault as failed:
        fault = failed
    journal.record(
        actor,
        _ACTS[query.operation],
        at=now,
        patient_id=found[0].patient_id if len(found) == 1 else None,
        outcome="failed" if fault else "allowed",
        reasons=[fault.error if fault else result.code],
        details={"operation": query.operation.value, "software": software},
        correlation=correlation,
    )
    if fault:
        raise fault
    return result
