"""Who reads: the names of those that a record knows by their number, and readers to imagine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carnet.national.directory import queries as directory
from carnet.national.journal.actors import Professional
from carnet.national.record.models import Organisation
from carnet.standards.xds.metadata import Code

_PROFESSIONS: Final = "1.2.250.1.71.1.2.7"  # TRE_G15
_SPECIALTIES: Final = "1.2.250.1.71.4.2.5"  # TRE_R01
_PHYSICIAN: Final = Code("10", _PROFESSIONS)
#: Nobody's PS_IdNat: whom the holder imagines is the author of nothing.
_NOBODY: Final = "apercu"


def name_of(reader_id: str) -> str:
    """The name of a professional, a structure or an organisation; its number when nobody knows."""
    professional = directory.professional(reader_id)
    if professional:
        return professional.name
    structure = directory.structure(reader_id)
    if structure:
        return structure.name
    organisation = Organisation.objects.filter(id=reader_id).first()
    return organisation.name if organisation else reader_id


@dataclass(frozen=True, slots=True)
class Imagined:
    """A reader that the holder may imagine, whom they have let in or not."""

    label: str | Promise
    profession: Code
    specialty: Code | None = None
    purpose: str = "normal"
    consented: bool = True
    is_medecin_traitant: bool = False

    @property
    def actor(self) -> Professional:
        """Such a professional, with a card."""
        return Professional(
            _NOBODY, "", self.profession, "", specialty=self.specialty, purpose=self.purpose
        )


def _profession(code: str) -> Code:
    return Code(code, _PROFESSIONS)


#: By name, as addresses of pages have it.
IMAGINED: Final[Mapping[str, Imagined]] = MappingProxyType(
    {
        "medecin-traitant": Imagined(
            _("Mon médecin traitant"), _PHYSICIAN, is_medecin_traitant=True
        ),
        "medecin": Imagined(_("Un autre médecin"), _PHYSICIAN),
        "infirmier": Imagined(_("Un infirmier"), _profession("60")),
        "pharmacien": Imagined(_("Un pharmacien"), _profession("21")),
        "sage-femme": Imagined(_("Une sage-femme"), _profession("50")),
        "dentiste": Imagined(_("Un chirurgien-dentiste"), _profession("40")),
        "kinesitherapeute": Imagined(_("Un kinésithérapeute"), _profession("70")),
        "medecin-du-travail": Imagined(
            _("Le médecin du travail"), _PHYSICIAN, Code("SM25", _SPECIALTIES)
        ),
        "urgence": Imagined(
            _("Un médecin, en urgence"), _PHYSICIAN, purpose="bris_de_glace", consented=False
        ),
        "samu": Imagined(
            _("Le médecin du 15 (SAMU)"), _PHYSICIAN, purpose="centre_15", consented=False
        ),
        "inconnu": Imagined(_("Un médecin sans mon accord"), _PHYSICIAN, consented=False),
    }
)
