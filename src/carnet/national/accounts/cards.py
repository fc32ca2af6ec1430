"""What is typed of a carte Vitale, and the one person it designates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from carnet.national.accounts.models import HealthCard
from carnet.national.identity import queries as identity
from carnet.standards.ids import IdentifierError, matricule_key
from carnet.standards.ins.lexical import Trait, TraitError, normalise, same_name

_SERIAL: Final = re.compile(r"[0-9]{8,21}")


class CardMistyped(ValueError):  # noqa: N818 - says what is the case
    """`field` ("number", "serial" or "given_name") has not its form; nothing was looked up."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} has not the form expected")
        self.field = field


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """A card and who it is about: several persons, even twins, may be on one card."""

    number: str
    serial: str
    given_name: str
    birth_date: date

    @classmethod
    def typed(cls, number: str, serial: str, given_name: str, birth_date: date) -> Card:
        """As a person types it: spaces and the key may lack. Raises `CardMistyped`."""
        number, serial = plain(number), plain(serial)
        try:
            key = matricule_key(number[:13])
        except IdentifierError:
            raise CardMistyped("number") from None
        if number[13:] not in ("", key):
            raise CardMistyped("number")
        if not _SERIAL.fullmatch(serial):
            raise CardMistyped("serial")
        try:
            given = normalise(given_name, Trait.FIRST_GIVEN_NAME)
        except TraitError:
            raise CardMistyped("given_name") from None
        return cls(number[:13] + key, serial, given, birth_date)

    def holder(self) -> UUID | None:
        """The one person on this card with this given name and birth date; none when in doubt."""
        ids = HealthCard.objects.filter(number=self.number, serial=self.serial).values_list(
            "patient_id", flat=True
        )
        found = [
            person.patient_id
            for person in identity.people(list(ids)).values()
            if person.birth_date_hl7 == f"{self.birth_date:%Y%m%d}"
            and same_name(person.first_given_name, self.given_name)
        ]
        return found[0] if len(found) == 1 else None


def plain(typed: str) -> str:
    """A number of a card without what people put between its parts."""
    return re.sub(r"[\s.-]", "", typed).upper()


def is_of(patient_id: UUID, number: str, serial: str) -> bool:
    """Whether this person is on this card, however it is typed."""
    number, serial = plain(number), plain(serial)
    return (
        HealthCard.objects.filter(patient_id=patient_id, serial=serial)
        .filter(number__startswith=number[:13])
        .exists()
        if len(number) in (13, 15)
        else False
    )


def on_same_card(patient_id: UUID, other: UUID) -> bool:
    """Whether two persons are on one card."""
    cards = HealthCard.objects.filter(patient_id=patient_id).values_list("number", "serial")
    theirs = set(HealthCard.objects.filter(patient_id=other).values_list("number", "serial"))
    return not theirs.isdisjoint(cards)


def email_of(patient_id: UUID) -> str:
    """The address that the insurance knows, or nothing."""
    known = HealthCard.objects.filter(patient_id=patient_id).exclude(email="")
    return known.values_list("email", flat=True).first() or ""
