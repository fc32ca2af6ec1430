"""Who acts: a sending application, an operator at the desk, or the gateway itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
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


@dataclass(frozen=True, slots=True)
class Operator:
    """A person signed in at the desk.

    `assurance` is how they proved who they are, as a trace says it; `strong` whether that is enough
    to act in AIR mode; `ps_idnat` the professional they are, when that is known.
    """

    account_id: UUID
    login: str
    name: str
    assurance: str = ""
    strong: bool = False
    ps_idnat: str = ""
    kind: ClassVar[str] = "operator"

    @property
    def id(self) -> str:
        """The account's id."""
        return str(self.account_id)

    @property
    def label(self) -> str:
        """The name shown in a history, with how it was proved (R-019)."""
        return f"{self.name} ({self.assurance})" if self.assurance else self.name


@dataclass(frozen=True, slots=True)
class System:
    """The gateway acting by itself: its worker, its rules."""

    name: str
    kind: ClassVar[str] = "system"

    @property
    def id(self) -> str:
        """The name is the id."""
        return self.name

    @property
    def label(self) -> str:
        """The name shown in a history."""
        return self.name


Actor = Sender | Operator | System
