"""What the directory holds of each resource: rows put together, ready to be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from carnet.standards.fhir.directory.ids import logical_id


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox as it is shown: `kind` of TRE_R257."""

    address: str
    kind: str
    description: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Qualification:
    """`kind` is profession, savoir_faire or diploma; `type_code` its category or type."""

    kind: str
    type_code: str
    code: str


@dataclass(frozen=True, slots=True)
class Practitioner:
    """A professional, whoever and wherever they are."""

    number: int
    ps_idnat: str
    family: str
    given: str
    civility: str
    title: str
    is_active: bool
    last_updated: datetime
    qualifications: tuple[Qualification, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A professional in a structure; `practitioner` and `organization` are numbers."""

    number: int
    practitioner: int
    organization: int | None
    profession: str
    role: str
    mode: str
    activity: str
    section: str
    started_on: date | None
    ended_on: date | None
    is_active: bool
    last_updated: datetime
    mailboxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """A structure; `part_of` is the number of its legal entity."""

    number: int
    struct_idnat: str
    name: str
    alias: str
    kind: str
    sector: str
    category: str
    legal_status: str
    activity: str
    hospital_service: str
    siret: str
    licence: str
    street: str
    postal_code: str
    city: str
    commune: str
    phone: str
    fax: str
    email: str
    opened_on: date | None
    closed_on: date | None
    part_of: int | None
    is_active: bool
    last_updated: datetime
    mailboxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """An activity of care, or a social equipment, of a structure; `kind` is care or social."""

    number: int
    organization: int
    kind: str
    authorisation: str
    code: str
    modality: str
    form: str
    label: str
    authorised_on: date | None
    started_on: date | None
    ended_on: date | None
    is_active: bool
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """A heavy equipment of a structure."""

    number: int
    organization: int
    authorisation: str
    code: str
    label: str
    manufacturer: str
    model: str
    serial: str
    authorised_on: date | None
    started_on: date | None
    ended_on: date | None
    is_active: bool
    last_updated: datetime


Held = Practitioner | Role | Organization | Service | Device


def resource_of(held: Held) -> tuple[str, str]:
    """The type of the resource and its id."""
    kind = {Role: "PractitionerRole", Service: "HealthcareService"}.get(
        type(held), type(held).__name__
    )
    return kind, logical_id(kind, held.number)


def version_of(held: Held) -> str:
    """What changes when the resource does: its versionId, and its ETag."""
    return str(round(held.last_updated.timestamp() * 1_000_000))
