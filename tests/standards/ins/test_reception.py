"""Every cell of the reception matrix, written out once more by hand (RNIV EXI SI 33 and 34)."""

from __future__ import annotations

import pytest

from carnet.standards.ins import Status
from carnet.standards.ins.reception import MATRIX, Call, Received, Reception, reception

R = Received
LOCAL = (None, Status.PROVISOIRE, Status.RECUPEREE, Status.VALIDEE, Status.QUALIFIEE)
STATUSES = dict(zip("PRVQ", Status, strict=True))
CALLS = {"-": Call.NONE, "?": Call.ALLOWED, "!": Call.MANDATORY}

#: One cell: the call (- none, ? allowed, ! mandatory), the status if INSi answers 00, the status
#: otherwise, then = if the identity may be joined to the local one, @ if the arrival checks.
#: Columns: unknown here, then known as provisoire, récupérée, validée, qualifiée.
TRUSTED = {
    R.PROVISOIRE: "-PP   -PP   -PP   -PP   -PP",
    R.RECUPEREE: "-PP   -PP   -PP   -PP   -PP",
    R.VALIDEE: "?QV   ?QV=  ?QV=  ?QV=  ?QV=",
    R.QUALIFIEE: "!QV   ?QV=  -QQ=  ?QV=  -QQ=",
    R.PAPER_WITH_INS: "!QV   -PP=  -RR=  -VV=  -QQ=",
    R.PAPER_WITHOUT_INS: "-PP   -PP=  -RR=  -VV=  -QQ=",
    R.EIDAS: "-VV@  -VV=@ -RR=@ -VV=@ -QQ=@",
}
UNTRUSTED = dict.fromkeys(Received, "-PP   -PP   -PP   -PP   -PP") | {R.EIDAS: TRUSTED[R.EIDAS]}

CELLS = [
    (received, local, contract, cell)
    for contract, table in ((True, TRUSTED), (False, UNTRUSTED))
    for received, row in table.items()
    for local, cell in zip(LOCAL, row.split(), strict=True)
]


@pytest.mark.parametrize(("received", "local", "contract", "cell"), CELLS)
def test_each_cell_says_what_to_do(
    received: Received, local: Status | None, contract: bool, cell: str
) -> None:
    assert reception(received, local, contract=contract) == Reception(
        CALLS[cell[0]], STATUSES[cell[1]], STATUSES[cell[2]], "=" in cell, "@" in cell
    )


def test_no_cell_is_left_out() -> None:
    assert set(MATRIX) == {cell[:3] for cell in CELLS}


def test_nothing_is_qualified_without_a_trust_contract() -> None:
    seen = {
        cell
        for (received, local, contract), cell in MATRIX.items()
        if not contract and local is not Status.QUALIFIEE
    }
    assert Status.QUALIFIEE not in {
        status for cell in seen for status in (cell.found, cell.otherwise)
    }


def test_what_is_unknown_is_never_joined() -> None:
    assert not any(cell.may_match for (_, local, _), cell in MATRIX.items() if local is None)
