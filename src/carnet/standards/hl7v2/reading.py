"""One door for whatever an MLLP listener receives: the event that a message tells."""

from __future__ import annotations

from carnet.standards.hl7v2.documents import read_document
from carnet.standards.hl7v2.er7 import Message
from carnet.standards.hl7v2.messages import AdtEvent, DocumentEvent, Ignored
from carnet.standards.hl7v2.pam import read_adt
from carnet.standards.ids import INS_OIDS, Oid


def read_event(
    message: Message, *, ins_oids: frozenset[Oid] = INS_OIDS, strict_matrix: bool = False
) -> AdtEvent | DocumentEvent | Ignored:
    """The event of an ADT, MDM or ORU message, by MSH-9. Raises `Hl7Error` (200 for any other).

    An acknowledgement is refused too: ask `Header.is_acknowledgement` first, and never answer one.
    """
    if message.get("MSH-9") == "ADT":
        return read_adt(message, ins_oids=ins_oids)
    return read_document(message, ins_oids=ins_oids, strict_matrix=strict_matrix)
