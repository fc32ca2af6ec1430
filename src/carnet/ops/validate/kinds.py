"""What a file is, by its content and never by its name, and who judges it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from lxml import etree

from carnet.ops.language import gettext as _
from carnet.ops.validate.documents import judge_cda
from carnet.ops.validate.hl7v2 import judge_messages
from carnet.ops.validate.mail import judge_mail, judge_whitelist, judge_xdm
from carnet.ops.validate.signatures import judge_signed
from carnet.ops.validate.soap import judge_assertion, judge_envelope, judge_mtom
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.ops.validate.xds import TRANSACTIONS, judge_bare, judge_old
from carnet.standards import xml
from carnet.standards.cda.document import HL7, XMLDSIG, XSLT
from carnet.standards.mss.whitelist import NS as WHITELIST
from carnet.standards.soap.envelope import SAML
from carnet.standards.xml import XmlError

Judge = Callable[[bytes], Verdict]

#: Findings told of one file: a hostile one does not make an endless report.
MOST_FINDINGS: Final = 500
#: Bytes looked at to know what a file is.
_HEAD: Final = 64 * 1024

_BOM: Final = b"\xef\xbb\xbf"
#: Not the vertical tab, which begins an MLLP frame.
_SPACES: Final = b" \t\r\n"
_HL7_START: Final = re.compile(rb"\x0b|MSH[^A-Za-z0-9\s]")
_MULTIPART_START: Final = re.compile(rb"--\S")
_HTTP_LINE: Final = re.compile(
    rb"(?:(?:POST|GET) \S+ HTTP/[0-9.]+|HTTP/[0-9.]+ [0-9]{3}[^\r\n]*)\r?\n"
)
_HEADER_LINE: Final = re.compile(rb"[A-Za-z][A-Za-z0-9-]*:[ \t\r\n]")
_SOAP_TYPES: Final = re.compile(rb"application/(?:soap|xop)\+xml", re.IGNORECASE)

#: Root elements and their judges; those of `TRANSACTIONS` come beside.
_ROOTS: Final[Mapping[str, Judge]] = MappingProxyType(
    {
        f"{{{HL7}}}ClinicalDocument": judge_cda,
        f"{{{XSLT}}}stylesheet": judge_cda,
        f"{{{XSLT}}}transform": judge_cda,
        f"{{{XMLDSIG}}}Signature": judge_signed,
        f"{{{SAML}}}Assertion": judge_assertion,
        f"{{{WHITELIST}}}ListeBlancheMSSante": judge_whitelist,
    }
)
#: By which words XML that cannot be parsed is still told to be something.
_MARKS: Final[Mapping[bytes, Judge]] = MappingProxyType(
    {
        b"/soap-envelope": judge_envelope,
        b"ClinicalDocument": judge_cda,
        b"ListeBlancheMSSante": judge_whitelist,
        b"urn:oasis:names:tc:SAML:2.0:assertion": judge_assertion,
    }
)
_OLD_EBRIM: Final = re.compile(r"urn:oasis:names:tc:ebxml-regrep:(?:\w+:)+xsd:2\.\d")


def judge(data: bytes) -> Verdict:
    """The verdict on the bytes of a file. Raises nothing: all that is wrong is a finding."""
    verdict = _judge(data)
    if len(verdict.findings) <= MOST_FINDINGS:
        return verdict
    kept = verdict.findings[:MOST_FINDINGS]
    return replace(verdict, findings=(*kept, _more(len(verdict.findings) - MOST_FINDINGS)))


def _judge(data: bytes) -> Verdict:
    head = data[:_HEAD].removeprefix(_BOM).lstrip(_SPACES)
    if not head:
        return unknown("file-empty", _("Le fichier est vide."))
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return judge_xdm(data)
    if _HL7_START.match(head):
        return judge_messages(data)
    if head.startswith(b"<"):
        return _judge_xml(data)
    soap = _SOAP_TYPES.search(head)
    if soap and _MULTIPART_START.match(head):
        return judge_mtom(data)
    if _HTTP_LINE.match(head) or (soap and _HEADER_LINE.match(head)):
        return judge_mtom(data)
    if _HEADER_LINE.match(head):
        return judge_mail(data)
    return unknown("kind-unknown", _("Le fichier n'est d'aucune sorte que Carnet connaisse."))


def _judge_xml(data: bytes) -> Verdict:
    try:
        root = xml.parse(data)
    except XmlError as error:
        return _judge_broken(data, error)
    tag = str(root.tag)
    if tag in TRANSACTIONS:
        return judge_bare(root)
    if judge_root := _ROOTS.get(tag):
        return judge_root(data)
    name = etree.QName(root)
    if name.localname == "Envelope":
        return judge_envelope(data)
    if _OLD_EBRIM.match(name.namespace or ""):
        return judge_old(root)
    if name.localname == "ClinicalDocument":
        return judge_cda(data)
    told = _("Ce XML n'est d'aucune sorte que Carnet connaisse (racine %s).") % tag
    return unknown("kind-unknown", told)


def _judge_broken(data: bytes, error: XmlError) -> Verdict:
    """XML that is refused: what it pretends to be says so in its own words."""
    head = data[:_HEAD]
    for mark, judge_marked in _MARKS.items():
        if mark in head:
            return judge_marked(data)
    return unknown("xml-refused", _("Le fichier n'est pas un XML acceptable : %s.") % error)


def unknown(rule: str, problem: str) -> Verdict:
    """The verdict on what is not a file to judge."""
    remedy = _("Donner un CDA, un XDM, un message MSSanté, SOAP, XDS ou HL7 v2.")
    return Verdict(Kind.UNKNOWN, _("Sorte inconnue"), (Finding(rule, "", problem, remedy),))


def _more(count: int) -> Finding:
    return Finding(
        "findings-not-told",
        "",
        _("%d défauts de plus ne sont pas dits.") % count,
        _("Corriger les premiers, puis valider de nouveau."),
        Severity.WARNING,
    )
