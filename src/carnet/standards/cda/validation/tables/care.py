"""Rules of the care: acts, replaced document, encounter (spec dmp §5.1)."""

from __future__ import annotations

from typing import Final

from carnet.standards.cda.validation import checks
from carnet.standards.cda.validation.rule import Rule

_MAIN: Final = "h:documentationOf[1]/h:serviceEvent"
_ENCOUNTER: Final = "h:componentOf/h:encompassingEncounter"
#: Types that must name their act: imaging order and report, patient expression.
_WITH_ACT: Final = " or ".join(
    f"@code='{code}'" for code in ("55115-0", "18748-4", "EXPPAT_1", "EXPPAT_2", "EXPPAT_3")
)

RULES: Final = (
    Rule(
        "documentation",
        ".",
        "h:documentationOf[h:serviceEvent]",
        "1..*",
        "Le document ne dit pas quel acte il documente (documentationOf).",
        "Décrire au moins l'acte principal.",
    ),
    Rule(
        "service-single",
        "h:documentationOf",
        "h:serviceEvent",
        "1..1",
        "Un documentationOf ne contient pas un acte et un seul.",
        "Écrire un documentationOf par acte.",
    ),
    Rule(
        "service-time",
        _MAIN,
        "h:effectiveTime/h:low",
        "1..1",
        "La date de début de l'acte principal manque ou n'est pas une date.",
        "Renseigner effectiveTime/low de l'acte principal.",
        check=checks.timestamp(),
    ),
    Rule(
        "service-code",
        f"self::*[h:code[{_WITH_ACT}]]/{_MAIN}",
        "h:code",
        "1..1",
        "L'acte principal n'est pas codé, ce que ce type de document exige.",
        "Ajouter le code de l'acte documenté.",
    ),
    Rule(
        "service-code-complete",
        "h:documentationOf/h:serviceEvent",
        "h:code[not(string(@code) and string(@codeSystem))]",
        "0..0",
        "Le code d'un acte est incomplet.",
        "Renseigner code et codeSystem, ou un nullFlavor.",
    ),
    Rule(
        "performer",
        _MAIN,
        "h:performer[@typeCode='PRF'][h:assignedEntity]",
        "1..1",
        "L'exécutant de l'acte principal manque ou n'est pas unique.",
        'Décrire un exécutant (performer typeCode="PRF").',
    ),
    Rule(
        "performer-id",
        f"{_MAIN}/h:performer/h:assignedEntity",
        "h:id",
        "1..1",
        "L'exécutant de l'acte principal n'a pas un identifiant et un seul.",
        "Donner un identifiant, ou un nullFlavor s'il n'est pas connu.",
        null=True,
    ),
    Rule(
        "practice-setting",
        f"{_MAIN}/h:performer/h:assignedEntity",
        "h:representedOrganization/h:standardIndustryClassCode",
        "1..1",
        "Le cadre d'exercice de l'exécutant manque.",
        "Renseigner standardIndustryClassCode, pris dans le JDV_J04.",
    ),
    Rule(
        "practice-setting-known",
        ".",
        "*[not(self::h:component)]/descendant::h:standardIndustryClassCode",
        "0..*",
        "Un cadre d'exercice n'est pas dans le JDV_J04.",
        "Prendre le code dans le jeu de valeurs JDV_J04-XdsPracticeSettingCode-CISIS.",
        check=checks.in_value_set("practice_settings"),
    ),
    Rule(
        "interval-order",
        ".",
        f"h:documentationOf/h:serviceEvent/h:effectiveTime | {_ENCOUNTER}/h:effectiveTime",
        "0..*",
        "Une période se termine avant d'avoir commencé.",
        "Vérifier les dates de début (low) et de fin (high).",
        check=checks.ordered,
        severity="warning",
    ),
    Rule(
        "related-document",
        ".",
        "h:relatedDocument",
        "0..1",
        "Le document en remplace ou en transforme plusieurs.",
        "Ne citer qu'un relatedDocument.",
        null=True,
    ),
    Rule(
        "related-type",
        "h:relatedDocument",
        "self::*[@typeCode='RPLC' or @typeCode='XFRM']",
        "1..1",
        "Le lien avec un autre document n'est ni un remplacement ni une transformation.",
        "Écrire typeCode RPLC ou XFRM.",
    ),
    Rule(
        "related-parent",
        "h:relatedDocument",
        "h:parentDocument/h:id[string(@root)]",
        "1..1",
        "L'identifiant du document remplacé manque ou n'est pas unique.",
        "Renseigner parentDocument/id avec l'identifiant de la version remplacée.",
    ),
    Rule(
        "related-self",
        "h:relatedDocument/h:parentDocument",
        "h:id[@root = ../../../h:id/@root][string(@extension) = string(../../../h:id/@extension)]",
        "0..0",
        "Le document dit se remplacer lui-même.",
        "Donner un nouvel identifiant à la nouvelle version.",
    ),
    Rule(
        "related-version",
        ".",
        "h:relatedDocument[@typeCode='RPLC'][../h:versionNumber/@value='1']",
        "0..0",
        "Le document remplace une version antérieure mais se dit de version 1.",
        "Augmenter versionNumber à chaque remplacement.",
        severity="warning",
    ),
    Rule(
        "encounter",
        ".",
        _ENCOUNTER,
        "1..1",
        "Le contexte de la prise en charge (componentOf) manque ou n'est pas unique.",
        "Décrire une prise en charge et une seule.",
    ),
    Rule(
        "encounter-time",
        _ENCOUNTER,
        "h:effectiveTime",
        "1..1",
        "La période de la prise en charge manque.",
        "Renseigner effectiveTime, ou un nullFlavor si elle n'est pas connue.",
        null=True,
    ),
    Rule(
        "encounter-code",
        _ENCOUNTER,
        "h:code",
        "0..1",
        "Le type de prise en charge n'est pas dans le JDV_J142.",
        "Prendre le code dans le jeu de valeurs JDV_J142-TypeRencontre-CISIS.",
        check=checks.in_value_set("encounter_types"),
    ),
    Rule(
        "discharge-disposition",
        _ENCOUNTER,
        "h:dischargeDispositionCode",
        "0..1",
        "Le type de sortie n'est pas de la terminologie attendue.",
        "Prendre le code dans le système 1.2.250.1.213.2.14.",
        check=checks.attribute("codeSystem", r"1\.2\.250\.1\.213\.2\.14"),
    ),
    Rule(
        "facility",
        _ENCOUNTER,
        "h:location/h:healthCareFacility/h:code",
        "1..1",
        "Le secteur d'activité du lieu de prise en charge manque ou n'est pas dans le JDV_J02.",
        "Renseigner healthCareFacility/code, pris dans le JDV_J02.",
        check=checks.in_value_set("facility_types"),
    ),
)
