"""What each act is called when it is told to the holder of the record: a table, no logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same act, done by the reader (`you`), by somebody else (`other`), or refused."""

    you: str | Promise
    other: str | Promise
    refused: str | Promise


def _same(words: str | Promise) -> Sentence:
    """An act that is told alike whoever did it, done or refused."""
    return Sentence(words, words, words)


def _done(you: str | Promise, other: str | Promise) -> Sentence:
    """An act told with its state, which one that was refused has not."""
    return Sentence(you, other, other)


_REFUSED_READ = _("L’ouverture d’un document a été refusée à %(actor)s.")

#: What was chosen of who reads, by the `state` in the details; `%(title)s` is of whom.
_CHOICES: Final = (
    (
        "INTERDIT",
        _("Vous avez bloqué %(title)s."),
        _("%(actor)s a bloqué %(title)s."),
    ),
    (
        "VALIDE",
        _("Vous avez autorisé %(title)s à lire votre dossier."),
        _("%(actor)s a noté que vous autorisez %(title)s à lire votre dossier."),
    ),
    (
        "NON_EXISTE",
        _("Vous avez retiré ce que vous aviez dit de %(title)s."),
        _("%(actor)s a retiré l’autorisation ou le blocage de %(title)s."),
    ),
    (
        "MEDECIN_TRAITANT",
        _("Vous avez déclaré %(title)s médecin traitant."),
        _("%(actor)s a déclaré %(title)s médecin traitant."),
    ),
    (
        "",
        _("Vous n’avez plus de médecin traitant déclaré."),
        _("%(actor)s a retiré le médecin traitant de votre dossier."),
    ),
    (
        "opposes_bris_de_glace=True",
        _("Vous avez refusé l’accès en urgence aux professionnels."),
        _("%(actor)s a refusé pour vous l’accès en urgence aux professionnels."),
    ),
    (
        "opposes_bris_de_glace=False",
        _("Vous avez permis l’accès en urgence aux professionnels."),
        _("%(actor)s a permis pour vous l’accès en urgence aux professionnels."),
    ),
    (
        "opposes_centre_15=True",
        _("Vous avez refusé l’accès aux médecins du 15."),
        _("%(actor)s a refusé pour vous l’accès aux médecins du 15."),
    ),
    (
        "opposes_centre_15=False",
        _("Vous avez permis l’accès aux médecins du 15."),
        _("%(actor)s a permis pour vous l’accès aux médecins du 15."),
    ),
    (
        "masked_in_emergency=True",
        _("Vous avez permis de lire en urgence vos documents masqués."),
        _("%(actor)s a permis pour vous de lire en urgence vos documents masqués."),
    ),
    (
        "masked_in_emergency=False",
        _("Vous avez refusé que vos documents masqués soient lus en urgence."),
        _("%(actor)s a refusé pour vous que vos documents masqués soient lus en urgence."),
    ),
)

