"""Mail addresses of the MSSanté space and the labels beside them (spec mssante §4.2, §6.1)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Self

from carnet.standards.ids import Ins

PATIENT_DOMAIN: Final = "patient.mssante.fr"

_LOCAL: Final = re.compile(
    r"(?=.{1,64}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
)
_DOMAIN: Final = re.compile(
    r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
)
_MAX_DOMAIN: Final = 253
_MATRICULE: Final = re.compile(r"[0-9]{6}[AB0-9][0-9]{8}")


class AddressError(ValueError):
    """A text is not a mail address or a domain; it may hold a matricule, so it is not repeated."""


@dataclass(frozen=True, slots=True)
class Address:
    """`local@domain`, the domain in its compared form (see `domain_name`).

    Two addresses are one mailbox when `key` is the same: letter case does not count.
    """

    local: str
    domain: str

    def __post_init__(self) -> None:
        if not _LOCAL.fullmatch(self.local):
            raise AddressError("the part before @ is not one")
        if self.domain != domain_name(self.domain):
            raise AddressError("the domain is not in its compared form")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `local@domain`, without label. Raises `AddressError`."""
        local, at, domain = text.strip().rpartition("@")
        if not at:
            raise AddressError("no @")
        return cls(local, domain_name(domain))

    @property
    def key(self) -> str:
        """The form to compare and to store, lower case."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def matricule(self) -> str:
        """The local part as an INS matricule, or empty; the domain is not looked at."""
        local = self.local.upper()
        return local if _MATRICULE.fullmatch(local) else ""

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def domain_name(text: str) -> str:
    """A domain as it is compared: trimmed, without final dot, IDNA, lower case.

    Raises `AddressError`.
    """
    domain = text.strip().removesuffix(".").lower()
    if not domain.isascii() and len(domain) <= _MAX_DOMAIN:
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise AddressError("not a domain name") from None
    if not _DOMAIN.fullmatch(domain):
        raise AddressError("not a domain name")
    return domain


def patient_address(ins: Ins, *, domain: str = PATIENT_DOMAIN) -> Address:
    """The citizen's mailbox; only for an INS *qualifiée*, which the caller knows (ECO.2.2.6)."""
    return Address(ins.matricule, domain_name(domain))


def is_patient(address: Address, *, domain: str = PATIENT_DOMAIN) -> bool:
    """Whether the address is one of the citizens' domain and names a matricule."""
    return address.domain == domain_name(domain) and bool(address.matricule)


def personal_label(given_name: str, surname: str, *, title: str = "", unit: str = "") -> str:
    """The label of a personal mailbox, `<Titre>_<Prenom>_<NOM>_<Entite>` (ECO.2.2.7)."""
    parts = (title, given_name, surname.upper(), unit)
    return "_".join(part.strip().replace("_", " ") for part in parts if part.strip())


def readable_label(label: str) -> str:
    """A label for the eye: the separators of ECO.2.2.7 become spaces."""
    return " ".join(label.replace("_", " ").split())


def plain_letters(text: str) -> str:
    """The text without accents nor ligatures, spaces single: names in a subject (ECO.2.1.3)."""
    if text.isascii():
        return " ".join(text.split())
    text = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    letters = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ø", "o"))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())
