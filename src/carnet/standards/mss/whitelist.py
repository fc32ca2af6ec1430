"""The "liste blanche": who may send in the MSSanté space, for which domains (spec mssante §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from lxml import etree

from carnet.standards import xml
from carnet.standards.certificates import CertificateError, name_attributes
from carnet.standards.mss.addresses import AddressError, domain_name

NS: Final = "https://listeblanche.mssante.fr/schema"
#: A new list may lose this part of the pairs at most; more is a truncated or forged list.
MAX_LOSS: Final = 0.2

MESSAGES: Final = {
    "unreadable": "La liste blanche n'est pas un XML bien formé.",
    "not_a_list": "Le fichier n'est pas une liste blanche MSSanté.",
    "no_date": "La liste blanche n'a pas de date de génération lisible.",
    "empty": "La liste blanche ne contient aucun domaine lisible.",
    "older": "La liste blanche est plus ancienne que celle en service.",
    "shrunk": "La liste blanche a perdu trop de domaines : vérifiez-la avant de l'accepter.",
}


class WhitelistError(ValueError):
    """A list is refused: keep the one in use and raise an alert. `code` is a key of `MESSAGES`."""

    def __init__(self, code: str) -> None:
        super().__init__(MESSAGES[code])
        self.code = code
        self.message = MESSAGES[code]


@dataclass(frozen=True, slots=True)
class Entry:
    """A domain and the certificate of one server that may speak for it (`dn`, RFC 4514)."""

    domain: str
    dn: str
    description: str = ""
    contact: str = ""
    support: str = ""
    updated_at: str = ""


@dataclass(frozen=True)
class Whitelist:
    """The list as published. `ignored` counts entries whose domain or name cannot be read.

    Repeats are usual; a domain may have several certificates and a certificate several domains.
    """

    generated_at: datetime
    entries: tuple[Entry, ...]
    ignored: int = 0

    @cached_property
    def pairs(self) -> frozenset[tuple[str, frozenset[tuple[str, str]]]]:
        """The distinct (domain, attributes of the name)."""
        return frozenset((domain_name(e.domain), name_attributes(e.dn)) for e in self.entries)

    @cached_property
    def _names(self) -> frozenset[frozenset[tuple[str, str]]]:
        return frozenset(name for _, name in self.pairs)

    @cached_property
    def domains(self) -> frozenset[str]:
        """Every domain of the space: mail for another one is refused at submission."""
        return frozenset(domain for domain, _ in self.pairs)

    def allows(self, domain: str, dn: str) -> bool:
        """Whether the holder of the certificate `dn` may send for `domain`."""
        try:
            return (domain_name(domain), name_attributes(dn)) in self.pairs
        except (AddressError, CertificateError):
            return False

    def knows(self, dn: str) -> bool:
        """Whether the certificate is listed at all: what a report with no sender needs."""
        try:
            return name_attributes(dn) in self._names
        except CertificateError:
            return False

    def replaced_by(self, new: Whitelist, *, max_loss: float = MAX_LOSS) -> Whitelist:
        """`new`, when it may take the place of this one. Raises `WhitelistError`.

        An older list and one that shrinks sharply are refused (spec mssante §2, failure rule).
        """
        if new.generated_at < self.generated_at:
            raise WhitelistError("older")
        if len(new.pairs) < len(self.pairs) * (1 - max_loss):
            raise WhitelistError("shrunk")
        return new


def parse(data: bytes) -> Whitelist:
    """Read a list. Raises `WhitelistError`; a truncated list is refused, never completed.

    An entry that cannot be read is left out and counted: its sender is refused, the others pass.
    """
    try:
        root = xml.parse(data)
    except xml.XmlError as error:
        raise WhitelistError("unreadable") from error
    if root.tag != _name("ListeBlancheMSSante"):
        raise WhitelistError("not_a_list")
    found = root.findall(f"{_name('ListeDomaines')}/{_name('Domaine')}")
    entries = tuple(entry for entry in map(_entry, found) if _readable(entry))
    if not entries:
        raise WhitelistError("empty")
    return Whitelist(_generation(root), entries, ignored=len(found) - len(entries))


def write(generated_at: datetime, entries: Iterable[Entry]) -> bytes:
    """A list in the published form; `generated_at` is aware."""
    root = etree.Element(_name("ListeBlancheMSSante"), nsmap={None: NS})
    _add(root, "DateDeGeneration", generated_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    domains = etree.SubElement(root, _name("ListeDomaines"))
    for entry in entries:
        domain = etree.SubElement(domains, _name("Domaine"))
        for tag, field in _FIELDS.items():
            _add(domain, tag, getattr(entry, field))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


_FIELDS: Final = {
    "Nom": "domain",
    "Description": "description",
    "DNCertificatOperateur": "dn",
    "ResponsableContact": "contact",
    "SupportContact": "support",
    "DateMAJ": "updated_at",
}


def _name(tag: str) -> str:
    return f"{{{NS}}}{tag}"


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, _name(tag)).text = text


def _entry(element: etree._Element) -> Entry:
    texts = {field: element.findtext(_name(tag), "").strip() for tag, field in _FIELDS.items()}
    return Entry(**texts)


def _readable(entry: Entry) -> bool:
    try:
        domain_name(entry.domain)
        name_attributes(entry.dn)
    except (AddressError, CertificateError):
        return False
    return True


def _generation(root: etree._Element) -> datetime:
    text = root.findtext(_name("DateDeGeneration"), "").strip()
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise WhitelistError("no_date") from None
    if at.tzinfo is None:
        raise WhitelistError("no_date")
    return at.astimezone(UTC)
