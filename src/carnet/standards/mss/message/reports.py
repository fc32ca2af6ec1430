"""Delivery and reading reports (RFC 3464, RFC 8098; spec mssante §8.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from typing import Final

from carnet.standards.mss.message import headers

DISPOSITION: Final = "disposition-notification"
DELIVERY: Final = "delivery-status"
_ID: Final = re.compile(r"<[^<>\s]{1,990}>")
#: `902^…` in the field Error (volet LPS 1.1.3) or inside Disposition (1.1).
_BUSINESS_ERROR: Final = re.compile(r"\b(9[0-9]{2})\^([^^|]*)")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a message that we sent.

    `kind` is `disposition-notification` (MDN) or `delivery-status` (DSN). `outcome` is, of an
    MDN, the disposition (`displayed`, `processed`, `processed/error`…), of a DSN the action
    (`delivered`, `failed`, `delayed`…), in lower case. `status` is the enhanced status of a DSN.
    `error_code` and `error_label` are those of table 0533 when the receiver could not integrate.
    """

    kind: str
    outcome: str
    original_message_id: str = ""
    final_recipient: str = ""
    status: str = ""
    error_code: str = ""
    error_label: str = ""


def read_report(message: Message) -> Report | None:
    """The report that `message` is, or None. A report that says nothing readable has no outcome."""
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    kind = headers.decoded_parameter(message.get_param("report-type") or "").lower()
    if kind not in (DISPOSITION, DELIVERY):
        return None
    fields = _fields(message, f"message/{kind}")
    disposition = fields.get("disposition", "")
    error = _BUSINESS_ERROR.search(fields.get("error", "") or disposition)
    outcome = disposition.rpartition(";")[2] if kind == DISPOSITION else fields.get("action", "")
    return Report(
        kind=kind,
        outcome=outcome.partition(":")[0].strip().lower(),
        original_message_id=_identifier(fields.get("original-message-id", ""), message),
        final_recipient=fields.get("final-recipient", "").rpartition(";")[2].strip(),
        status=fields.get("status", ""),
        error_code=error[1] if error else "",
        error_label=error[2].strip() if error else "",
    )


def _fields(message: Message, media_type: str) -> dict[str, str]:
    """The fields of the machine part: of the message, then of its first recipient."""
    found: dict[str, str] = {}
    for part in parts(message):
        if part.get_content_type() == media_type:
            for block in parts(part):
                for name, value in block.items():
                    found.setdefault(name.lower(), headers.decoded(value))
    return found


def _identifier(said: str, message: Message) -> str:
    """The id of the message reported on: said by the report, else read in what it returns."""
    texts = [said]
    for part in parts(message):
        if part.get_content_type() == "message/rfc822" and part.is_multipart():
            texts += [
                str(value) for child in parts(part) for value in child.get_all("Message-ID", [])
            ]
        elif part.get_content_type() == "text/rfc822-headers":
            texts += re.findall(r"(?im)^Message-ID:(.*)$", str(part.get_payload()))
    found = (match[0] for match in map(_ID.search, texts) if match)
    return next(found, "")


def parts(message: Message) -> list[Message]:
    """The parts directly inside, none for a leaf."""
    payload = message.get_payload()
    inside = payload if isinstance(payload, list) else []
    return [part for part in inside if isinstance(part, Message)]