#: By action code, or by code and state; `%(actor)s` and `%(title)s` are filled in.
SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "document.published": Sentence(
            _("Vous avez ajouté le document « %(title)s »."),
            _("%(actor)s a déposé le document « %(title)s »."),
            _("%(actor)s a voulu déposer un document ; le dépôt a été refusé."),
        ),
        "document.replaced": Sentence(
            _("Vous avez remplacé un document par « %(title)s »."),
            _("%(actor)s a déposé une nouvelle version : « %(title)s »."),
            _("%(actor)s a voulu remplacer un document ; le dépôt a été refusé."),
        ),
        "document.deleted": Sentence(
            _("Vous avez supprimé le document « %(title)s »."),
            _("%(actor)s a supprimé le document « %(title)s »."),
            _("%(actor)s a voulu supprimer un document ; la demande a été refusée."),
        ),
        "document.status": _same(
            _("%(actor)s a voulu changer l’état d’un document ; la demande a été refusée."),
        ),
        "document.updated": _same(
            _("%(actor)s a voulu changer qui voit un document ; la demande a été refusée."),
        ),
        "document.archived": Sentence(
            _("Vous avez archivé le document « %(title)s »."),
            _("%(actor)s a archivé le document « %(title)s »."),
            _("%(actor)s a voulu archiver un document ; la demande a été refusée."),
        ),
        "document.unarchived": Sentence(
            _("Vous avez désarchivé le document « %(title)s »."),
            _("%(actor)s a désarchivé le document « %(title)s »."),
            _("%(actor)s a voulu désarchiver un document ; la demande a été refusée."),
        ),
        "document.masked": Sentence(
            _("Vous avez masqué le document « %(title)s » aux professionnels."),
            _("%(actor)s a masqué le document « %(title)s » aux professionnels."),
            _("%(actor)s a voulu masquer un document ; la demande a été refusée."),
        ),
        "document.unmasked": Sentence(
            _("Vous avez démasqué le document « %(title)s » aux professionnels."),
            _("%(actor)s a démasqué le document « %(title)s » aux professionnels."),
            _("%(actor)s a voulu démasquer un document ; la demande a été refusée."),
        ),
        "document.concealed": Sentence(
            _("Vous avez caché le document « %(title)s » à vos représentants et à vos aidants."),
            _("%(actor)s a caché un document aux représentants et aux aidants."),
            _("%(actor)s a voulu cacher un document ; la demande a été refusée."),
        ),
        "document.disclosed": Sentence(
            _("Vous avez montré le document « %(title)s » à vos représentants et à vos aidants."),
            _("%(actor)s a montré le document « %(title)s » à ses représentants et aidants."),
            _("%(actor)s a voulu montrer un document caché ; la demande a été refusée."),
        ),
        "document.revealed": Sentence(
            _("Vous avez rendu visible le document « %(title)s »."),
            _("%(actor)s a rendu visible le document « %(title)s »."),
            _("%(actor)s a voulu rendre visible un document ; la demande a été refusée."),
        ),
        "document.read": Sentence(
            _("Vous avez ouvert le document « %(title)s »."),
            _("%(actor)s a ouvert le document « %(title)s »."),
            _REFUSED_READ,
        ),
        "documents.searched": Sentence(
            _("Vous avez consulté la liste de vos documents."),
            _("%(actor)s a consulté la liste de vos documents."),
            _("La consultation de la liste de vos documents a été refusée à %(actor)s."),
        ),
        "documents.looked_up": Sentence(
            _("Vous avez recherché la référence d’un document."),
            _("%(actor)s a recherché la référence d’un document."),
            _("La recherche de la référence d’un document a été refusée à %(actor)s."),
        ),
        "record.existence": Sentence(
            _("Vous avez vérifié l’existence de votre dossier."),
            _("%(actor)s a vérifié l’existence de votre dossier."),
            _("%(actor)s n’a pas pu vérifier l’existence de votre dossier."),
        ),
        "record.opened": Sentence(
            _("Vous avez ouvert votre dossier."),
            _("Votre dossier a été créé."),
            _("La création de votre dossier a été refusée."),
        ),
        "record.entered": Sentence(
            _("Vous avez ouvert votre dossier."),
            _("%(actor)s a ouvert la page de votre dossier."),
            _("%(actor)s n’a pas pu ouvrir la page de votre dossier."),
        ),
        "record.closed": Sentence(
            _("Vous avez fermé votre dossier."),
            _("%(actor)s a fermé votre dossier à votre demande."),
            _("%(actor)s a voulu fermer votre dossier ; c’est refusé."),
        ),
        "record.reopened": Sentence(
            _("Vous avez rouvert votre dossier."),
            _("%(actor)s a rouvert votre dossier."),
            _("%(actor)s a voulu rouvrir votre dossier ; c’est refusé."),
        ),
        "record.administrative": Sentence(
            _("Vous avez consulté vos données administratives."),
            _("%(actor)s a consulté vos données administratives."),
            _("La consultation de vos données administratives a été refusée à %(actor)s."),
        ),
        "record.administrative_changed": Sentence(
            _("Vous avez modifié vos données administratives."),
            _("%(actor)s a modifié vos données administratives."),
            _("%(actor)s a voulu modifier vos données administratives ; c’est refusé."),
        ),
        "patient.found": Sentence(
            _("Vous avez recherché votre dossier par votre identité."),
            _("%(actor)s a trouvé votre dossier en recherchant votre identité."),
            _("%(actor)s a voulu rechercher votre dossier ; c’est refusé."),
        ),
        "authorisations.listed": Sentence(
            _("Vous avez consulté la liste des professionnels autorisés."),
            _("%(actor)s a consulté la liste de vos professionnels autorisés ou bloqués."),
            _("La liste de vos professionnels autorisés a été refusée à %(actor)s."),
        ),
        "record.exported": Sentence(
            _("Vous avez demandé une copie de votre dossier."),
            _("%(actor)s a fait une copie de ce dossier."),
            _("Une copie de ce dossier a été refusée à %(actor)s."),
        ),
        "record.imported": Sentence(
            _("Vous avez apporté votre dossier."),
            _("Ce dossier a été repris d’un autre carnet de santé."),
            _("La reprise de ce dossier a été refusée."),
        ),
        "authorisation.changed": Sentence(
            _("Vous avez changé les droits d’un professionnel."),
            _("%(actor)s a changé les droits d’un professionnel."),
            _("%(actor)s a voulu changer les droits d’un professionnel ; c’est refusé."),
        ),
        **{f"authorisation.changed:{state}": _done(you, other) for state, you, other in _CHOICES},
        "history.downloaded": Sentence(
            _("Vous avez téléchargé la preuve de vos accès."),
            _("%(actor)s a téléchargé la preuve des accès à ce dossier."),
            _("Le téléchargement de la preuve des accès a été refusé à %(actor)s."),
        ),
        "document.release_set": Sentence(
            _("Vous avez fixé le jour où un document sera montré."),
            _("%(actor)s a fixé le jour où le document « %(title)s » vous sera montré."),
            _("%(actor)s a voulu fixer le jour où un document sera montré ; c’est refusé."),
        ),
        "access.explained": Sentence(
            _("Vous avez demandé pourquoi un accès est permis ou refusé."),
            _("%(actor)s a demandé pourquoi son accès est permis ou refusé."),
            _("%(actor)s a voulu savoir qui accède à votre dossier ; c’est refusé."),
        ),
        "consent.changed": Sentence(
            _("Vous avez changé votre accord pour vos équipes de soins."),
            _("%(actor)s a noté votre réponse sur l’accès de vos équipes de soins."),
            _("%(actor)s a voulu noter votre accord pour une équipe de soins ; c’est refusé."),
        ),
        "team.changed": Sentence(
            _("Vous avez changé les membres de votre équipe de soins."),
            _("%(actor)s a changé les membres de votre équipe de soins."),
            _("%(actor)s a voulu changer les membres de votre équipe de soins ; c’est refusé."),
        ),
        "team.changed:recognised": _done(
            _("Vous avez reconnu %(title)s dans votre équipe de soins."),
            _("%(actor)s a reconnu %(title)s dans votre équipe de soins."),
        ),
        "team.changed:none": _done(
            _("Vous ne comptez plus %(title)s dans votre équipe de soins."),
            _("%(actor)s ne compte plus %(title)s dans votre équipe de soins."),
        ),
        "episode.changed:closed": _done(
            _("Vous avez dit que %(title)s ne vous suit plus."),
            _("%(actor)s a dit que %(title)s ne vous suit plus."),
        ),
        "episode.changed": Sentence(
            _("Vous avez changé un épisode de soins."),
            _("%(actor)s a ouvert ou fermé un épisode de soins."),
            _("%(actor)s a voulu ouvrir ou fermer un épisode de soins ; c’est refusé."),
        ),
        "medecin_traitant.told": Sentence(
            _("Votre médecin traitant a été prévenu d’un accès en urgence."),
            _("Votre médecin traitant a été prévenu d’un accès en urgence."),
            _("Votre médecin traitant n’a pas pu être prévenu d’un accès en urgence."),
        ),
        "message.received": Sentence(
            _("Vous avez reçu un message."),
            _("%(actor)s vous a envoyé un message."),
            _("Un message de %(actor)s a été refusé."),
        ),
        "message.read": Sentence(
            _("Vous avez lu un message."),
            _("%(actor)s a lu un message de votre messagerie."),
            _("La lecture d’un message a été refusée à %(actor)s."),
        ),
        "account.created": _same(_("L’accès à cet espace a été activé.")),
        "account.activation": _same(_("Une activation de cet espace a été refusée.")),
        "account.way.added": _same(_("Un moyen de connexion a été ajouté.")),
        "account.way.removed": _same(_("Un moyen de connexion a été retiré.")),
        "account.password_changed": _same(_("Le mot de passe a été changé.")),
        "account.email_changed": _same(_("L’adresse électronique a été changée.")),
        "account.recovered": _same(_("L’accès à cet espace a été retrouvé.")),
        "device.trusted": _same(_("Un navigateur de confiance a été ajouté.")),
        "device.revoked": _same(_("Un navigateur n’est plus de confiance.")),
        "devices.revoked": _same(_("Tous les autres appareils ont été déconnectés.")),
        "space.closed": _same(_("L’espace a été fermé.")),
        "space.reopened": _same(_("L’espace a été rouvert.")),
        "space.opposed": _same(_("Une opposition à l’ouverture de l’espace a été demandée.")),
        "representation.set": Sentence(
            _("Vous êtes devenu représentant légal dans cet espace."),
            _("%(actor)s a ajouté un représentant légal."),
            _("%(actor)s a voulu ajouter un représentant légal ; c’est refusé."),
        ),
        "mandate.invited": Sentence(
            _("Vous avez proposé à quelqu’un de vous aider."),
            _("%(actor)s a proposé à quelqu’un d’aider dans cet espace."),
            _("%(actor)s a voulu nommer un aidant ; c’est refusé."),
        ),
        "mandate.accepted": Sentence(
            _("Vous êtes devenu aidant dans cet espace."),
            _("%(actor)s est devenu votre aidant."),
            _("%(actor)s a voulu devenir votre aidant ; c’est refusé."),
        ),
        "mandate.ended": Sentence(
            _("Vous avez mis fin à une aide."),
            _("%(actor)s a mis fin à une aide."),
            _("%(actor)s a voulu mettre fin à une aide ; c’est refusé."),
        ),
        "space.signed_in": Sentence(
            _("Connexion à votre espace."),
            _("Connexion de %(actor)s à cet espace."),
            _("Une tentative de connexion à votre espace a échoué."),
        ),
    }
)

#: What is said before an act that was not normal access (TRE_R248).
EMERGENCIES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "bris_de_glace": _("En urgence : %(sentence)s"),
        "centre_15": _("Dans le cadre d’un appel au 15 : %(sentence)s"),
    }
)
