"""The rules of the exchange with a professional (spec mssante §6.1 C9 to C12, §6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from carnet.standards.mss.message import IncomingMessage

ContactState = Literal["open", "ended"]
ReplyState = Literal["open", "ended", "blocked"]


def about(subject: str, titles: Sequence[str]) -> str:
    """What a message is about: the title of its first document and how many others come with it.

    The subject of a message that carries documents is made for sorting: a type cut at forty
    characters and the birth identity of the patient (ECO.2.1.3). Without documents it is kept.
    """
    if not titles or not titles[0]:
        return subject
    return f"{titles[0]} + {len(titles) - 1}" if len(titles) > 1 else titles[0]


def reply_address(message: IncomingMessage) -> str:
    """Where an answer goes: Reply-To when there is one, else the sender (C12)."""
    return (message.reply_to or message.sender).address.lower()


def contacts(message: IncomingMessage) -> tuple[tuple[str, ContactState], ...]:
    """What a message changes in the contacts of a mailbox, as (address, new state).

    A subject `[FIN]` ends the exchange with its sender (C9). `X-MSS-MES: FIN` blocks the answer
    to that message and makes no contact (C10); a report neither. Any other message opens, or
    opens again, the exchange with the address that answers go to (C12, C17).
    """
    if message.fin_all:
        sender = message.sender.address.lower()
        return tuple((address, "ended") for address in sorted({sender, reply_address(message)}))
    if message.final or message.is_report:
        return ()
    return ((reply_address(message), "open"),)


def reply_state(*, blocked: bool, contact: str | None) -> ReplyState:
    """Whether a message can be answered: `blocked` by its header, `contact` is the state kept."""
    if contact == "ended":
        return "ended"
    return "blocked" if blocked or contact is None else "open"
