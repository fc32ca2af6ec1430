"""Rules of the people and structures: author, custodian, legal authenticator (spec dmp §5.1)."""

from __future__ import annotations

from typing import Final

from carnet.standards.cda.validation import checks
from carnet.standards.cda.validation.rule import Rule
from carnet.standards.ids import INS_OIDS, PS_AUTHORITY, STRUCT_AUTHORITY

_DMP: Final = "1.2.250.1.213.4.1"  #: custodian of the documents of patients and of services
_IS_INS: Final = " or ".join(f"@root='{oid}'" for oid in sorted(INS_OIDS))
_AUTHOR: Final = "h:author/h:assignedAuthor"
_CUSTODIAN: Final = "h:custodian/h:assignedCustodian/h:representedCustodianOrganization"
_LEGAL: Final = "h:legalAuthenticator"
_ENTITIES: Final = (
    _AUTHOR,
    f"{_LEGAL}/h:assignedEntity",
    "h:documentationOf/h:serviceEvent/h:performer/h:assignedEntity",
)
_PERSONS: Final = " | ".join(f"{entity}/h:assignedPerson" for entity in _ENTITIES)
_HEADER_IDS: Final = "*[not(self::h:component)]/descendant::h:id"

RULES: Final = (
    Rule(
        "author",
        ".",
        "h:author[h:assignedAuthor]",
        "1..*",
        "Le document n'a pas d'auteur.",
        "Décrire au moins un auteur, sans nullFlavor.",
    ),
    Rule(
        "author-time",
        "h:author",
        "h:time",
        "1..1",
        "La date de validation par l'auteur manque ou n'est pas une date.",
        "Écrire la date sous la forme AAAAMMJJhhmmss+hhmm.",
        check=checks.timestamp(),
    ),
    Rule(
        "author-id",
        _AUTHOR,
        "h:id[string(@root)][string(@extension)]",
        "1..*",
        "L'auteur n'a pas d'identifiant.",
        "Donner l'identifiant national de l'auteur (root et extension).",
    ),
    Rule(
        "author-code",
        f"{_AUTHOR}[h:id[@root='{PS_AUTHORITY}']]",
        "h:code",
        "1..1",
        "La profession ou la spécialité de l'auteur manque.",
        "Ajouter le code de la profession ou du savoir-faire, pris dans le JDV_J01.",
        severity="warning",
    ),
    Rule(
        "author-function",
        "h:author",
        "h:functionCode",
        "0..1",
        "Le rôle fonctionnel de l'auteur n'est pas dans le JDV_J47.",
        "Prendre functionCode dans le JDV_J47, ou le retirer.",
        check=checks.in_value_set("author_roles"),
    ),
    Rule(
        "author-function-professional",
        f"h:author[h:assignedAuthor[h:assignedAuthoringDevice or h:id[{_IS_INS}]]]",
        "h:functionCode",
        "0..0",
        "Un rôle fonctionnel est donné à un auteur qui n'est pas un professionnel.",
        "Retirer functionCode.",
        severity="warning",
    ),
    Rule(
        "author-identity",
        _AUTHOR,
        "h:assignedPerson | h:assignedAuthoringDevice",
        "1..1",
        "L'auteur n'est ni une personne ni un système, ou les deux à la fois.",
        "Décrire assignedPerson ou assignedAuthoringDevice.",
    ),
    Rule(
        "author-device",
        f"{_AUTHOR}/h:assignedAuthoringDevice",
        "h:manufacturerModelName[1] | h:softwareName[1]",
        "2..2",
        "Le système auteur n'est pas nommé.",
        "Renseigner manufacturerModelName et softwareName.",
    ),
    Rule(
        "person-name",
        _PERSONS,
        "h:name[h:family]",
        "1..1",
        "Un professionnel n'a pas de nom, ou en a plusieurs.",
        "Donner à la personne un élément name avec son nom de famille.",
    ),
    Rule(
        "person-name-parts",
        _PERSONS,
        "h:name/h:family[2] | h:name/h:given[2] | h:name/h:prefix[2] | h:name/h:suffix[2]",
        "0..0",
        "Le nom d'un professionnel a deux fois la même partie.",
        "Ne donner qu'un nom, un prénom, une civilité et un titre.",
    ),
    Rule(
        "profession-code",
        ".",
        " | ".join(f"{entity}/h:code" for entity in _ENTITIES),
        "0..*",
        "La profession ou la spécialité d'un professionnel n'est pas dans le JDV_J01.",
        "Prendre le code dans le jeu de valeurs JDV_J01-XdsAuthorSpecialty-CISIS.",
        check=checks.in_value_set("author_specialties"),
    ),
    Rule(
        "professional-id",
        ".",
        f"{_HEADER_IDS}[@root='{PS_AUTHORITY}'][string(@extension)]",
        "0..*",
        "Un identifiant national de professionnel n'a pas la forme attendue.",
        "Écrire le type d'identifiant puis le numéro : 8 et le RPPS, par exemple.",
        check=checks.ps_id,
        severity="warning",
    ),
    Rule(
        "structure-id",
        ".",
        f"{_HEADER_IDS}[@root='{STRUCT_AUTHORITY}'][string(@extension)]",
        "0..*",
        "Un identifiant national de structure n'a pas la forme attendue.",
        "Écrire le type d'identifiant puis le numéro : 1 et le FINESS, par exemple.",
        check=checks.struct_id,
        severity="warning",
    ),
    Rule(
        "data-enterer",
        ".",
        "h:dataEnterer",
        "0..1",
        "Le document a plusieurs opérateurs de saisie.",
        "Ne garder qu'un dataEnterer.",
        null=True,
    ),
    Rule(
        "custodian",
        ".",
        _CUSTODIAN,
        "1..1",
        "La structure chargée de conserver le document (custodian) manque.",
        "Décrire une structure conservatrice et une seule.",
    ),
    Rule(
        "custodian-id",
        _CUSTODIAN,
        f"h:id[@root='{STRUCT_AUTHORITY}' or @root='{_DMP}']",
        "1..1",
        "L'identifiant de la structure conservatrice manque ou n'est pas national.",
        f"Écrire root {STRUCT_AUTHORITY} et l'identifiant national de la structure.",
    ),
    Rule(
        "custodian-extension",
        _CUSTODIAN,
        f"h:id[@root='{STRUCT_AUTHORITY}'][not(string(@extension))]",
        "0..0",
        "L'identifiant de la structure conservatrice est incomplet.",
        "Renseigner extension avec l'identifiant national de la structure.",
    ),
    Rule(
        "custodian-dmp",
        f"{_CUSTODIAN}[h:id[@root='{_DMP}']]",
        "self::*[h:id[@extension] or normalize-space(h:name) != 'DMP' or not(h:name)]",
        "0..0",
        "Le DMP comme conservateur n'est pas décrit comme convenu.",
        f"Écrire l'identifiant {_DMP} sans extension et le nom DMP.",
    ),
    Rule(
        "custodian-once",
        _CUSTODIAN,
        "h:name[2] | h:telecom[2] | h:addr[2]",
        "0..0",
        "La structure conservatrice a plusieurs noms, adresses ou coordonnées.",
        "N'en garder qu'un de chaque.",
        null=True,
    ),
    Rule(
        "legal-authenticator",
        ".",
        f"{_LEGAL}[h:signatureCode[@code='S']]",
        "1..1",
        "Le responsable du document (legalAuthenticator) manque ou n'est pas unique.",
        "Décrire un responsable et un seul, avec signatureCode S.",
    ),
    Rule(
        "legal-time",
        _LEGAL,
        "h:time",
        "1..1",
        "La date de prise de responsabilité manque ou n'est pas une date.",
        "Écrire la date sous la forme AAAAMMJJhhmmss+hhmm.",
        check=checks.timestamp(),
    ),
    Rule(
        "people-time-offset",
        ".",
        f"h:author/h:time[string-length(@value) > 8] | {_LEGAL}/h:time[string-length(@value) > 8]",
        "0..*",
        "La date de validation ou de prise de responsabilité n'a pas de décalage horaire.",
        "Ajouter le décalage horaire : +0100 en hiver, +0200 en été.",
        check=checks.timestamp(digits=10, offset=True),
        severity="warning",
    ),
    Rule(
        "legal-id",
        _LEGAL,
        "h:assignedEntity/h:id[string(@root)][string(@extension)]",
        "1..1",
        "L'identifiant du responsable du document manque ou n'est pas unique.",
        "Donner un identifiant et un seul au responsable (root et extension).",
    ),
)
