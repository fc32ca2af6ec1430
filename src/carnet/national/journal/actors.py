"""Who acts. Every action and query of the rooms takes one of these first (DESIGN §1, rule 4).

An actor is made by a door, from what the door has verified (a session, a certificate, a VIHF),
never from what a request merely claims.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from carnet.standards.xds.metadata import Code


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody signed in to the space. `represents`: the patients whose space they may open too.

    Among these, `mandates` holds those they help as a carer, and in what (`accounts.rules.Scope`).
    """

    account_id: UUID
    patient_id: UUID
    name: str
    represents: frozenset[UUID] = frozenset()
    mandates: Mapping[UUID, frozenset[str]] = field(default_factory=dict, hash=False)
    kind: ClassVar[str] = "citizen"

    @property
    def id(self) -> str:
        """The account, as the journal writes it."""
        return str(self.account_id)

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name

    def acting_for(self, patient_id: UUID | None) -> str:
        """As what the person acts on this record: "mandate", "representation", or themselves."""
        if patient_id in self.mandates:
            return "mandate"
        return "representation" if patient_id in self.represents else ""


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional whose VIHF was verified (spec dmp §4). `mode` and `purpose` are its own words.

    `structure` is the Struct_IdNat they act for; `profession` the first role (G15, G16…),
    `specialty` the second, when there is one. `assurance` is the class of their authentication
    (or the level, of Pro Santé Connect), `method` the primary method in AIR, whose
    `CONF_EXI_PGSSIS` is AIR simplifié. `is_listed`: the directory knows them.
    """

    ps_idnat: str
    name: str
    profession: Code
    structure: str
    structure_name: str = ""
    specialty: Code | None = None
    mode: str = "DIRECTE"
    purpose: str = "normal"
    assurance: str = ""
    method: str = ""
    is_listed: bool = True
    secret_connection: bool = False
    kind: ClassVar[str] = "professional"

    @property
    def id(self) -> str:
        """The PS_IdNat."""
        return self.ps_idnat

    @property
    def label(self) -> str:
        """The name to show, with the structure when it is known."""
        return f"{self.name} ({self.structure_name})" if self.structure_name else self.name


@dataclass(frozen=True, slots=True)
class Establishment:
    """A structure acting by its certificate, INDIRECTE mode: it feeds and does not read.

    `struct_idnat` is the structure of the VIHF, covered by the certificate's (`holder`, the
    FINESS EJ since 2023). `responsible` is the PS_IdNat that the VIHF names.
    """

    struct_idnat: str
    name: str
    certificate_dn: str = ""
    holder: str = ""
    responsible: str = ""
    purpose: str = "normal"
    secret_connection: bool = False
    kind: ClassVar[str] = "establishment"

    @property
    def id(self) -> str:
        """The Struct_IdNat."""
        return self.struct_idnat

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name or self.struct_idnat


@dataclass(frozen=True, slots=True)
class Member:
    """A system of an affinity domain (profile `ihe`), known by its certificate alone.

    Its records are those of the domain: it reaches no other.
    """

    certificate_dn: str
    name: str = ""
    kind: ClassVar[str] = "member"

    @property
    def id(self) -> str:
        """The DN of the certificate."""
        return self.certificate_dn

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name or self.certificate_dn


@dataclass(frozen=True, slots=True)
class System:
    """Carnet itself: a background job, a load of synthetic people, the mail server."""

    name: str
    kind: ClassVar[str] = "system"

    @property
    def id(self) -> str:
        """The name of the part that acts."""
        return self.name

    @property
    def label(self) -> str:
        """The name to show."""
        return self.name


Actor = Citizen | Professional | Establishment | Member | System
