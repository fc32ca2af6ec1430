"""A decision in words, for the holder of the record and for the professional: tables, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carnet.national.record.rules import Decision, Ground, Reason


@dataclass(frozen=True, slots=True)
class Words:
    """The same fact, said to the holder of the record and to the professional."""

    patient: str | Promise
    professional: str | Promise


REASONS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Reason.UNKNOWN_CALLER: Words(
            _("Cette personne ou ce logiciel n’est pas reconnu."),
            _("Aucun droit n’est prévu pour votre métier dans ce mode d’accès."),
        ),
        Reason.RECORD_CLOSED: Words(
            _("Votre dossier est fermé."),
            _("Le dossier du patient est fermé."),
        ),
        Reason.BLOCKED: Words(
            _("Vous avez bloqué ce professionnel ou sa structure."),
            _("Le patient vous a bloqué, vous ou votre structure."),
        ),
        Reason.EMERGENCY_OPPOSED: Words(
            _("Vous avez refusé les accès d’urgence à votre dossier."),
            _("Le patient s’est opposé aux accès en urgence."),
        ),
        Reason.NOT_AUTHORISED: Words(
            _("Vous n’avez pas donné votre accord à ce professionnel."),
            _("Demandez au patient son accord, puis déclarez-vous autorisé."),
        ),
        Reason.AUTHORISATION_EXPIRED: Words(
            _("L’accord donné à ce professionnel est arrivé à son terme."),
            _("L’accord du patient est arrivé à son terme : demandez-le de nouveau."),
        ),
        Reason.NO_INITIAL_CONSENT: Words(
            _("Vous n’avez pas encore donné votre accord à l’équipe de soins."),
            _("L’équipe de soins n’a pas encore l’accord du patient : recueillez-le."),
        ),
        Reason.TEAM_REFUSED: Words(
            _("Vous avez refusé l’accès de vos équipes de soins."),
            _("Le patient a refusé l’accès de ses équipes de soins."),
        ),
        Reason.NO_RIGHT: Words(
            _("Son métier ne lui donne pas ce droit."),
            _("Votre métier, dans ce mode d’accès, ne donne pas ce droit."),
        ),
        Reason.NOT_OWN: Words(
            _("Seul l’auteur du document peut le faire."),
            _("Seul l’auteur du document peut le faire."),
        ),
        Reason.OCCUPATIONAL: Words(
            _("Un médecin du travail n’ouvre jamais vos documents."),
            _("Un médecin du travail ne peut pas consulter le dossier."),
        ),
        Reason.OUTSIDE_MATRIX: Words(
            _("Ce type de document n’est pas ouvert à son métier."),
            _("La matrice d’habilitation n’ouvre pas ce type de document à votre métier."),
        ),
        Reason.LINKED_TO_MES: Words(
            _("Vous gérez votre dossier vous-même, dans votre espace."),
            _("Le patient gère lui-même ce dossier, dans Mon espace santé."),
        ),
        Reason.NOT_THE_CALLER: Words(
            _("L’auteur du message n’est pas celui qui l’envoie."),
            _("L’auteur du message n’est pas celui qui appelle."),
        ),
        Reason.OTHER_STRUCTURE: Words(
            _("Ce professionnel est d’une autre structure."),
            _("Ce professionnel est d’une autre structure que la vôtre."),
        ),
        Reason.SECRET_CONNECTION: Words(
            _("Une connexion secrète n’ouvre pas ce document."),
            _("Une connexion secrète ne dépose que des documents cachés aux représentants."),
        ),
        Reason.NOT_A_MINOR: Words(
            _("La connexion secrète est réservée aux mineurs."),
            _("La connexion secrète est réservée aux patients mineurs."),
        ),
        Reason.MASKED: Words(
            _("Le document est masqué aux professionnels."),
            _("Le patient a masqué ce document aux professionnels."),
        ),
        Reason.INVISIBLE_PATIENT: Words(
            _("Le document ne vous a pas encore été annoncé."),
            _("Le document n’a pas encore été annoncé au patient."),
        ),
        Reason.INVISIBLE_REPRESENTATIVES: Words(
            _("Le document est caché aux représentants légaux."),
            _("Le document est caché aux représentants légaux."),
        ),
        Reason.ARCHIVED: Words(_("Le document est archivé."), _("Le document est archivé.")),
        Reason.OBSOLETE: Words(_("Le document a été remplacé."), _("Le document a été remplacé.")),
        Reason.DELETED: Words(_("Le document a été supprimé."), _("Le document a été supprimé.")),
    }
)

GROUNDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        Ground.HOLDER: Words(
            _("C’est votre dossier."),
            _("C’est le dossier de cette personne."),
        ),
        Ground.REPRESENTATIVE: Words(
            _("Vous représentez légalement cette personne."),
            _("C’est un représentant légal du patient."),
        ),
        Ground.CARER: Words(
            _("Cette personne vous a choisi comme aidant."),
            _("C’est un aidant que le patient a choisi."),
        ),
        Ground.AUTHORISED: Words(
            _("Vous avez donné votre accord à ce professionnel ou à sa structure."),
            _("Le patient vous a donné son accord, à vous ou à votre structure."),
        ),
        Ground.TEAM_STRUCTURE: Words(
            _("Il vous soigne dans une structure qui vous suit en ce moment."),
            _("Votre structure suit le patient : vous êtes de son équipe de soins."),
        ),
        Ground.TEAM_RECOGNISED: Words(
            _("Vous l’avez reconnu comme membre de votre équipe de soins."),
            _("Le patient vous a reconnu comme membre de son équipe de soins."),
        ),
        Ground.TEAM_ORGANISATION: Words(
            _("Il est d’une organisation de soins qui vous suit en ce moment."),
            _("Votre organisation suit le patient : vous êtes de son équipe de soins."),
        ),
        Ground.BRIS_DE_GLACE: Words(
            _("Il a déclaré une urgence où vous ne pouviez pas donner votre accord."),
            _("Vous avez déclaré une urgence : le patient et son médecin traitant le sauront."),
        ),
        Ground.CENTRE_15: Words(
            _("Il régule les appels au 15."),
            _("Vous régulez les appels au 15 : le patient et son médecin traitant le sauront."),
        ),
        Ground.OWN_DOCUMENT: Words(
            _("Il est l’auteur du document."),
            _("Vous êtes l’auteur du document."),
        ),
        Ground.FUNCTION: Words(
            _("Son métier lui donne ce droit, sans ouvrir vos documents."),
            _("Votre métier donne ce droit, sans ouvrir les documents."),
        ),
    }
)


def for_patient(decision: Decision) -> tuple[str, ...]:
    """Why, said to the holder: a sentence for each reason, or for what the access rests on."""
    return tuple(str(each.patient) for each in _words(decision))


def for_professional(decision: Decision) -> tuple[str, ...]:
    """Why, said to the professional."""
    return tuple(str(each.professional) for each in _words(decision))


def _words(decision: Decision) -> list[Words]:
    return [
        *(REASONS[reason] for reason in decision.reasons),
        *(GROUNDS[ground] for ground in decision.grounds),
    ]
