"""The assertion of a professional who asks INSi with a card: SAML 2.0, signed with the card.

Its NameQualifier is `CPS`; an assertion of Pro Santé Connect (`PSC`) is not signed by who asks and
proves nobody by itself. With the certificate of a structure there is none.
Source: published messages, INSi integration notes (spec identity §1.11).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from carnet.standards import certificates
from carnet.standards.certificates import Certificate, Trust
from carnet.standards.soap.envelope import SAML, SoapFault
from carnet.standards.vihf.assertion import X509_SUBJECT
from carnet.standards.vihf.errors import VihfRefused
from carnet.standards.vihf.signature import MAX_AGE, SKEW, authentic, sign_assertion

CARD: Final = "CPS"
BILLING: Final = "identifiantFacturation"
SECTOR: Final = "secteurActivite"
SPECIALTY: Final = "codeSpecialiteAMO"

_BILLING: Final = re.compile(r"[0-9A-Z]{8,14}")


@dataclass(frozen=True, slots=True)
class Assertion:
    """Who asks: `name_id` is the idNat_PS, `billing` a FINESS, a SIRET or an AM number.

    Times are aware; `sector` and `specialty` are empty when they are not said.
    """

    id: str
    name_id: str
    issued_at: datetime
    not_before: datetime
    not_on_or_after: datetime
    billing: str
    sector: str = ""
    specialty: str = ""


def sign(assertion: Assertion, *, key_pem: bytes, certificate_pem: bytes) -> bytes:
    """The signed assertion, stand-alone bytes. Raises `CertificateError`, `xmlsec.Error`."""
    issuer = certificates.read(certificate_pem).subject
    return sign_assertion(
        _build(assertion, issuer), key_pem=key_pem, certificate_pem=certificate_pem
    )


def verify(data: bytes, *, trust: Trust, now: datetime) -> tuple[Assertion, Certificate]:
    """What a card that is trusted asserts now, and its certificate. Raises `SoapFault` (Sender)."""
    try:
        root, signer = authentic(data, trust=trust, now=now)
    except VihfRefused as refusal:
        raise SoapFault("Sender", refusal.message, subcode="wsse:FailedCheck") from None
    assertion = _read(root)
    if assertion.name_id != signer.ps_idnat:
        raise _invalid("NameID is not the holder of the card that signs")
    too_early = now + SKEW < max(assertion.not_before, assertion.issued_at)
    too_late = now - SKEW >= min(assertion.not_on_or_after, assertion.issued_at + MAX_AGE)
    if too_early or too_late:
        raise SoapFault(
            "Sender",
            "the assertion is not valid at this time: issue a new one, set the clock",
            subcode="wsse:MessageExpired",
        )
    return assertion, signer


def _build(assertion: Assertion, issuer: str) -> etree._Element:
    root = etree.Element(
        f"{{{SAML}}}Assertion",
        {"ID": assertion.id, "IssueInstant": _written(assertion.issued_at), "Version": "2.0"},
        nsmap={"saml": SAML},
    )
    _text(root, "Issuer", issuer, Format=X509_SUBJECT)
    subject = etree.SubElement(root, f"{{{SAML}}}Subject")
    _text(subject, "NameID", assertion.name_id, NameQualifier=CARD)
    etree.SubElement(
        root,
        f"{{{SAML}}}Conditions",
        {
            "NotBefore": _written(assertion.not_before),
            "NotOnOrAfter": _written(assertion.not_on_or_after),
        },
    )
    statement = etree.SubElement(root, f"{{{SAML}}}AttributeStatement")
    told = {
        BILLING: assertion.billing,
        SECTOR: assertion.sector,
        SPECIALTY: assertion.specialty,
    }
    for name, value in told.items():
        if value:
            attribute = etree.SubElement(statement, f"{{{SAML}}}Attribute", {"Name": name})
            _text(attribute, "AttributeValue", value)
    return root


def _text(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, f"{{{SAML}}}{name}", attributes).text = text


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(root: etree._Element) -> Assertion:
    """Read children of the assertion and theirs, never in depth: the signature covers them all."""
    subject = _child(_child(root, "Subject"), "NameID")
    if subject.get("NameQualifier") != CARD:
        raise _invalid("only the assertion of a card (NameQualifier CPS) is accepted here")
    conditions = _child(root, "Conditions")
    told: dict[str, str] = {}
    for attribute in _child(root, "AttributeStatement").iterchildren(f"{{{SAML}}}Attribute"):
        name = attribute.get("Name", "")
        if name in told:
            raise _invalid(f"the attribute {name[:64]} is repeated")
        told[name] = _content(_child(attribute, "AttributeValue"))
    billing = told.get(BILLING, "")
    if not _BILLING.fullmatch(billing):
        raise _invalid(f"{BILLING} must be a FINESS, a SIRET or an AM number")
    return Assertion(
        root.get("ID", ""),
        _content(subject),
        _instant(root, "IssueInstant"),
        _instant(conditions, "NotBefore"),
        _instant(conditions, "NotOnOrAfter"),
        billing,
        told.get(SECTOR, ""),
        told.get(SPECIALTY, ""),
    )


def _child(parent: etree._Element, name: str) -> etree._Element:
    found = parent.findall(f"{{{SAML}}}{name}")
    if len(found) != 1:
        raise _invalid(f"exactly one {name} is expected")
    return found[0]


def _content(element: etree._Element) -> str:
    if len(element):
        raise _invalid("a text is expected")
    return (element.text or "").strip()


def _instant(element: etree._Element, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(element.get(name, ""))
    except ValueError:
        raise _invalid(f"{name} is not a date and time") from None
    if at.tzinfo is None:
        raise _invalid(f"{name} has no time zone")
    return at


def _invalid(reason: str) -> SoapFault:
    return SoapFault("Sender", reason, subcode="wsse:InvalidSecurityToken")
