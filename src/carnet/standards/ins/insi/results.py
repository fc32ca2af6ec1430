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


def read(payload: etree._Element) -> Result:
    """Read an answer. Raises `SoapFault` (Receiver) on nonsense."""
    if payload.tag not in (f"{{{NAMESPACE}}}RESULTAT", f"{{{VERIFY_NAMESPACE}}}RESULTAT"):
        raise SoapFault("Receiver", "the answer is not a RESULTAT of INSi")
    reading = Reading(payload, "Receiver")
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


def write(result: Result, operation: Operation) -> bytes:
    """The payload of the answer to `operation`."""
    namespace = VERIFY_NAMESPACE if operation is Operation.VERIFY else NAMESPACE
    person = "" if result.individual is None else _write_individual(result.individual)
    return (
        f'<RESULTAT xmlns="{namespace}"><CR>{leaf("CodeCR", result.code.value)}'
        f"{leaf('LibelleCR', result.told)}</CR>{person}</RESULTAT>"
    ).encode()


def _write_individual(individual: Individual) -> str:
    history = "".join(write_identifier("INSHISTO", one) for one in individual.history)
    return (
        f"<INDIVIDU>{write_identifier('INSACTIF', individual.active)}{history}"
        f"{write_tiq('TIQ', individual.traits)}</INDIVIDU>"
    )
