"""What the citizen's account allows, as tables: ages, statuses, carers, how one proves oneself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo


class Status(StrEnum):
    """What became of a person's space (requirement R-149)."""

    OPENED = "opened"  #: it exists; its holder has not come yet
    ACTIVATED = "activated"
    CLOSED = "closed"
    OPPOSED = "opposed"  #: refused before it was opened


@dataclass(frozen=True, slots=True)
class Uses:
    """What is possible with a space of one status (R-149, R-175)."""

    fed: bool  #: professionals may add documents and write
    read_by_professionals: bool
    signed_in_to: bool
    activated: bool  #: may be activated, or opened again, by its holder


USES: Final[Mapping[Status, Uses]] = MappingProxyType(
    {
        Status.OPENED: Uses(True, True, False, True),
        Status.ACTIVATED: Uses(True, True, True, False),
        Status.CLOSED: Uses(False, False, False, True),
        Status.OPPOSED: Uses(False, False, False, True),
    }
)


class Scope(StrEnum):
    """What a carer may do in the space of the person they help; reading is always part of it."""

    READ = "read"
    MESSAGE = "message"  #: answer in the person's name
    MANAGE = "manage"  #: add and hide documents, choose who may read
    HOLDER = "holder"  #: what no carer is ever given: taking a copy of everything


#: Carers of one person, and persons helped by one carer (features B, "max 3 and 5").
MOST_CARERS: Final = 3
MOST_HELPED: Final = 5
#: How long a mandate may last, and how long its invitation waits for an answer.
LONGEST_MANDATE: Final = timedelta(days=366 * 3)
INVITATION_ANSWERED_WITHIN: Final = timedelta(days=15)

#: Own account from this age on; before, the legal representatives alone come (age of the card).
OWN_ACCOUNT_AGE: Final = 16
#: The representatives' access ends that day.
MAJORITY: Final = 18
#: Where a day begins and ends, for an age as for the last day of a mandate.
PARIS: Final = ZoneInfo("Europe/Paris")


def birthday(born: date, age: int) -> date:
    """The day a person reaches an age; one born on 29 February reaches it on 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def reached(born: date, age: int, now: datetime) -> bool:
    """Whether a person born that day has this age."""
    return birthday(born, age) <= now.astimezone(PARIS).date()


def beginning(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=PARIS)


class Method(StrEnum):
    """How a session was opened, from the weakest to the strongest; written with each sign-in."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    TRUSTED_DEVICE = "password+device"
    EMAIL_CODE = "password+email"
    TOTP = "password+totp"
    FRANCE_CONNECT = "franceconnect"
    PASSKEY = "passkey"
    ACTIVATION = "activation"


#: A session ends when nothing was asked for so long, and after so long in any case.
IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=8)
#: The oldest ends when there would be more.
MOST_SESSIONS: Final = 5
#: For what changes how one signs in, or whom one trusts, the proof of oneself is that recent.
PROOF_LASTS: Final = timedelta(minutes=10)
#: How long a browser stays trusted.
DEVICE_TRUSTED: Final = timedelta(days=60)
MOST_DEVICES: Final = 10
MOST_PASSKEYS: Final = 10

#: A provisional code lives so long: a letter travels, an e-mail does not.
CHANNELS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"letter": timedelta(days=42), "email": timedelta(days=2)}
)
