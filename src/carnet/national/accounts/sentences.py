"""What a notification says, and where it leads: a table, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notification: its name in the preferences, its sentence, what it opens."""

    name: str | Promise
    sentence: str | Promise
    target: str  #: "document", "message", "history", "reader" (a professional) or "readers"


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "document.new": Kind(
            _("Un nouveau document dans mon dossier"),
            _("Nouveau document : « %(title)s », déposé par %(actor)s."),
            "document",
        ),
        "access.first": Kind(
            _("Un professionnel consulte mon dossier pour la première fois"),
            _("%(actor)s a consulté votre dossier pour la première fois."),
            "reader",
        ),
        "access.emergency": Kind(
            _("Un professionnel consulte mon dossier en urgence"),
            _("%(actor)s a consulté votre dossier en urgence."),
            "reader",
        ),
        "care.episode": Kind(
            _("Une structure commence à me suivre"),
            _(
                "%(actor)s commence à vous suivre : son équipe de soins peut lire votre dossier, "
                "si vous avez donné votre accord."
            ),
            "readers",
        ),
        "consent.collected": Kind(
            _("Un professionnel note mon accord"),
            _("%(actor)s a noté votre réponse sur l’accès de vos équipes de soins."),
            "readers",
        ),
        "medecin_traitant": Kind(
            _("Un médecin se déclare mon médecin traitant"),
            _("%(actor)s s’est déclaré votre médecin traitant."),
            "readers",
        ),
        "readers.changed": Kind(
            _("Quelqu’un d’autre que moi change qui peut lire mon dossier"),
            _("%(actor)s a changé qui peut lire votre dossier."),
            "readers",
        ),
        "representative.new": Kind(
            _("Un autre représentant légal s’ajoute"),
            _("%(actor)s ouvre désormais cet espace, comme représentant légal."),
            "history",
        ),
        "message.new": Kind(
            _("Un nouveau message"),
            _("Nouveau message de %(actor)s."),
            "message",
        ),
    }
)
