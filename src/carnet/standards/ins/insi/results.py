"""The answer of INSi (RESULTAT): a return code, and the identity that was found.

Source: XSD INSi_RESULTAT_INS 00.01, published answers of the CNDA (spec identity §1.11, §1.12).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lxml import etree

from carnet.standards.ins.insi.parts import (
    NationalIdentifier,
    Reading,
    Tiq,
    leaf,
    read_identifier,
    read_tiq,
    write_identifier,
    write_tiq,
)
from carnet.standards.ins.insi.queries import Operation
from carnet.standards.soap.envelope import SoapFault

NAMESPACE: Final = "http://www.cnamts.fr/INSiResultat"
#: Namespace of the answer to a unit verification; what it holds is unverified.
VERIFY_NAMESPACE: Final = "http://www.cnamts.fr/INSiLot2/REPUnitaire"
#: Namespaces of the answers about a batch, and all that these hold [unverified].
DEPOSIT_NAMESPACE: Final = "http://www.cnamts.fr/INSiLot2/REPMasse"
COLLECT_NAMESPACE: Final = "http://www.cnamts.fr/INSiLot2/REPResultat"


class ResultCode(StrEnum):
    """The return codes of a search (CodeCR)."""

    FOUND = "00"
    NONE = "01"
    SEVERAL = "02"


#: LibelleCR by CodeCR, to the letter.
LABELS: Final = {
    ResultCode.FOUND: "OK",
    ResultCode.NONE: "Aucune identite trouvee",
    ResultCode.SEVERAL: "Plusieurs identites trouvees",
}


@dataclass(frozen=True, slots=True)
class Individual:
    """The identity that was found: its INS in force, its traits, the INS it had before."""

    active: NationalIdentifier
    traits: Tiq
    history: tuple[NationalIdentifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """An answer. `individual` is there when one identity was found, and only then.

    A verification says by its code alone whether the identity is still the one of the national
    base: FOUND or NONE [unverified]. `label` is only set when the words are not the usual ones.
    """

    code: ResultCode
    individual: Individual | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if self.individual and self.code is not ResultCode.FOUND:
            raise ValueError("only the code 00 comes with an identity")

    @property
    def told(self) -> str:
        """The words of the code: those of the service, or the usual ones."""
        return self.label or LABELS[self.code]


@dataclass(frozen=True, slots=True)
class BatchReceipt:
    """The batch is kept; `batch_id` is what its result is asked with."""

    batch_id: str


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What became of a batch: each line's own reference and its code, once all are verified.

    A code that is no `ResultCode` is the error that the verification of the line met.
    """

    done: bool
    lines: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.lines and not self.done:
            raise ValueError("the lines of a batch are told once it is done")


Answer = Result | BatchReceipt | BatchReport

_STATES: Final = {True: "TERMINEE", False: "EN_COURS"}


def read(payload: etree._Element) -> Answer:
    """Read an answer. Raises `SoapFault` (Receiver) on nonsense."""
    reading = Reading(payload, "Receiver")
    if payload.tag == f"{{{DEPOSIT_NAMESPACE}}}RESULTAT":
        return BatchReceipt(reading.need("IdentifiantDemande").value)
    if payload.tag == f"{{{COLLECT_NAMESPACE}}}RESULTAT":
        return _read_report(reading)
    if payload.tag not in (f"{{{NAMESPACE}}}RESULTAT", f"{{{VERIFY_NAMESPACE}}}RESULTAT"):
        raise SoapFault("Receiver", "the answer is not a RESULTAT of INSi")
    report = reading.need("CR")
    code = report.text("CodeCR")
    if code not in set(ResultCode):
        raise report.refused("the return code is not a known one")
    person = reading.one("INDIVIDU")
    if person is None and code == ResultCode.FOUND and payload.tag == f"{{{NAMESPACE}}}RESULTAT":
        raise reading.refused("an identity is found, and not told")
    individual = None if person is None else _read_individual(person)
    words = report.text("LibelleCR")
    try:
        return Result(
            ResultCode(code), individual, "" if words == LABELS[ResultCode(code)] else words
        )
    except ValueError as error:
        raise reading.refused(str(error)) from None


def _read_individual(reading: Reading) -> Individual:
    return Individual(
        read_identifier(reading.need("INSACTIF")),
        read_tiq(reading.need("TIQ")),
        tuple(read_identifier(one) for one in reading.all("INSHISTO")),
    )


def _read_report(reading: Reading) -> BatchReport:
    state = reading.need("Etat")
    if state.value not in _STATES.values():
        raise state.refused("the state of the batch is not a known one")
    lines = [
        (one.need("Reference").value, one.need("CR").need("CodeCR").value)
        for one in reading.all("IndividuVerifie")
    ]
    try:
        return BatchReport(state.value == _STATES[True], tuple(lines))
    except ValueError as error:
        raise reading.refused(str(error)) from None


def write(result: Answer, operation: Operation) -> bytes:
    """The payload of the answer to `operation`."""
    if isinstance(result, BatchReceipt):
        inside = f"{_report(ResultCode.FOUND)}{leaf('IdentifiantDemande', result.batch_id)}"
        return f'<RESULTAT xmlns="{DEPOSIT_NAMESPACE}">{inside}</RESULTAT>'.encode()
    if isinstance(result, BatchReport):
        people = "".join(
            f"<IndividuVerifie>{leaf('Reference', reference)}{_report(code)}</IndividuVerifie>"
            for reference, code in result.lines
        )
        inside = f"{_report(ResultCode.FOUND)}{leaf('Etat', _STATES[result.done])}{people}"
        return f'<RESULTAT xmlns="{COLLECT_NAMESPACE}">{inside}</RESULTAT>'.encode()
    namespace = VERIFY_NAMESPACE if operation is Operation.VERIFY else NAMESPACE
    person = "" if result.individual is None else _write_individual(result.individual)
    return (
        f'<RESULTAT xmlns="{namespace}">{_report(result.code, result.told)}{person}</RESULTAT>'
    ).encode()


def _report(code: str, words: str = "") -> str:
    """A CR of the schema; the usual words of a return code unless told others."""
    usual = LABELS[ResultCode(code)] if code in set(ResultCode) else "Verification impossible"
    return f"<CR>{leaf('CodeCR', code)}{leaf('LibelleCR', words or usual)}</CR>"


def _write_individual(individual: Individual) -> str:
    history = "".join(write_identifier("INSHISTO", one) for one in individual.history)
    return (
        f"<INDIVIDU>{write_identifier('INSACTIF', individual.active)}{history}"
        f"{write_tiq('TIQ', individual.traits)}</INDIVIDU>"
    )
