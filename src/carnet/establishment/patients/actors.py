"""Who acts: a sending application, an operator at the desk, or the gateway itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Sender:
    """The application that sent a message (MSH-3 and MSH-4)."""

    application: str
    facility: str
    kind: ClassVar[str] = "sender"

    @property
    def id(self) -> str:
        """What distinguishes this sender from another."""
        return f"{self.application}|{self.facility}"

    @property
    def label(self) -> str:
        """The name shown in a history."""
        return f"{self.application} ({self.facility})" if self.facility else self.application


class Situation(NamedTuple):
    """In what a professional works now: codes of TRE_G15 or G16, R01, R23 and R02, and the place.

    `structure` is the technical identifier of the place, `finess` its FINESS; any may be empty.
    """

    profession: str
    skill: str = ""
    mode: str = ""
    sector: str = ""
    structure: str = ""
    finess: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person signed in at the desk.

    `assurance` is how they proved who they are, as a trace says it; `strong` whether that is enough
    to act in AIR mode; `ps_idnat` the professional they are, when that is known, and `situation`
    the one that they said they work in.
    """

    account_id: UUID
    login: str
    name: str
    assurance: str = ""
    strong: bool = False
    ps_idnat: str = ""
    situation: Situation | None = None
    kind: ClassVar[str] = "operator"

    @property
    def label(self) -> str:
        """The name shown in a history, with how it was proved (R-019) and where they work."""
        said = ", ".join(filter(None, (self.assurance, self.situation and self.situation.place)))
        return f"{self.name} ({said})" if said else self.name


@dataclass(frozen=True, slots=True)
class System:
    """The gateway acting by itself: its worker, its rules."""

    name: str
    kind: ClassVar[str] = "system"

    @property
    def label(self) -> str:
        """The name shown in a history."""
        return self.name


Actor = Sender | Operator | System
