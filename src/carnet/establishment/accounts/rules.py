"""How somebody proves who they are at the desk, and what each way is worth.

AIR and AIR simplifié want two factors, or Pro Santé Connect (spec dmp §4.3, EX_AIR-050; R-017).
Requirements: EX_GEN-1560.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Method(StrEnum):
    """A way to sign in."""

    PASSWORD = "password"  # noqa: S105 - a name
    TWO_FACTORS = "password+totp"
    PROSANTE = "psc"


@dataclass(frozen=True, slots=True)
class Worth:
    """What a way is worth: `words` stand in traces (French: they are data), `strong` opens AIR."""

    words: str
    strong: bool


WORTH: Final[Mapping[Method, Worth]] = MappingProxyType(
    {
        Method.PASSWORD: Worth("mot de passe", strong=False),
        Method.TWO_FACTORS: Worth("mot de passe et code", strong=True),
        Method.PROSANTE: Worth("Pro Santé Connect", strong=True),
    }
)

#: The longest a session lasts, however busy.
LIFE: Final = timedelta(hours=8)
#: How often the provider is asked whether its session still lives.
CHECKED_EVERY: Final = timedelta(minutes=5)
#: How long the second step may wait for its code.
PATIENCE: Final = timedelta(minutes=10)
MOST_FAILURES: Final = 5
REST: Final = timedelta(minutes=5)


def assurance(method: Method, level: str) -> str:
    """How the person proved who they are, as a trace says it: « Pro Santé Connect, eidas1 »."""
    words = WORTH[method].words
    return f"{words}, {level}" if level else words
