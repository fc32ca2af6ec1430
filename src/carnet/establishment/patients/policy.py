"""What the structure chooses where the RNIV leaves a choice: the settings, read into one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings

from carnet.establishment.patients.reception import Trust
from carnet.standards.ins import Status

#: Which statuses of an arriving identity make INSi asked, by the word of the setting.
ON_ARRIVAL: Final = {
    "never": frozenset[Status](),
    "validated": frozenset({Status.VALIDEE}),
    "all": frozenset({Status.PROVISOIRE, Status.VALIDEE}),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices of the structure (docs/reference/configuration)."""

    strict: bool  #: fall back to provisoire where the RNIV also allows validée
    provisoire_asks: bool  #: INSi may be asked about a provisoire identity (EXI SI 25)
    devices: frozenset[str]  #: high-trust devices that are taken (EXI SI 10)
    on_arrival: frozenset[Status]  #: statuses of arriving identities that make INSi asked
    verification_years: int
    referentials: frozenset[str]  #: MSH-3 of our own referential; none: any sender is
    partners: frozenset[str]  #: MSH-3 of other domains with a trust contract

    def trust(self, application: str) -> Trust:
        """What binds us to a sender of identities."""
        if application in self.partners:
            return Trust.CONTRACT
        own = not self.referentials or application in self.referentials
        return Trust.OWN if own else Trust.NONE


def policy() -> Policy:
    """The choices that the settings tell."""
    return Policy(
        strict=settings.CARNET_IDENTITY_STRICT,
        provisoire_asks=settings.CARNET_INSI_PROVISOIRE,
        devices=frozenset(settings.CARNET_IDENTITY_DEVICES),
        on_arrival=ON_ARRIVAL[settings.CARNET_INSI_ON_ARRIVAL]
        if settings.CARNET_INSI_URL
        else frozenset(),
        verification_years=settings.CARNET_INSI_VERIFICATION_YEARS,
        referentials=frozenset(settings.CARNET_IDENTITY_SENDERS),
        partners=frozenset(settings.CARNET_IDENTITY_PARTNERS),
    )
