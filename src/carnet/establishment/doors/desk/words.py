"""The words of identity vigilance as a page says them: the standards name in French alone."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carnet.standards.ins import Attribute, Status, StatusEvent
from carnet.standards.ins.devices import Origin
from carnet.standards.ins.insi import Notice, Situation, Step
from carnet.standards.ins.lexical import Trait

TRAITS: Final[dict[str, str | Promise]] = {
    Trait.BIRTH_NAME.value: _("Nom de naissance"),
    Trait.FIRST_GIVEN_NAME.value: _("Premier prénom de naissance"),
    Trait.GIVEN_NAMES.value: _("Liste des prénoms de naissance"),
    Trait.SEX.value: _("Sexe"),
    Trait.BIRTH_DATE.value: _("Date de naissance"),
    Trait.BIRTH_PLACE.value: _("Lieu de naissance"),
}
#: What each certificate is for.
PAPERS: Final[dict[str, str | Promise]] = {
    "connection": _("Connexion au DMP (authentification)"),
    "signature": _("Signature des VIHF"),
    "mail": _("Domaine de messagerie"),
}
ORIGINS: Final[dict[str, str | Promise]] = {
    Origin.FRENCH.name: _("Française"),
    Origin.EUROPEAN.name: _("Européenne (UE, Suisse, Monaco, Royaume-Uni…)"),
    Origin.OTHER.name: _("Autre"),
}
DEVICES: Final[dict[str, str | Promise]] = {
    "cni": _("Carte nationale d’identité"),
    "passport": _("Passeport"),
    "european_card": _("Carte nationale d’identité européenne"),
    "residence_permit": _("Titre de séjour"),
    "france_identite": _("France Identité"),
    "la_poste": _("L’Identité numérique La Poste"),
    "appli_carte_vitale": _("Appli carte Vitale"),
    "minor_birth_parent": _("Mineur : acte de naissance et pièce d’un parent"),
    "minor_book_parent": _("Mineur : livret de famille et pièce d’un parent"),
    "minor_birth_guardian": _("Mineur : acte de naissance, pièce du tuteur, décision de justice"),
    "minor_book_guardian": _("Mineur : livret de famille, pièce du tuteur, décision de justice"),
    "dcem": _("Document de circulation pour étranger mineur"),
    "ase_birth_vitale": _("Aide sociale à l’enfance : acte de naissance et Vitale avec photo"),
    "ehpad_birth_vitale": _("Résident d’EHPAD : acte de naissance et Vitale avec photo"),
    "ehpad_book_vitale": _("Résident d’EHPAD : livret de famille et Vitale avec photo"),
    "handicap_birth_vitale": _("Handicap : acte de naissance et Vitale avec photo"),
    "cims": _("Carte d’identité militaire"),
    "former_document_judgement": _("Trait changé : pièce antérieure et jugement"),
}
SITUATIONS: Final[dict[Situation | Attribute | Status, str | Promise]] = {
    Attribute.DOUTEUSE: _("identité douteuse"),
    Attribute.FICTIVE: _("identité fictive"),
    Situation.OUTSIDE_VISIT: _("hors venue"),
    Situation.NEWBORN_WITHOUT_NIR: _("nouveau-né sans NIR"),
    Situation.ANONYMOUS_CARE: _("soins anonymes"),
    Situation.AME_WITHOUT_MATRICULE: _("AME sans NIR ni NIA"),
    Situation.DOCUMENT_ERROR_REPORTED: _("erreur signalée sur la pièce d’identité"),
    Situation.APPLI_CARTE_VITALE: _("INS donné par l’appli carte Vitale"),
    Status.PROVISOIRE: _("la structure n’interroge pas INSi pour une identité provisoire"),
}
ATTRIBUTES: Final[dict[str, str | Promise]] = {
    Attribute.HOMONYME.value: _("Homonyme"),
    Attribute.DOUTEUSE.value: _("Identité douteuse"),
    Attribute.FICTIVE.value: _("Identité fictive"),
}
NOTICES: Final[dict[Notice, str | Promise]] = {
    Notice.WRONG_KEY: _("La clé du matricule est fausse : elle est gardée telle qu’INSi la donne."),
    Notice.NIA: _("C’est un numéro d’attente (NIA) : à vérifier à chaque venue."),
    Notice.MATRICULE_CHANGED: _("Le matricule a changé : celui d’avant figure dans l’historique."),
    Notice.MATRICULE_UNRELATED: _("Le matricule connu ici n’a jamais été celui de cette personne."),
    Notice.FIRST_GIVEN_NAME_CHOSEN: _("Le premier prénom est tiré de la liste : le confirmer."),
    Notice.BIRTH_DATE_INCOMPLETE: _("La date de naissance est incomplète."),
    Notice.BIRTH_DATE_LUNAR: _("La date de naissance n’est pas du calendrier civil."),
    Notice.BIRTH_PLACE_UNKNOWN: _("Le lieu de naissance est inconnu."),
}
STEPS: Final[dict[Step, str | Promise]] = {
    Step.WITHOUT_PLACE: _("sans le lieu de naissance"),
    Step.HYPHENS_AS_SPACES: _("tirets remplacés par des espaces"),
    Step.APOSTROPHES_AS_SPACES: _("apostrophes remplacées par des espaces"),
    Step.ALL_AS_SPACES: _("tirets et apostrophes remplacés par des espaces"),
    Step.FIRST_PART: _("première partie du prénom composé"),
    Step.ANOTHER_GIVEN_NAME: _("autre prénom de la liste"),
    Step.WITH_PLACE: _("avec le lieu de naissance"),
    Step.WITH_GIVEN_NAMES: _("avec les autres prénoms"),
    Step.WITH_PLACE_AND_GIVEN_NAMES: _("avec le lieu de naissance et les autres prénoms"),
}
#: What was done, or happened, to an identity: the deeds of `patients.vigilance` among them.
CAUSES: Final[dict[str, str | Promise]] = {
    "registered": _("saisie à l’arrivée"),
    "homonym": _("homonyme signalé"),
    "wish": _("volontés recueillies"),
    "unmerged": _("fusion annulée"),
    StatusEvent.DEVICE_CHECKED.value: _("pièce d’identité vérifiée"),
    StatusEvent.INSI_ACCEPTED.value: _("réponse d’INSi acceptée"),
    StatusEvent.INSI_INCONSISTENT.value: _("réponse d’INSi écartée"),
    StatusEvent.INSI_VERIFICATION_FAILED.value: _("INS non confirmé par INSi"),
    StatusEvent.DOUBT.value: _("identité douteuse"),
    StatusEvent.DECLARED_FICTIVE.value: _("identité fictive"),
    StatusEvent.DISCORDANCE.value: _("une pièce contredit l’identité"),
    StatusEvent.STRICT_TRAIT_CHANGED.value: _("trait strict corrigé"),
    StatusEvent.CLEARED.value: _("doute levé"),
}
#: Why an INS waits, by the reasons of `patients.worklist`.
CASES: Final[dict[str, str | Promise]] = {
    "answer": _("INSi a répondu : accepter la réponse, ou l’écarter."),
    "differs": _("La réponse d’INSi diffère de l’identité connue ici."),
    "01": _("INSi ne trouve personne avec ces traits."),
    "02": _("INSi trouve plusieurs personnes : préciser la question."),
    "fallen": _("INSi n’a pas confirmé l’INS : il est retiré, à obtenir de nouveau."),
    "trait": _("Il manque un trait strict pour interroger INSi."),
    "error": _("INSi a refusé la question : prévenir l’exploitant si cela dure."),
}
#: What to do about an alert, by its kind.
REMEDIES: Final[dict[str, str | Promise]] = {
    "same_ins": _("Aucun n’est qualifié tant que l’INS est partagé : fusionner, ou retirer l’INS."),
    "duplicate": _("Comparer les deux dossiers : les fusionner, ou dire qu’ils sont distincts."),
    "homonym": _("Deux identités qualifiées presque pareilles : les signaler comme homonymes."),
    "collision": _("Un message a changé les traits au point d’en faire quelqu’un d’autre."),
}
