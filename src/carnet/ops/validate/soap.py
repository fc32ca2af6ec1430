"""SOAP messages, MTOM packages, and the VIHF inside, which is read and never trusted here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Final

from lxml import etree

from carnet.ops.language import gettext as _
from carnet.ops.validate.services import SERVICES
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.ops.validate.xds import TRANSACTIONS, Message, Transaction, judged, of_fault
from carnet.standards import xml
from carnet.standards.soap import mtom
from carnet.standards.soap.envelope import Envelope, SoapFault, read
from carnet.standards.vihf import Refusal, Vihf, VihfRefused, reading
from carnet.standards.vihf.errors import MESSAGES
from carnet.standards.xml import XmlError

_SIGNATURE: Final = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_CONTENT_TYPE: Final = re.compile(
    rb"^content-type:[ \t]*((?:[^\r\n]|\r?\n[ \t])+)", re.IGNORECASE | re.MULTILINE
)
#: More than a boundary may be (RFC 2046, 70 characters).
_LONGEST_LINE: Final = 200
_LONGEST_HEAD: Final = 16 * 1024
_END_OF_HEADERS: Final = re.compile(rb"\r?\n\r?\n")


def judge_envelope(data: bytes, attachments: Mapping[str, bytes] | None = None) -> Verdict:
    """The verdict on the bytes of an Envelope."""
    try:
        envelope = read(data)
    except SoapFault as fault:
        return Verdict(Kind.SOAP, _("Message SOAP refusé"), (of_fault(fault),))
    tag = str(envelope.payload.tag)
    transaction = TRANSACTIONS.get(tag) or SERVICES.get(tag)
    vihf, findings = _assertion(envelope, transaction)
    if transaction is None:
        name = etree.QName(envelope.payload).localname
        return Verdict(Kind.SOAP, f"SOAP, {name}", (*findings, _not_judged(name)))
    if transaction.actions and envelope.addressing.action not in transaction.actions:
        findings.append(_wrong_action(transaction))
    patient = vihf.patient if vihf else None
    told, found = judged(transaction, Message(envelope.payload, attachments or {}, patient))
    title = f"SOAP, {transaction.title} : {told}"
    return Verdict(Kind.SOAP, title + _who(vihf), (*findings, *found))


def judge_mtom(data: bytes) -> Verdict:
    """The verdict on a multipart body, with or without the HTTP headers before it."""
    content_type, body = _http(data)
    try:
        package = mtom.read(content_type, BytesIO(body), limit=len(body))
    except SoapFault as fault:
        return Verdict(Kind.SOAP, _("Message SOAP avec parties (MTOM) refusé"), (of_fault(fault),))
    return judge_envelope(package.root, package.attachments)


def _http(data: bytes) -> tuple[str, bytes]:
    """Content-Type and body; a body alone tells its boundary by its first line."""
    if data.startswith(b"--"):
        boundary = data[:_LONGEST_LINE].splitlines()[0][2:].strip().decode("ascii", "replace")
        return f'{mtom.RELATED_TYPE}; boundary="{boundary}"', data
    end = _END_OF_HEADERS.search(data, 0, _LONGEST_HEAD)
    head, body = (data[: end.start()], data[end.end() :]) if end else (data[:_LONGEST_HEAD], b"")
    found = _CONTENT_TYPE.search(head)
    value = " ".join(found[1].decode("latin-1").split()) if found else ""
    return value, body


def judge_assertion(data: bytes) -> Verdict:
    """The verdict on a saml:Assertion that stands alone."""
    vihf, findings = read_vihf(data)
    return Verdict(Kind.VIHF, _("Assertion VIHF") + _who(vihf), tuple(findings))


def read_vihf(assertion: bytes) -> tuple[Vihf | None, list[Finding]]:
    """What an assertion says, without any trust in it, and what keeps it from being a VIHF."""
    try:
        root = xml.parse(assertion)
    except XmlError as error:
        return None, [_vihf(Refusal.MALFORMED, f"{error}.")]
    findings = []
    if root.find(_SIGNATURE) is None:
        findings.append(_vihf(Refusal.SIGNATURE, _("Le VIHF n'est pas signé.")))
    try:
        return reading.read(root), findings
    except VihfRefused as refused:
        return None, [*findings, _vihf(refused.code, refused.message)]


def _assertion(
    envelope: Envelope, transaction: Transaction | None
) -> tuple[Vihf | None, list[Finding]]:
    if envelope.assertion is None:
        if transaction is None or not transaction.request:
            return None, []
        return None, [
            Finding(
                "vihf-absent",
                "/Envelope/Header/Security",
                _("La demande ne porte pas de VIHF (assertion SAML) dans wsse:Security."),
                _("Joindre le VIHF signé qui dit qui demande, pour qui et pourquoi."),
                requirement="dmp §4",
            )
        ]
    vihf, findings = read_vihf(envelope.assertion)
    return vihf, [finding.inside("/Envelope/Header/Security/Assertion") for finding in findings]


def _vihf(code: Refusal, problem: str) -> Finding:
    remedy = "" if problem.startswith(MESSAGES[code]) else f"{MESSAGES[code]}."
    return Finding(code, "", problem, remedy, requirement="dmp §4.2, §4.4")


def _who(vihf: Vihf | None) -> str:
    if vihf is None:
        return ""
    return _(" ; VIHF %(version)s lisible (%(mode)s), signature non vérifiée") % {
        "version": vihf.version,
        "mode": vihf.mode,
    }


def _wrong_action(transaction: Transaction) -> Finding:
    return Finding(
        "wsa-action",
        "/Envelope/Header/Action",
        _("wsa:Action n'est pas celle de ce message."),
        _("Écrire %s.") % _(" ou ").join(transaction.actions),
        requirement="dmp §1.2",
    )


def _not_judged(name: str) -> Finding:
    return Finding(
        "payload-not-judged",
        f"/Envelope/Body/{name}",
        _("Carnet ne connaît pas cette transaction : son contenu n'est pas jugé."),
        _("Vérifier ce message avec les outils de son standard."),
        Severity.WARNING,
    )
