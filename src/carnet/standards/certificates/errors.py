"""The refusals of certificates."""

from typing import Final

#: Every refusal of this module: its stable code and what it means, for the person who reads it.
MESSAGES: Final = {
    "unreadable": "Le certificat ou la liste de révocation est illisible.",
    "bad_name": "Le nom distinctif n'est pas lisible (RFC 4514).",
    "expired": "Le certificat a expiré : demandez son renouvellement.",
    "not_yet_valid": "Le certificat n'est pas encore valable : vérifiez l'horloge.",
    "unknown_issuer": "Le certificat n'a pas été émis par une autorité reconnue (IGC-Santé).",
    "bad_signature": "La signature du certificat par son autorité est fausse.",
    "weak_signature": "Le certificat emploie une signature ou une clé trop faible.",
    "not_an_authority": "Un maillon de la chaîne n'est pas une autorité de certification.",
    "critical_extension": "Le certificat porte une extension critique qui n'est pas comprise.",
    "wrong_usage": "L'usage du certificat ne convient pas.",
    "revoked": "Le certificat a été révoqué.",
    "crl_missing": "Aucune liste de révocation n'est connue pour l'autorité émettrice.",
    "crl_expired": "La liste de révocation de l'autorité émettrice a expiré : rafraîchissez-la.",
    "crl_bad_signature": "La liste de révocation n'est pas signée par une autorité reconnue.",
}


class CertificateError(ValueError):
    """A certificate, a revocation list or a name is refused; `code` is a key of `MESSAGES`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{MESSAGES[code]} {detail}".rstrip())
        self.code = code
        self.message = MESSAGES[code]
        self.detail = detail
