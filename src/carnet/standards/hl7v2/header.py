"""MSH, read from a message or from what is left of one (spec identity §5.1, §5.8)."""

from __future__ import annotations

from dataclasses import dataclass

from carnet.standards.hl7v2.er7 import CHARSETS, STANDARD, Message, Segment, read
from carnet.standards.hl7v2.errors import Hl7Error


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says. Applications and facilities are HD components (name, id, type of id)."""

    sending_application: tuple[str, ...] = ("",)
    sending_facility: tuple[str, ...] = ("",)
    receiving_application: tuple[str, ...] = ("",)
    receiving_facility: tuple[str, ...] = ("",)
    at: str = ""
    code: str = ""  #: MSH-9.1: ADT, MDM, ORU, ACK…
    trigger: str = ""  #: MSH-9.2: A01, T02…
    structure: str = ""
    control_id: str = ""  #: MSH-10
    processing: str = ""  #: MSH-11.1: P, T or D
    version: tuple[str, ...] = ("",)  #: MSH-12: `2.5`, `FRA`, `2.11`
    country: str = ""
    charset: str = ""  #: MSH-18, as `er7.CHARSETS` names it
    profile: tuple[str, ...] = ("",)  #: MSH-21: `2.1`, `CISIS_CDA_HL7_V2`

    @property
    def is_acknowledgement(self) -> bool:
        """Whether this is itself an answer, which is never acknowledged."""
        return self.code == "ACK"


def header_of(message: Message) -> Header:
    """The header of a message."""
    return _header(message.msh, message.charset)


def peek(data: bytes) -> Header:
    """The header of bytes that may be no message, as far as it can be read; never raises.

    For the acknowledgement of what `er7.read` refused.
    """
    line = data[:4096].replace(b"\n", b"\r").split(b"\r", 1)[0]
    for candidate in (line, line.decode("ascii", "ignore").encode()):
        try:
            return header_of(read(candidate))
        except Hl7Error:
            continue
    text = line.decode("ascii", "ignore")
    if not text.startswith("MSH") or len(text) < 8:
        return Header()
    separator = text[3]
    fields = [text[:3], separator, *text[4:].split(separator)]
    return _header(Segment(tuple(fields), STANDARD), "")


def _header(msh: Segment, charset: str) -> Header:
    return Header(
        sending_application=msh.field(3).components,
        sending_facility=msh.field(4).components,
        receiving_application=msh.field(5).components,
        receiving_facility=msh.field(6).components,
        at=msh.text(7),
        code=msh.text(9),
        trigger=msh.text(9, 2),
        structure=msh.text(9, 3),
        control_id=msh.text(10),
        processing=msh.text(11),
        version=msh.field(12).components,
        country=msh.text(17),
        charset=charset if charset in CHARSETS else "",
        profile=msh.field(21).components,
    )
