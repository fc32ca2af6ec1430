"""The two header blocks that say who asks INSi: ContexteLPS and ContexteBAM.

Source: XSD CTXLPS 01_00 and CTXBAM 01_02 (spec identity §1.11). COUVERTURE of ContexteBAM is
written empty, as published questions have it; what it holds is not read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lxml import etree

from carnet.standards.ins.insi.parts import Reading, leaf
from carnet.standards.soap.envelope import SOAP, SoapFault
from carnet.standards.xml import escape

LPS: Final = "urn:siram:lps:ctxlps"
BAM: Final = "urn:siram:bam:ctxbam"
LPS_TAG: Final = f"{{{LPS}}}ContexteLPS"
BAM_TAG: Final = f"{{{BAM}}}ContexteBAM"


@dataclass(frozen=True, slots=True)
class Software:
    """The software that asks: `idam` is the number of its authorisation, `instance` a UUID."""

    idam: str
    version: str
    instance: str
    name: str


@dataclass(frozen=True, slots=True)
class Context:
    """What both blocks say: their own ids (UUID), when (time zone aware), who, which software.

    `emitter` is the idNat_PS with a card, the OU of the certificate (idNat_Struct) without.
    """

    lps_id: str
    bam_id: str
    at: datetime
    emitter: str
    software: Software


def write(context: Context) -> str:
    """Both blocks, each with its own namespace."""
    at = context.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    software = context.software
    return (
        f'<ContexteLPS xmlns="{LPS}" Nature="CTXLPS" Version="01_00">'
        f"{leaf('Id', context.lps_id)}{leaf('Temps', at)}{leaf('Emetteur', context.emitter)}"
        f'<LPS><IDAM R="4">{escape(software.idam)}</IDAM>{leaf("Version", software.version)}'
        f"{leaf('Instance', software.instance)}{leaf('Nom', software.name)}</LPS></ContexteLPS>"
        f'<ContexteBAM xmlns="{BAM}" Nature="CTXBAM" Version="01_02">'
        f"{leaf('Id', context.bam_id)}{leaf('Temps', at)}{leaf('Emetteur', context.emitter)}"
        f"<COUVERTURE/></ContexteBAM>"
    )


def read(message: etree._Element) -> Context:
    """Read both blocks from the header of a SOAP Envelope. Raises `SoapFault` (Sender)."""
    lps, bam = _block(message, LPS_TAG), _block(message, BAM_TAG)
    software = lps.need("LPS")
    return Context(
        lps_id=lps.need("Id").value,
        bam_id=bam.need("Id").value,
        at=_time(lps),
        emitter=lps.text("Emetteur"),
        software=Software(
            *(software.text(name) for name in ("IDAM", "Version", "Instance", "Nom"))
        ),
    )


def _block(message: etree._Element, tag: str) -> Reading:
    found = message.findall(f"{{{SOAP}}}Header/{tag}")
    if len(found) != 1:
        raise SoapFault("Sender", f"exactly one {etree.QName(tag).localname} is expected")
    return Reading(found[0], "Sender")


def _time(block: Reading) -> datetime:
    """When the block was written; a time without zone is read as UTC, as the service writes."""
    try:
        at = datetime.fromisoformat(block.need("Temps").value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise block.refused("Temps is not a date and time") from None
