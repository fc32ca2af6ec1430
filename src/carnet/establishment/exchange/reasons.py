"""Why a delivery waits, was not sent or is stuck: one code, one sentence, one remedy each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Reason:
    """What an operator reads: what happened, and what to do about it."""

    sentence: str | Promise
    remedy: str | Promise


#: Identity (spec identity §1.10, §5.10), rules (§5.7, §5.9; mssante §7), then the other side.
REASONS: Final[dict[str, Reason]] = {
    "patient_unknown": Reason(
        _("Le patient n’est pas connu : aucun message d’identité n’est arrivé pour lui."),
        _("Faire émettre l’identité (A28) par le référentiel d’identité."),
    ),
    "identity_provisional": Reason(
        _("L’identité est provisoire."),
        _("Vérifier une pièce d’identité, puis appeler le téléservice INSi."),
    ),
    "identity_unchecked": Reason(
        _("L’INS est récupéré, mais l’identité n’est pas contrôlée."),
        _("Vérifier une pièce d’identité."),
    ),
    "identity_doubtful": Reason(
        _("L’identité est douteuse."), _("Lever le doute dans le référentiel d’identité.")
    ),
    "identity_fictive": Reason(
        _("L’identité est fictive : rien n’est envoyé pour elle."), _("Rien à faire.")
    ),
    "ins_missing": Reason(
        _("L’identité est validée, mais l’INS manque."),
        _("Appeler le téléservice INSi, puis renvoyer l’identité (A31)."),
    ),
    "ins_refused": Reason(
        _("L’INS reçu dans le message d’identité n’a pas été retenu."),
        _("Corriger l’identité dans le référentiel, puis la renvoyer (A31)."),
    ),
    "ins_disputed": Reason(
        _("Un autre patient porte le même INS."),
        _("Fusionner les dossiers (A40), ou retirer l’INS de l’un d’eux (A47)."),
    ),
    "called_off": Reason(
        _("La fusion a été annulée avant que l’application ne l’apprenne."), _("Rien à faire.")
    ),
    "superseded": Reason(
        _("La version qui remplace ce document y est déjà : elle était arrivée avant lui."),
        _("Rien à faire."),
    ),
    "taken_up": Reason(
        _("Le document à remplacer est arrivé : l’envoi reprend, après lui."), _("Rien à faire.")
    ),
    "whose": Reason(
        _("Le document est arrivé pendant que deux dossiers étaient fusionnés, à tort."),
        _("Dire à qui il est, sur la page de la fusion annulée."),
    ),
    "900": Reason(
        _("La version à remplacer ou à supprimer n’est pas la dernière, ou est introuvable."),
        _("Renvoyer le document en citant la dernière version."),
    ),
    "903": Reason(
        _("Le document ne porte pas d’INS."),
        _("Renvoyer le document avec l’INS du patient dans son en-tête."),
    ),
    "904": Reason(
        _("L’INS ou les traits du document ne sont pas ceux du patient."),
        _("Vérifier qu’il s’agit du bon patient, puis renvoyer le document corrigé."),
    ),
    "905": Reason(
        _("Les traits d’identité du document sont incomplets."),
        _("Renvoyer le document avec les cinq traits de l’INS."),
    ),
    "document_invalid": Reason(
        _("Le document construit autour du PDF n’est pas conforme."),
        _("Compléter le message (auteur, type, dates), puis renvoyer le document."),
    ),
    "type_not_for_record": Reason(
        _("Ce type de document n’est pas admis dans le dossier partagé (JDV_J66)."),
        _("Changer le type du document s’il est mal choisi ; sinon rien à faire."),
    ),
    "opposed": Reason(
        _("Le patient s’oppose à l’alimentation de son dossier (ZFA-9 : IO)."), _("Rien à faire.")
    ),
    "unique_id": Reason(
        _("L’identifiant du document n’est pas un OID simple : le dossier partagé le refuse."),
        _("Renvoyer le document avec un identifiant sans extension."),
    ),
    "restricted": Reason(
        _("Le document est de confidentialité restreinte : il ne va pas au dossier partagé."),
        _("Rien à faire, ou renvoyer le document en confidentialité normale."),
    ),
    "sender_missing": Reason(
        _("Le message ne dit pas qui envoie le document (PRT « SB »)."),
        _("Renvoyer le document avec son expéditeur."),
    ),
    "masked_to_professionals": Reason(
        _("Le document est masqué aux professionnels : il ne leur est pas envoyé."),
        _("Corriger MASQUE_PS ou DESTMSSANTEPS dans le logiciel émetteur."),
    ),
    "hidden_from_patient": Reason(
        _("Le document n’est pas visible par le patient : il ne lui est pas envoyé."),
        _("Corriger INVISIBLE_PATIENT ou DESTMSSANTEPAT dans le logiciel émetteur."),
    ),
    "no_recipient": Reason(
        _("Aucun destinataire professionnel n’a d’adresse MSSanté (PRT « RCT »)."),
        _("Compléter le correspondant dans le logiciel émetteur, puis renvoyer le document."),
    ),
    "recipient_not_mss": Reason(
        _("L’adresse du destinataire n’est pas une adresse MSSanté."),
        _("Corriger l’adresse du correspondant, puis renvoyer le document."),
    ),
    "withdrawn": Reason(
        _("Le document a été supprimé par son émetteur avant d’être envoyé."), _("Rien à faire.")
    ),
    "former_mailbox": Reason(
        _("Le document est dans la messagerie de l’ancien INS : un message ne se reprend pas."),
        _("Prévenir le référent en identitovigilance et le titulaire de cette messagerie."),
    ),
    "subscriber": Reason(
        _("L’application abonnée a refusé le message d’identité."),
        _("Lire sa réponse, corriger l’identité ou l’application, puis renvoyer le message."),
    ),
    "nothing_to_delete": Reason(
        _("Le document supprimé n’avait pas été envoyé à ce destinataire."), _("Rien à faire.")
    ),
    "unreachable": Reason(
        _("Le destinataire est injoignable ou ne répond pas à temps."),
        _("Rien à faire : l’envoi est réessayé automatiquement."),
    ),
    "unavailable": Reason(
        _("Le destinataire a répondu par une erreur passagère."),
        _("Rien à faire : l’envoi est réessayé automatiquement."),
    ),
    "babbling": Reason(
        _("La réponse du destinataire est illisible ou trop longue."),
        _("Rien à faire : l’envoi est réessayé automatiquement."),
    ),
    "exhausted": Reason(
        _("Le destinataire répond par une erreur depuis trop d’essais."),
        _("Lire le détail, prévenir l’exploitant du service, puis réessayer."),
    ),
    "fault": Reason(
        _("Le dossier partagé a refusé la demande."),
        _("Lire le détail : certificat, assertion ou structure ; corriger, puis réessayer."),
    ),
    "registry": Reason(
        _("Le dossier partagé a refusé le document."),
        _("Lire le code : corriger le document ou l’identité, puis réessayer."),
    ),
    "smtp": Reason(
        _("La messagerie du destinataire a refusé le message."),
        _("Vérifier l’adresse du destinataire, puis réessayer ou annuler."),
    ),
    "too_large": Reason(
        _("Le message dépasse la taille admise par le destinataire."),
        _("Réduire le document, puis le renvoyer."),
    ),
    "internal": Reason(
        _("La passerelle n’a pas su traiter ce document."),
        _("Prévenir l’exploitant de la passerelle : le journal technique dit pourquoi."),
    ),
    "cancelled": Reason(_("Annulé par un opérateur."), _("Rien à faire.")),
    "retried": Reason(_("Relancé par un opérateur."), _("Rien à faire.")),
    "after": Reason(
        _("Attend que la version précédente soit livrée."),
        _("Traiter d’abord la livraison de la version précédente."),
    ),
}
