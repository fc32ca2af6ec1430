"""What is wrong with the signature of a lot: a closed list, each with its French sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """Why the signature of a lot proves nothing.

    The DMP publishes no code for them: how each is answered is a table of the record.
    """

    MALFORMED = "malformed"
    SHAPE = "shape"
    ALGORITHM = "algorithm"
    CERTIFICATE = "certificate"
    UNTRUSTED = "untrusted"
    DESIGNATION = "designation"
    VALUE = "value"
    ALTERED = "altered"
    TIME = "time"
    HOLDER = "holder"
    LOT = "lot"
    MISSING = "missing"
    STRANGER = "stranger"
    REPEATED = "repeated"
    DIGEST = "digest"


MESSAGES: Final = {
    Fault.MALFORMED: "La signature du lot n'est pas un XML acceptable",
    Fault.SHAPE: "La signature du lot n'est pas une signature XAdES avec un manifeste IHEManifest",
    Fault.ALGORITHM: "La signature du lot emploie un algorithme ou une transformation interdits",
    Fault.CERTIFICATE: "Le certificat qui signe le lot n'est pas un certificat de signature",
    Fault.UNTRUSTED: "Le certificat qui signe le lot n'est pas accepté",
    Fault.DESIGNATION: "SigningCertificate ne désigne pas le certificat qui signe le lot",
    Fault.VALUE: "La signature du lot n'est pas de la clé de son certificat",
    Fault.ALTERED: "La signature du lot a été modifiée après avoir été faite",
    Fault.TIME: "SigningTime n'est pas une heure possible de la signature du lot",
    Fault.HOLDER: "Le titulaire du certificat qui signe le lot n'est pas celui qui l'envoie",
    Fault.LOT: "La signature n'est pas celle de ce lot : la première référence est son uniqueId",
    Fault.MISSING: "La signature du lot ne désigne pas ce document",
    Fault.STRANGER: "La signature du lot désigne un document qui n'y est pas",
    Fault.REPEATED: "La signature du lot désigne deux fois le même objet",
    Fault.DIGEST: "Le document n'est pas celui qui a été signé avec le lot",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault; `place` is the uniqueId of the document that it is about, when it is about one."""

    fault: Fault
    detail: str = ""
    place: str = ""

    @property
    def message(self) -> str:
        """The French sentence, without patient nor content."""
        told = MESSAGES[self.fault]
        return f"{told} ({self.detail})." if self.detail else f"{told}."


class SignatureRefused(Exception):  # noqa: N818 - says what happened
    """A signature of a lot is refused for this `problem`."""

    def __init__(self, fault: Fault, detail: str = "") -> None:
        self.problem = Problem(fault, detail)
        super().__init__(f"{fault}: {self.problem.message}")
