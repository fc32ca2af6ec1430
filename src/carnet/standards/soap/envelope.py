"""The SOAP 1.2 envelope with WS-Addressing 1.0 headers and the SAML assertion of WS-Security.

Sources: SOAP 1.2 part 1 (W3C), WS-Addressing 1.0 core and SOAP binding (W3C), spec dmp §1.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, get_args

from lxml import etree

from carnet.standards import xml
from carnet.standards.xml import XmlError, escape

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
WSA: Final = "http://www.w3.org/2005/08/addressing"
WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"

_ENVELOPE, _HEADER, _BODY_TAG = (f"{{{SOAP}}}{name}" for name in ("Envelope", "Header", "Body"))
#: What the tags of WS-Addressing begin with, up to the brace.
_OF_WSA: Final = f"{{{WSA}"

#: The address that means "answer on this connection" (WS-Addressing 1.0 core, §2.1).
ANONYMOUS: Final = f"{WSA}/anonymous"
NONE: Final = f"{WSA}/none"
#: The action of a message that carries a fault (WS-Addressing 1.0 SOAP binding, §6).
FAULT_ACTION: Final = f"{WSA}/soap/fault"
#: Bytes of one envelope, attachments apart, unless a caller says otherwise.
DEFAULT_LIMIT: Final = 64 * 1024 * 1024

FaultCode = Literal["Sender", "Receiver", "MustUnderstand", "VersionMismatch"]

_ADDRESSING_HEADERS: Final = (
    "To",
    "From",
    "ReplyTo",
    "FaultTo",
    "Action",
    "MessageID",
    "RelatesTo",
)
#: The header blocks that we process: all others are refused when they must be understood.
UNDERSTOOD: Final = frozenset(f"{{{WSA}}}{name}" for name in _ADDRESSING_HEADERS) | {
    f"{{{WSSE}}}Security"
}
#: Roles in which a block is meant for us, the ultimate receiver (SOAP 1.2 part 1, §2.2).
_OUR_ROLES: Final = frozenset({"", f"{SOAP}/role/next", f"{SOAP}/role/ultimateReceiver"})
_BOOLEANS: Final = {"": False, "0": False, "false": False, "1": True, "true": True}
_PREFIXES: Final = {WSA: "wsa", WSSE: "wsse"}


class SoapFault(Exception):  # noqa: N818 - the term of SOAP
    """A message that is refused as SOAP 1.2 says, or the fault that the other side answered.

    `code` is the local name of a SOAP 1.2 fault code; `subcode` a QName with prefix `wsa` or
    `wsse`, or a plain name (`DMPInvalidCertificate`); `not_understood` lists the headers of a
    MustUnderstand fault as `{namespace}name`.
    """

    def __init__(
        self,
        code: FaultCode,
        reason: str,
        *,
        subcode: str = "",
        detail: str = "",
        not_understood: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{code}: {reason}")
        self.code: FaultCode = code
        self.reason = reason
        self.subcode = subcode
        self.detail = detail
        self.not_understood = not_understood


@dataclass(frozen=True, slots=True)
class Addressing:
    """The WS-Addressing properties of one message; `relates_to` is set in an answer only."""

    action: str
    message_id: str
    to: str = ""
    reply_to: str = ANONYMOUS
    relates_to: str = ""

    def answer(self, action: str, message_id: str) -> Addressing:
        """The properties of the answer to this message (spec dmp §1.2)."""
        return Addressing(
            action=action,
            message_id=message_id,
            to=ANONYMOUS,
            reply_to="",
            relates_to=self.message_id,
        )


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message: `payload` is the one child of the Body, `assertion` the bytes of saml:Assertion.

    The bytes of the assertion stand alone (they declare the namespaces in scope), so that what is
    verified is what is read.
    """

    addressing: Addressing
    payload: etree._Element
    assertion: bytes | None


def read(
    data: bytes, *, limit: int = DEFAULT_LIMIT, understood: frozenset[str] = frozenset()
) -> Envelope:
    """Read one envelope, request or answer. Raises `SoapFault`.

    `understood` are header blocks that the caller processes beyond ours, as `{namespace}name`. A
    fault answered by the other side is a payload like another: see `read_fault`.
    """
    try:
        root = xml.parse(data, limit=limit)
    except XmlError as error:
        raise SoapFault("Sender", f"the message is not acceptable XML: {error}") from None
    header, body = _parts(root)
    blocks = tuple(_elements(header)) if header is not None else ()
    _check_understood(blocks, UNDERSTOOD | understood)
    payloads = tuple(_elements(body))
    if len(payloads) != 1:
        raise SoapFault("Sender", f"the Body must hold one element, it holds {len(payloads)}")
    return Envelope(
        addressing=_addressing(blocks), payload=payloads[0], assertion=_assertion(blocks)
    )


