"""A running ecosystem as those who play on it see it, and what playing gives (R-083)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from carnet.ops.home import Home
from carnet.ops.supervisor import Program
from carnet.ops.wiring import Addresses, Certificates

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Login:
    """Somebody one can sign in as: the page, the login, the password, who it is (French)."""

    url: str
    login: str
    password: str
    who: str


@dataclass(frozen=True)
class Played:
    """What playing a letter gave; `seconds` from the HL7 message to its being readable."""

    documents_published: int
    messages_delivered: int
    seconds_to_visible: float


@dataclass(frozen=True)
class Stage:
    """A running ecosystem, for those who play on it.

    `services` are all its long-lived programs by name, PostgreSQL apart.
    """

    home: Home
    addresses: Addresses
    certificates: Certificates
    services: Mapping[str, Program]


class PlayError(Exception):
    """The letter did not arrive; the sentence says where it stopped."""
