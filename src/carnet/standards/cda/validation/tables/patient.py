"""Rules of the patient: identifiers, INS traits, names (spec dmp §5.1, identity §1)."""

from __future__ import annotations

from typing import Final

from carnet.standards.cda.validation import checks
from carnet.standards.cda.validation.rule import Rule
from carnet.standards.ids import INS_OIDS

_IS_INS: Final = " or ".join(f"@root='{oid}'" for oid in sorted(INS_OIDS))
_ROLE: Final = "h:recordTarget/h:patientRole"
_WITH_INS: Final = f"{_ROLE}[h:id[{_IS_INS}]]"
_NAME: Final = f"{_ROLE}/h:patient/h:name"

RULES: Final = (
    Rule(
        "record-target",
        ".",
        "h:recordTarget[h:patientRole/h:patient]",
        "1..1",
        "Le patient (recordTarget) manque ou n'est pas unique.",
        "Décrire un patient et un seul.",
    ),
    Rule(
        "patient-id",
        _ROLE,
        "h:id",
        "1..*",
        "Le patient n'a aucun identifiant.",
        "Donner au moins un identifiant du patient, sans nullFlavor.",
    ),
    Rule(
        "patient-id-complete",
        _ROLE,
        "h:id[not(string(@root) and string(@extension))]",
        "0..0",
        "Un identifiant du patient est incomplet.",
        "Renseigner root (l'autorité) et extension (la valeur).",
    ),
    Rule(
        "patient-ins",
        f"{_ROLE}[h:id[not(@nullFlavor)]]",
        f"h:id[{_IS_INS}]",
        "1..*",
        "Le patient n'a pas d'INS : le document ne peut pas être partagé.",
        "Qualifier l'identité du patient et ajouter son INS.",
        severity="warning",
    ),
    Rule(
        "patient-ins-single",
        _ROLE,
        f"h:id[{_IS_INS}]",
        "0..1",
        "Le patient a plusieurs INS.",
        "Ne garder que l'INS en vigueur du patient.",
    ),
    Rule(
        "patient-ins-first",
        _WITH_INS,
        f"h:id[1][not({_IS_INS})]",
        "0..0",
        "L'INS n'est pas le premier identifiant du patient.",
        "Écrire l'INS en premier, puis les identifiants locaux.",
    ),
    Rule(
        "patient-ins-shape",
        _ROLE,
        f"h:id[{_IS_INS}]",
        "0..*",
        "Le matricule INS n'a pas 15 caractères (13 et la clé).",
        "Reprendre le matricule rendu par INSi, suivi de sa clé.",
        check=checks.ins_shape,
    ),
    Rule(
        "patient-ins-key",
        _ROLE,
        f"h:id[{_IS_INS}]",
        "0..*",
        "La clé du matricule INS ne correspond pas.",
        "Vérifier le matricule auprès d'INSi.",
        check=checks.ins_key,
        severity="warning",
    ),
    Rule(
        "ins-birth-family",
        _WITH_INS,
        "h:patient/h:name/h:family[@qualifier='BR'][normalize-space()]",
        "1..1",
        "Le nom de naissance, trait de l'INS, manque.",
        'Écrire <family qualifier="BR"> avec le nom de naissance.',
    ),
    Rule(
        "ins-birth-givens",
        _WITH_INS,
        "h:patient/h:name/h:given[not(@qualifier)][normalize-space()]",
        "1..*",
        "La liste des prénoms de l'acte de naissance, trait de l'INS, manque.",
        "Écrire <given> sans qualifier avec la liste des prénoms.",
    ),
    Rule(
        "ins-first-given",
        _WITH_INS,
        "h:patient/h:name/h:given[@qualifier='BR'][normalize-space()]",
        "1..1",
        "Le premier prénom de l'acte de naissance manque.",
        'Écrire <given qualifier="BR"> avec le premier prénom.',
    ),
    Rule(
        "ins-birth-place",
        _WITH_INS,
        "h:patient/h:birthplace/h:place/h:addr/h:county",
        "1..1",
        "Le code du lieu de naissance, trait de l'INS, manque ou n'est pas un code COG.",
        "Écrire dans birthplace/place/addr/county le code officiel géographique (INSEE).",
        check=checks.text("[0-9][0-9AB][0-9]{3}"),
    ),
    Rule(
        "patient-name",
        f"{_ROLE}/h:patient",
        "h:name",
        "1..1",
        "Le nom du patient manque ou n'est pas unique.",
        "Donner un élément name et un seul, sans nullFlavor.",
    ),
    Rule(
        "patient-family",
        _NAME,
        "h:family[normalize-space()]",
        "1..*",
        "Le patient n'a pas de nom de famille.",
        "Donner au moins le nom de naissance.",
    ),
    Rule(
        "patient-given",
        _NAME,
        "h:given[normalize-space()]",
        "1..*",
        "Le patient n'a pas de prénom.",
        "Donner au moins un prénom.",
    ),
    Rule(
        "patient-family-qualifier",
        _NAME,
        "h:family[not(@qualifier='BR' or @qualifier='CL')]",
        "0..0",
        "Un nom de famille du patient n'est ni de naissance (BR) ni utilisé (CL).",
        "Qualifier chaque nom de famille BR ou CL.",
    ),
    Rule(
        "patient-given-qualifier",
        _NAME,
        "h:given[@qualifier][not(@qualifier='BR' or @qualifier='CL')]",
        "0..0",
        "Un prénom du patient porte une qualité autre que BR ou CL.",
        "Qualifier le prénom BR ou CL, ou laisser la liste sans qualité.",
    ),
    Rule(
        "patient-gender",
        f"{_ROLE}/h:patient",
        "h:administrativeGenderCode",
        "1..1",
        "Le sexe du patient manque ou n'est pas F, M ou UN.",
        "Prendre le sexe dans le JDV_J143.",
        check=checks.attribute("code", "F|M|UN"),
    ),
    Rule(
        "patient-birth-time",
        f"{_ROLE}/h:patient",
        "h:birthTime",
        "1..1",
        "La date de naissance manque ou n'est pas une date.",
        "Écrire la date sous la forme AAAA, AAAAMM ou AAAAMMJJ.",
        check=checks.timestamp(),
    ),
    Rule(
        "patient-forbidden",
        f"{_ROLE}/h:patient",
        "h:religiousAffiliationCode | h:raceCode | h:ethnicGroupCode"
        " | sdtc:raceCode | sdtc:ethnicGroupCode",
        "0..0",
        "La religion ou l'origine du patient est mentionnée, ce qui est interdit en France.",
        "Retirer cette information.",
        null=True,
    ),
    Rule(
        "patient-once",
        f"{_ROLE}/h:patient",
        "sdtc:deceasedInd[2] | sdtc:deceasedTime[2] | sdtc:multipleBirthInd[2]"
        " | sdtc:multipleBirthOrderNumber[2] | h:birthplace[2]",
        "0..0",
        "Un trait du patient est donné deux fois.",
        "Ne garder qu'une valeur de chaque trait.",
        null=True,
    ),
)