def _elements(parent: etree._Element) -> Iterator[etree._Element]:
    return parent.iterchildren(tag=etree.Element)


def _parts(root: etree._Element) -> tuple[etree._Element | None, etree._Element]:
    """Header (optional) and Body of an Envelope of SOAP 1.2."""
    if root.tag != _ENVELOPE:
        if etree.QName(root).localname != "Envelope":
            raise SoapFault("Sender", "the root element is not a SOAP Envelope")
        raise SoapFault("VersionMismatch", "only SOAP 1.2 is spoken here")
    match list(_elements(root)):
        case [body] if body.tag == _BODY_TAG:
            return None, body
        case [header, body] if header.tag == _HEADER and body.tag == _BODY_TAG:
            return header, body
        case _:
            raise SoapFault("Sender", "the Envelope must hold an optional Header, then one Body")


def _check_understood(blocks: tuple[etree._Element, ...], understood: frozenset[str]) -> None:
    strangers = []
    for block in blocks:
        required = _BOOLEANS.get((block.get(f"{{{SOAP}}}mustUnderstand") or "").strip())
        if required is None:
            raise SoapFault("Sender", "mustUnderstand is neither true nor false")
        ours = (block.get(f"{{{SOAP}}}role") or "").strip() in _OUR_ROLES
        if required and ours and block.tag not in understood:
            strangers.append(str(block.tag))
    if strangers:
        raise SoapFault(
            "MustUnderstand",
            "a header that must be understood is not",
            not_understood=tuple(strangers),
        )


def _addressing(blocks: tuple[etree._Element, ...]) -> Addressing:
    found: dict[str, etree._Element] = {}
    for block in blocks:
        namespace, _, name = str(block.tag).rpartition("}")
        if namespace != _OF_WSA:
            continue
        if name in found:
            raise SoapFault(
                "Sender", f"wsa:{name} is repeated", subcode="wsa:InvalidAddressingHeader"
            )
        found[name] = block
    properties = {name: (found[name].text or "").strip() for name in found}
    # An answer may go without MessageID; a request may not (WS-Addressing 1.0 core, §3.4).
    required = ("Action",) if properties.get("RelatesTo") else ("Action", "MessageID")
    for property_ in required:
        if not properties.get(property_):
            raise SoapFault(
                "Sender",
                f"wsa:{property_} is missing",
                subcode="wsa:MessageAddressingHeaderRequired",
            )
    return Addressing(
        action=properties["Action"],
        message_id=properties.get("MessageID", ""),
        to=properties.get("To", ""),
        reply_to=_answer_here(found),
        relates_to=properties.get("RelatesTo", ""),
    )


def _answer_here(found: dict[str, etree._Element]) -> str:
    """Where the answer is wanted: on this connection, or nowhere; we call nobody back."""
    addresses = {
        name: (found[name].findtext(f"{{{WSA}}}Address") or "").strip()
        for name in ("ReplyTo", "FaultTo")
        if name in found
    }
    for name, address in addresses.items():
        if address not in (ANONYMOUS, NONE):
            raise SoapFault(
                "Sender",
                f"wsa:{name} must be the anonymous address: answers go back on the connection",
                subcode="wsa:OnlyAnonymousAddressSupported",
            )
    return addresses.get("ReplyTo", ANONYMOUS)


def _assertion(blocks: tuple[etree._Element, ...]) -> bytes | None:
    assertions = [
        child
        for block in blocks
        if block.tag == f"{{{WSSE}}}Security"
        for child in block.iterchildren(f"{{{SAML}}}Assertion")
    ]
    if len(assertions) > 1:
        raise SoapFault(
            "Sender", "the message carries several assertions", subcode="wsse:InvalidSecurity"
        )
    return xml.serialize(assertions[0]) if assertions else None


