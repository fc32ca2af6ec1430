"""The refusals of an assertion: a closed list, each with its French sentence."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Refusal(StrEnum):
    """Why an assertion is refused.

    `DMPInvalidCertificate` is the code of the DMP itself (spec dmp §3.12); the others are ours:
    the full list of the DMP (SEL-MP-037) is not published.
    """

    MALFORMED = "VIHFMalformed"
    SIGNATURE = "VIHFInvalidSignature"
    ALGORITHM = "VIHFForbiddenAlgorithm"
    CERTIFICATE = "DMPInvalidCertificate"
    UNTRUSTED = "VIHFUntrustedCertificate"
    ISSUER = "VIHFIssuerMismatch"
    EXPIRED = "VIHFExpired"
    NOT_YET_VALID = "VIHFNotYetValid"
    AUDIENCE = "VIHFWrongAudience"
    VERSION = "VIHFUnknownVersion"
    MODE = "VIHFInconsistentMode"
    ROLE = "VIHFUnknownRole"
    CONTRADICTED = "VIHFContradictedRole"
    SPECIALTY = "VIHFMissingSpecialty"
    STRUCTURE = "VIHFInvalidStructure"
    PATIENT = "VIHFInvalidPatient"
    PURPOSE = "VIHFUnknownPurpose"


MESSAGES: Final = {
    Refusal.MALFORMED: "Le VIHF n'est pas une assertion SAML 2.0 bien formée",
    Refusal.SIGNATURE: "La signature du VIHF n'est pas valable",
    Refusal.ALGORITHM: "La signature du VIHF emploie un algorithme ou une transformation interdits",
    Refusal.CERTIFICATE: "Le certificat qui signe le VIHF n'est pas un certificat de signature",
    Refusal.UNTRUSTED: "Le certificat qui signe le VIHF n'est pas accepté",
    Refusal.ISSUER: "L'émetteur du VIHF n'est pas le titulaire du certificat qui le signe",
    Refusal.EXPIRED: "Le VIHF a expiré : émettez-en un nouveau",
    Refusal.NOT_YET_VALID: "Le VIHF est daté du futur : mettez l'horloge du poste à l'heure",
    Refusal.AUDIENCE: "Le VIHF est destiné à un autre service",
    Refusal.VERSION: "La version du VIHF n'est pas connue (2.0, 3.0 ou 4.0)",
    Refusal.MODE: "Le mode d'authentification ne convient pas à ce VIHF",
    Refusal.ROLE: "Le rôle n'est pas un rôle reconnu (JDV_J65)",
    Refusal.CONTRADICTED: "L'annuaire ne connaît pas ce rôle à ce professionnel",
    Refusal.SPECIALTY: "Aucune spécialité dans le VIHF, obligatoire pour cette profession",
    Refusal.STRUCTURE: "L'identifiant ou le secteur d'activité de la structure n'est pas valable",
    Refusal.PATIENT: "L'identifiant du patient n'est pas un INS",
    Refusal.PURPOSE: "Le mode d'accès n'est pas connu (normal, bris_de_glace, centre_15)",
}


class VihfRefused(Exception):  # noqa: N818 - says what happened, as the door will
    """An assertion is refused: stable `code`, French `message`. Neither repeats an identifier."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        self.code = code
        self.message = f"{MESSAGES[code]} ({detail})." if detail else f"{MESSAGES[code]}."
        super().__init__(f"{code}: {self.message}")
