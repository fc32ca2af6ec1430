"""Calling the SOAP services as software does: certificate, VIHF, envelope."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from carnet.ops.pki import Issued
from carnet.standards.ids import Ins
from carnet.standards.soap.envelope import Envelope
from carnet.standards.vihf import Mode, Vihf
from tests.national import certificates, world
from tests.national.certificates import Papers

BASE = "/si-dmp-server/v2/services"
SOAP = "http://www.w3.org/2003/05/soap-envelope"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    content_type: str
    envelope: Envelope
    attachments: Mapping[str, bytes]

    @property
    def fault(self) -> tuple[str, str]:
        """Code and subcode of the fault."""
        found = self.envelope.payload
        assert found.tag == f"{{{SOAP}}}Fault", found.tag
        return (
            str(found.findtext(f"{{{SOAP}}}Code/{{{SOAP}}}Value")).removeprefix("soap:"),
            found.findtext(f"{{{SOAP}}}Code/{{{SOAP}}}Subcode/{{{SOAP}}}Value") or "",
        )


def header(issued: Issued | None) -> dict[str, str]:
    if issued is None:
        return {}
    der = x509.load_pem_x509_certificate(issued.cert_pem).public_bytes(Encoding.DER)
    return {"X-Client-Cert": base64.b64encode(der).decode()}


Call = Callable[..., Reply]


def reader(ins: Ins | None, **changes: Any) -> Vihf:
    return certificates.vihf(
        ins,
        **{"mode": Mode.DIRECTE, "name_id": world.PHYSICIAN_READER.ps_idnat, **changes},
    )


def as_reader(trusting: Papers, ins: Ins) -> dict[str, Any]:
    return {"vihf": reader(ins), "certificate": trusting.card_client}
