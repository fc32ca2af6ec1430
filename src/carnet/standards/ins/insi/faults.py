"""The faults of INSi: a SOAP fault whose detail carries one error with its code and severity.

Source: schema_faultSOAP V01_01, published answers (spec identity §1.12).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from lxml import etree

from carnet.standards.soap.envelope import SOAP, FaultCode, SoapFault, read_fault
from carnet.standards.xml import escape

SIRAM: Final = "urn:siram"


class Severity(StrEnum):
    """How bad an error is."""

    INFORMATION = "information"
    AVERTISSEMENT = "avertissement"
    ERREUR = "erreur"
    FATALE = "fatale"


#: The service writes `fatal` where its schema says `fatale`.
_AS_SENT: Final = {Severity.FATALE: "fatal"}
_SEVERITIES: Final = {severity.value: severity for severity in Severity} | {
    sent: severity for severity, sent in _AS_SENT.items()
}


class InsiFault(SoapFault):
    """INSi refuses, or fails: `error` (`desir_550`, `insi_102`…), its words in `detail`.

    `subcode` is the family (`siram_100`), `severity` None when the service says none that is
    known, `message_id` the question when the service names it.
    """

    def __init__(
        self,
        code: FaultCode,
        reason: str,
        *,
        error: str,
        detail: str,
        severity: Severity | None,
        subcode: str = "",
        message_id: str = "",
    ) -> None:
        super().__init__(code, reason, subcode=subcode, detail=detail)
        self.error = error
        self.severity = severity
        self.message_id = message_id

    @property
    def temporary(self) -> bool:
        """Whether the same question may be asked again later: the service failed, not the caller.

        Care goes on meanwhile, under a provisional identity.
        """
        return self.code == "Receiver"


_NOT_ALLOWED: Final = (
    "L'accès par ce progiciel au service n'est pas autorisé. "
    "Contactez l'éditeur du progiciel ou votre responsable informatique."
)
_UNAVAILABLE: Final = (
    "Le service est temporairement inaccessible.\n"
    "Veuillez renouveler votre demande ultérieurement. Si le problème persiste, "
    "contactez l'éditeur du progiciel ou votre responsable informatique."
)
_NO_RIGHT: Final = "Vous ne disposez pas des droits suffisants pour accéder à ce service."

_E: Final = Severity.ERREUR
#: error -> SOAP code, family, reason, severity, words.
#: Of desir_560 only the words are published: its code, family and severity are unverified. Those
#: that begin with carnet_ are ours: what the service answers in these cases is not public.
KNOWN: Final[dict[str, tuple[FaultCode, str, str, Severity, str]]] = {
    "desir_550": (
        "Sender",
        "siram_100",
        _NOT_ALLOWED,
        _E,
        "Numéro d'autorisation du logiciel inconnu.",
    ),
    "desir_560": ("Sender", "siram_100", _NO_RIGHT, _E, "Niveau d'accès insuffisant."),
    "insi_102": (
        "Receiver",
        "siram_40",
        _UNAVAILABLE,
        Severity.FATALE,
        "L appel au service de recherche avec les traits d identité renvoie une erreur technique.",
    ),
    "carnet_quota": (
        "Receiver",
        "siram_40",
        _UNAVAILABLE,
        Severity.AVERTISSEMENT,
        "Trop d'appels de cette structure : attendez avant le suivant.",
    ),
    "carnet_demande": (
        "Sender",
        "siram_100",
        "La demande de vérification est inconnue.",
        _E,
        "Aucune demande de cette structure n'a cet identifiant, ou son résultat a expiré.",
    ),
}


def known_fault(error: str, *, message_id: str = "") -> InsiFault:
    """The fault of INSi for `error`, one of `KNOWN`, in its own words."""
    code, subcode, reason, severity, words = KNOWN[error]
    return InsiFault(
        code,
        reason,
        error=error,
        detail=words,
        severity=severity,
        subcode=subcode,
        message_id=message_id,
    )


def read(payload: etree._Element) -> SoapFault | None:
    """The fault that an answer carries: an `InsiFault` when its detail says so; None without."""
    fault = read_fault(payload)
    error = payload.find(f"{{{SOAP}}}Detail/{{{SIRAM}}}Erreur")
    if fault is None or error is None:
        return fault
    return InsiFault(
        fault.code,
        fault.reason,
        error=error.get("code", ""),
        detail=" ".join("".join(error.itertext(etree.Element)).split()),
        severity=_SEVERITIES.get(error.get("severite", "").rpartition(":")[2]),
        subcode=fault.subcode,
        message_id=error.get("messageID", ""),
    )


def write(fault: InsiFault) -> bytes:
    """The payload of the answer that carries `fault`, its prefixes as the service has them."""
    attributes = {
        "severite": _AS_SENT.get(fault.severity, fault.severity) if fault.severity else "",
        "code": fault.error,
        "messageID": fault.message_id,
    }
    told = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items() if value)
    return (
        f'<S:Fault xmlns:S="{SOAP}"><S:Code><S:Value>S:{fault.code}</S:Value>'
        f"<S:Subcode><S:Value>S:{escape(fault.subcode)}</S:Value></S:Subcode></S:Code>"
        f'<S:Reason><S:Text xml:lang="en">{escape(fault.reason)}</S:Text></S:Reason>'
        f'<S:Detail><siram:Erreur xmlns:siram="{SIRAM}"{told}>{escape(fault.detail)}'
        "</siram:Erreur></S:Detail></S:Fault>"
    ).encode()
