"""What OBX-5 carries: documents and mail texts, in base64 (spec identity §5.8, §5.9)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from carnet.standards.hl7v2.er7 import Message, Segment
from carnet.standards.hl7v2.errors import Condition, Problem, Severity, erl
from carnet.standards.hl7v2.flags import BODIES, NAMES
from carnet.standards.hl7v2.messages import Action, CarriedDocument

#: OBX-5.3 and what the bytes are.
MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"XML": "text/xml", "PDF": "application/pdf"}
)
_SPACES: Final = re.compile(r"[ \r\n\t]")


@dataclass(frozen=True, slots=True)
class Carried:
    """A document, what to do with it (OBX-11), and the rank of its OBX."""

    document: CarriedDocument
    action: Action | None
    rank: int


class _Base64Error(ValueError):
    """Not base64."""


def read_documents(message: Message, problems: list[Problem]) -> tuple[Carried, ...]:
    """The documents that the message carries; what is wrong is added to `problems`."""
    found = []
    for rank, obx in enumerate(message.all("OBX"), start=1):
        if obx.text(3) in NAMES or obx.text(3) in BODIES:
            continue
        action = _action(obx, rank, problems)
        media_type = MEDIA_TYPES.get(obx.text(5, 3).upper(), "")
        data = b""
        if obx.text(2) != "ED":
            problems.append(
                Problem(
                    Condition.DATA_TYPE,
                    erl("OBX", 2, rank=rank),
                    "Cet OBX n’est ni un document (OBX-2 = ED) ni un indicateur connu : le retirer "
                    "ou corriger OBX-2 et OBX-3.",
                )
            )
        elif not media_type:
            problems.append(
                Problem(
                    Condition.TABLE_VALUE_NOT_FOUND,
                    erl("OBX", 5, rank=rank, part=3),
                    "OBX-5.3 doit dire ce que contient l’OBX : XML (CDA) ou PDF.",
                )
            )
        else:
            data = _document_bytes(obx, rank, action, problems)
        document = CarriedDocument(
            media_type=media_type,
            data=data,
            code=obx.text(3),
            display=obx.text(3, 2),
            system=obx.text(3, 3),
        )
        found.append(Carried(document, action, rank))
    return tuple(found)


def read_body(message: Message, name: str, problems: list[Problem]) -> str:
    """The mail text `name` (CORPSMAIL_PS, CORPSMAIL_PATIENT); empty when there is none.

    A published message holds one cut in the middle: one that cannot be read is a warning, and the
    default text is used, rather than a document that does not leave.
    """
    for rank, obx in enumerate(message.all("OBX"), start=1):
        if obx.text(3) != name:
            continue
        if obx.text(2) != "ED":
            return obx.field(5).whole
        try:
            return _text(_base64(obx.text(5, 5)), obx.codec)
        except (_Base64Error, UnicodeDecodeError):
            problems.append(
                Problem(
                    Condition.DATA_TYPE,
                    erl("OBX", 5, rank=rank, part=5),
                    f"{name} : texte illisible (base64), le texte par défaut est utilisé.",
                    severity=Severity.WARNING,
                )
            )
    return ""


def _action(obx: Segment, rank: int, problems: list[Problem]) -> Action | None:
    try:
        return Action(obx.text(11))
    except ValueError:
        problems.append(
            Problem(
                Condition.TABLE_VALUE_NOT_FOUND,
                erl("OBX", 11, rank=rank),
                "OBX-11 doit valoir F (nouveau), C (remplacement) ou D (suppression).",
            )
        )
        return None


def _document_bytes(
    obx: Segment, rank: int, action: Action | None, problems: list[Problem]
) -> bytes:
    def refused(condition: Condition, part: int, reason: str) -> bytes:
        problems.append(Problem(condition, erl("OBX", 5, rank=rank, part=part), reason))
        return b""

    encoded = obx.text(5, 5)
    if not encoded and action is Action.DELETE:
        return b""
    if obx.text(5, 4).upper() != "BASE64":
        return refused(
            Condition.TABLE_VALUE_NOT_FOUND, 4, "OBX-5.4 doit valoir Base64 pour un document."
        )
    if not encoded:
        return refused(
            Condition.REQUIRED_FIELD_MISSING, 5, "OBX-5.5 est vide : y mettre le document."
        )
    try:
        return _base64(encoded)
    except _Base64Error:
        return refused(
            Condition.DATA_TYPE,
            5,
            "OBX-5.5 n’est pas du base64 complet : le document a été tronqué ou altéré, le "
            "renvoyer.",
        )


def _text(data: bytes, codec: str) -> str:
    """A mail text, whose set the volet does not tell: UTF-8 if it can be, else the message's."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode(codec)
    if "\0" in text:
        raise _Base64Error
    return text


def _base64(text: str) -> bytes:
    """The bytes; folded lines and an absent padding are read over. Raises `_Base64Error`."""
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        compact = _SPACES.sub("", text)
    try:
        return binascii.a2b_base64(compact + "=" * (-len(compact) % 4), strict_mode=True)
    except ValueError as error:
        raise _Base64Error from error
