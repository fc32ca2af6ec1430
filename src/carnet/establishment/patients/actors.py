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
    """A person signed in at the desk."""

    account_id: UUID
    login: str
    name: str
    kind: ClassVar[str] = "operator"

    @property
    def id(self) -> str:
        """The account's id."""
        return str(self.account_id)

    @property
    def label(self) -> str:
        """The name shown in a history."""
        return self.name


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
