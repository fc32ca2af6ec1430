"""From a verified assertion to a `Vihf`, and the rules of its content (spec dmp §4.2 to §4.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Final, TypeVar

from lxml import etree

from carnet.standards import nos
from carnet.standards.certificates import Certificate
from carnet.standards.ids import IdentifierError, Ins, StructIdNat
from carnet.standards.vihf.assertion import (
    ACCESS_MODES,
    HL7,
    MINORS_SECRECY,
    RESOURCE,
    SAML,
    SECTORS,
    Mode,
    Name,
    Purpose,
    Software,
    Vihf,
)
from carnet.standards.vihf.errors import Refusal, VihfRefused
from carnet.standards.xds.metadata import Code

VERSIONS: Final = frozenset({"2.0", "3.0", "4.0"})

_PROFESSIONS: Final = "1.2.250.1.71.1.2.7"  #: TRE_G15
_KNOW_HOW: Final = "1.2.250.1.71.4.2.5"  #: TRE_R01
_CNOP_SECTIONS: Final = "1.2.250.1.71.4.2.6"  #: TRE_G05
_CHARACTERISED_BY_ROLE: Final = "1.2.250.1.213.1.6.1.140"
_ROLES_IN_CARE: Final = "1.2.250.1.213.1.6.1.107"  #: TRE_R85
#: The second role that a first role calls for, by the code systems in which it may be.
_SECOND_ROLES: Final = {
    ("10", _PROFESSIONS): frozenset({_KNOW_HOW}),
    ("21", _PROFESSIONS): frozenset({_CNOP_SECTIONS, _KNOW_HOW}),
    ("99", _CHARACTERISED_BY_ROLE): frozenset({_ROLES_IN_CARE}),
}
_SECOND_ONLY: Final = frozenset({_KNOW_HOW, _CNOP_SECTIONS, _ROLES_IN_CARE})

_CLASSES: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
#: Proofs of one factor at most, which neither a card nor AIR is (SAML 2.0 Authn Context §3.4).
_WEAK: Final = frozenset(
    _CLASSES + name
    for name in (
        "InternetProtocol",
        "InternetProtocolPassword",
        "MobileOneFactorContract",
        "MobileOneFactorUnregistered",
        "Password",
        "PasswordProtectedTransport",
        "PreviousSession",
    )
)
_UNSPECIFIED: Final = f"{_CLASSES}unspecified"

_NAME_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{4,63}")
_SECTOR: Final = re.compile(rf"(SA[0-9]{{2}})\^{re.escape(SECTORS)}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)

Attributes = dict[str, list[etree._Element]]


def read(root: etree._Element) -> Vihf:
    """The content of an assertion whose signature has been verified. Raises `VihfRefused`.

    Only children of the assertion and their own children are read, never a search in depth: the
    signature covers them all, and nothing inside `ds:Signature` is looked at.
    """
    if root.get("Version") != "2.0":
        raise _malformed("Version SAML 2.0 attendue")
    issuer = _child(root, "Issuer")
    subject = _child(_child(root, "Subject"), "NameID")
    statement = _child(root, "AuthnStatement")
    context = _child(statement, "AuthnContext")
    conditions = _children(root, "Conditions")
    not_before, not_on_or_after = _conditions(conditions) if conditions else (None, None)
    attributes = _attributes(_child(root, "AttributeStatement"))
    declaration = context.find(f"{{{SAML}}}AuthnContextDecl")
    return Vihf(
        id=root.get("ID", ""),
        issuer=_content(issuer),
        name_id=_content(subject),
        issued_at=_instant(root.get("IssueInstant"), "IssueInstant"),
        authn_instant=_instant(statement.get("AuthnInstant"), "AuthnInstant"),
        authn_class=_content(_child(context, "AuthnContextClassRef")),
        authn_decl="" if declaration is None else _content(declaration),
        not_before=not_before,
        not_on_or_after=not_on_or_after,
        version=_version(attributes),
        mode=_mode(attributes),
        structure=_structure(attributes),
        sector=_sector(attributes),
        roles=_roles(attributes),
        patient=_patient(attributes),
        purpose=_purpose(attributes),
        subject_id=_text(attributes, Name.SUBJECT, required=False),
        secret_connection=_secret_connection(attributes),
        software=Software(
            name=_text(attributes, Name.SOFTWARE_NAME),
            version=_text(attributes, Name.SOFTWARE_VERSION),
            homologation=_text(attributes, Name.HOMOLOGATION),
            id=_text(attributes, Name.SOFTWARE_ID, required=False),
        ),
    )


def check(vihf: Vihf, certificate: Certificate) -> None:
    """The rules that join fields, and fields with the certificate. Raises `VihfRefused`.

    A card speaks for its holder (direct mode); an organisation certificate speaks for users that
    it has authenticated (all other modes; spec dmp §4.3). Whether the structure is covered by the
    certificate (EJ and EG) needs the directory: it is left to the caller.
    """
    if not _NAME_ID.fullmatch(vihf.name_id):
        raise _malformed("Subject/NameID")
    if not vihf.authn_class:
        raise _malformed("AuthnContextClassRef")
    if vihf.mode is Mode.DIRECTE:
        if certificate.ps_idnat != vihf.name_id:
            raise VihfRefused(Refusal.MODE, "le mode direct veut la carte de l'utilisateur")
    else:
        if not certificate.struct_idnat:
            raise VihfRefused(Refusal.MODE, "ce mode veut un certificat d'organisation")
        if not vihf.subject_id:
            raise VihfRefused(Refusal.MODE, "ce mode veut le nom de l'utilisateur (subject-id)")
    _check_method(vihf)
    _check_roles(vihf.roles)


def _check_method(vihf: Vihf) -> None:
    """How the user was proved agrees with the mode (spec dmp §4.1, §4.3, EX_AIR-050)."""
    air = vihf.mode is Mode.INDIRECTE_RENFORCEE
    if air and vihf.authn_decl in ("", _UNSPECIFIED):
        raise VihfRefused(Refusal.MODE, "AIR veut la méthode primaire (AuthnContextDecl)")
    if not air and vihf.authn_decl:
        raise VihfRefused(Refusal.MODE, "la méthode primaire (AuthnContextDecl) est propre à AIR")
    strong = air or vihf.mode is Mode.DIRECTE
    if strong and not _WEAK.isdisjoint({vihf.authn_class, vihf.authn_decl}):
        raise VihfRefused(Refusal.MODE, "l'authentification de l'utilisateur n'est pas forte")


def _check_roles(roles: tuple[Code, ...]) -> None:
    known = _known_roles()
    for role in roles:
        if (role.code, role.scheme) not in known:
            raise VihfRefused(Refusal.ROLE, f"{role.code} de {role.scheme}")
    if not roles or roles[0].scheme in _SECOND_ONLY:
        raise VihfRefused(Refusal.ROLE, "la profession vient en premier")
    wanted = _SECOND_ROLES.get((roles[0].code, roles[0].scheme))
    if wanted and not any(role.scheme in wanted for role in roles[1:]):
        raise VihfRefused(Refusal.SPECIALTY)


@cache
def _known_roles() -> frozenset[tuple[str, str]]:
    """JDV_J05 and JDV_J65, the professions in training, and the roles in the care."""
    shared = [*nos.value_set("subject_roles"), *nos.value_set("professions")]
    own = files(__package__).joinpath("other_roles.tsv").read_text("utf-8").splitlines()[2:]
    return frozenset(
        {(concept.code, concept.system) for concept in shared}
        | {(code, system) for code, system, _ in (line.split("\t") for line in own)}
    )


def _conditions(
    elements: list[etree._Element],
) -> tuple[datetime | None, datetime | None]:
    if len(elements) > 1:
        raise _malformed("Conditions")
    conditions = elements[0]
    for condition in conditions:
        # SAML 2.0 core §2.5.1.1: an assertion with a condition that is not understood is invalid.
        if condition.tag != f"{{{SAML}}}AudienceRestriction":
            raise _malformed("Conditions")
        if RESOURCE not in map(_content, _children(condition, "Audience")):
            raise VihfRefused(Refusal.AUDIENCE)
    bounds = (conditions.get(name) for name in ("NotBefore", "NotOnOrAfter"))
    first, last = (None if text is None else _instant(text, "Conditions") for text in bounds)
    return first, last


def _attributes(statement: etree._Element) -> Attributes:
    """The values of each attribute. A name said twice could be read two ways: refused."""
    found: Attributes = {}
    for attribute in _children(statement, "Attribute"):
        name = attribute.get("Name", "")
        if name == Name.MODE_AS_IN_TABLE:
            name = Name.MODE
        if name in found:
            raise _malformed("attribut répété")
        found[name] = _children(attribute, "AttributeValue")
    return found


def _text(attributes: Attributes, name: Name, *, required: bool = True) -> str:
    values = attributes.get(name, [])
    if len(values) > 1 or (values and len(values[0])):
        raise _malformed(name)
    text = _content(values[0]) if values else ""
    if required and not text:
        raise _malformed(name)
    return text


def _coded(attributes: Attributes, name: Name, tag: str) -> Iterator[Code]:
    for value in attributes.get(name, []):
        if len(value) != 1 or value[0].tag != f"{{{HL7}}}{tag}":
            raise _malformed(name)
        coded = value[0]
        yield Code(coded.get("code", ""), coded.get("codeSystem", ""), coded.get("displayName", ""))


def _version(attributes: Attributes) -> str:
    version = _text(attributes, Name.VERSION)
    if version not in VERSIONS:
        raise VihfRefused(Refusal.VERSION)
    return version


E = TypeVar("E", Mode, Purpose)


def _member(kind: type[E], text: str, refusal: Refusal) -> E:
    try:
        return kind(text)
    except ValueError:
        raise VihfRefused(refusal) from None


def _mode(attributes: Attributes) -> Mode:
    if _text(attributes, Name.RESOURCE) != RESOURCE:
        raise VihfRefused(Refusal.AUDIENCE)
    return _member(Mode, _text(attributes, Name.MODE), Refusal.MODE)


def _structure(attributes: Attributes) -> str:
    try:
        return StructIdNat(_text(attributes, Name.STRUCTURE))
    except IdentifierError:
        raise VihfRefused(Refusal.STRUCTURE, Name.STRUCTURE) from None


def _sector(attributes: Attributes) -> str:
    match = _SECTOR.fullmatch(_text(attributes, Name.SECTOR))
    if match is None or match[1] not in nos.value_set("activity_sectors"):
        raise VihfRefused(Refusal.STRUCTURE, Name.SECTOR)
    return match[1]


def _roles(attributes: Attributes) -> tuple[Code, ...]:
    return tuple(_coded(attributes, Name.ROLE, "Role"))


def _patient(attributes: Attributes) -> Ins | None:
    text = _text(attributes, Name.PATIENT, required=False)
    try:
        return Ins.from_cx(text) if text else None
    except IdentifierError:
        raise VihfRefused(Refusal.PATIENT) from None


def _purpose(attributes: Attributes) -> Purpose:
    codes = tuple(_coded(attributes, Name.PURPOSE, "PurposeOfUse"))
    if len(codes) != 1 or codes[0].scheme != ACCESS_MODES:
        raise VihfRefused(Refusal.PURPOSE)
    return _member(Purpose, codes[0].code, Refusal.PURPOSE)


def _secret_connection(attributes: Attributes) -> bool:
    text = _text(attributes, Name.CONFIDENTIALITY, required=False)
    if text not in ("", MINORS_SECRECY):
        raise _malformed(Name.CONFIDENTIALITY)
    return bool(text)


def _instant(text: str | None, name: str) -> datetime:
    if text is None or not _INSTANT.fullmatch(text):
        raise _malformed(name)
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _malformed(name) from None


def _children(parent: etree._Element, tag: str) -> list[etree._Element]:
    return list(parent.iterchildren(f"{{{SAML}}}{tag}"))


def _child(parent: etree._Element, tag: str) -> etree._Element:
    found = _children(parent, tag)
    if len(found) != 1:
        raise _malformed(tag)
    return found[0]


def _content(element: etree._Element) -> str:
    """The text of an element that has only text (comments are refused before this)."""
    if len(element):
        raise _malformed(str(element.tag).rpartition("}")[2])
    return (element.text or "").strip()


def _malformed(detail: str) -> VihfRefused:
    return VihfRefused(Refusal.MALFORMED, detail)
