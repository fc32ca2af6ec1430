"""Why somebody was refused, in words for the holder of the record: a table, no logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carnet.national.record.rules import Reason

WORDS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        Reason.UNKNOWN_CALLER: _("Cette personne ou ce logiciel n’est pas reconnu."),
        Reason.RECORD_CLOSED: _("Votre dossier est fermé."),
        Reason.BLOCKED: _("Vous avez bloqué ce professionnel."),
        Reason.EMERGENCY_OPPOSED: _("Vous avez refusé les accès d’urgence à votre dossier."),
        Reason.NOT_AUTHORISED: _("Vous n’avez pas donné votre accord à ce professionnel."),
        Reason.NO_RIGHT: _("Son métier ne lui donne pas ce droit."),
        Reason.NOT_OWN: _("Seul l’auteur du document peut le faire."),
        Reason.SECRET_CONNECTION: _("Une connexion secrète n’ouvre pas ce document."),
        Reason.MASKED: _("Le document est masqué aux professionnels."),
        Reason.INVISIBLE_PATIENT: _("Le document ne vous a pas encore été annoncé."),
        Reason.INVISIBLE_REPRESENTATIVES: _("Le document est caché aux représentants légaux."),
        Reason.ARCHIVED: _("Le document est archivé."),
        Reason.OBSOLETE: _("Le document a été remplacé."),
        Reason.DELETED: _("Le document a été supprimé."),
    }
)


def in_words(codes: Iterable[str]) -> tuple[str, ...]:
    """The sentences of these codes; a code that belongs to another protocol says nothing here."""
    return tuple(str(WORDS[code]) for code in codes if code in WORDS)