def write(addressing: Addressing, payload: bytes, *, assertion: bytes | None = None) -> bytes:
    """One envelope around `payload`, an element in UTF-8 without XML declaration."""
    security = b"" if assertion is None else b"<wsse:Security>" + assertion + b"</wsse:Security>"
    return b"".join((_head(addressing), security, _BODY, payload, _END))


_BODY: Final = b"</soap:Header><soap:Body>"
_END: Final = b"</soap:Body></soap:Envelope>"


def _head(addressing: Addressing, *, blocks: str = "") -> bytes:
    reply_to = relates_to = ""
    if addressing.reply_to:
        reply_to = (
            '<wsa:ReplyTo soap:mustUnderstand="true">'
            f"<wsa:Address>{escape(addressing.reply_to)}</wsa:Address></wsa:ReplyTo>"
        )
    if addressing.relates_to:
        relates_to = f"<wsa:RelatesTo>{escape(addressing.relates_to)}</wsa:RelatesTo>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{WSA}" xmlns:wsse="{WSSE}"><soap:Header>'
        f'<wsa:Action soap:mustUnderstand="true">{escape(addressing.action)}</wsa:Action>'
        f"<wsa:MessageID>{escape(addressing.message_id)}</wsa:MessageID>"
        f"<wsa:To>{escape(addressing.to)}</wsa:To>{reply_to}{relates_to}{blocks}"
    ).encode()


def write_fault(fault: SoapFault, *, relates_to: str = "", message_id: str) -> bytes:
    """The envelope that answers with `fault` (SOAP 1.2 part 1, §5.4)."""
    addressing = Addressing(
        action=FAULT_ACTION,
        message_id=message_id,
        to=ANONYMOUS,
        reply_to="",
        relates_to=relates_to,
    )
    subcode = detail = ""
    if fault.subcode:
        subcode = f"<soap:Subcode><soap:Value>{escape(fault.subcode)}</soap:Value></soap:Subcode>"
    if fault.detail:
        detail = f"<soap:Detail><message>{escape(fault.detail)}</message></soap:Detail>"
    body = (
        f"<soap:Fault><soap:Code><soap:Value>soap:{fault.code}</soap:Value>{subcode}</soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{escape(fault.reason)}</soap:Text></soap:Reason>'
        f"{detail}</soap:Fault>"
    )
    head = _head(addressing, blocks=_explanations(fault))
    return b"".join((head, _BODY, body.encode(), _END))


def _explanations(fault: SoapFault) -> str:
    """The header blocks that explain a fault (SOAP 1.2 part 1, §5.4.7 and §5.4.8)."""
    if fault.code == "VersionMismatch":
        return '<soap:Upgrade><soap:SupportedEnvelope qname="soap:Envelope"/></soap:Upgrade>'
    return "".join(_not_understood(etree.QName(name)) for name in fault.not_understood)


def _not_understood(name: etree.QName) -> str:
    if name.namespace is None:
        return f'<soap:NotUnderstood qname="{name.localname}"/>'
    return f'<soap:NotUnderstood xmlns:h="{escape(name.namespace)}" qname="h:{name.localname}"/>'


def read_fault(payload: etree._Element) -> SoapFault | None:
    """The fault that an answer carries, or None when the payload is not one. Raises `SoapFault`."""
    if payload.tag != f"{{{SOAP}}}Fault":
        return None
    value = payload.find(f"{{{SOAP}}}Code/{{{SOAP}}}Value")
    code = _local(value).rpartition(":")[2]
    known = next((known for known in get_args(FaultCode) if known == code), None)
    if known is None:
        raise SoapFault("Receiver", "the fault has no code of SOAP 1.2")
    detail = payload.find(f"{{{SOAP}}}Detail")
    return SoapFault(
        known,
        (payload.findtext(f"{{{SOAP}}}Reason/{{{SOAP}}}Text") or "").strip(),
        subcode=_local(payload.find(f"{{{SOAP}}}Code/{{{SOAP}}}Subcode/{{{SOAP}}}Value")),
        detail="" if detail is None else " ".join("".join(detail.itertext()).split()),
    )


def _local(value: etree._Element | None) -> str:
    """The QName of a fault code with our prefix for its namespace, or its local name."""
    if value is None:
        return ""
    prefix, _, local = (value.text or "").strip().rpartition(":")
    ours = _PREFIXES.get(value.nsmap.get(prefix or None, ""))
    return f"{ours}:{local}" if ours else local
