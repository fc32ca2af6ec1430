"""TD0.1, who calls: from the certificate and the VIHF to an actor (dmp §4.3, §4.4, 1 to 6).

Every door of software asks here, so that a caller is the same whatever it speaks; each says a
refusal in its own words.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from django.conf import settings

from carnet.national.clients.trust import trust
from carnet.national.directory import queries as directory
from carnet.national.directory.standing import Standing, standing
from carnet.national.journal.actors import Establishment, Member, Professional
from carnet.standards import certificates
from carnet.standards.certificates import Certificate, CertificateError
from carnet.standards.ids import Ins, PsIdNat
from carnet.standards.vihf import (
    MESSAGES,
    Mode,
    Refusal,
    VerificationCache,
    Vihf,
    VihfRefused,
    verify,
)

#: Set by the TLS front alone, which removes what a client sends under this name.
CERTIFICATE_HEADER: Final = "X-Client-Cert"
_LONGEST_HEADER: Final = 16 * 1024

#: How long after it was issued a context opens a page, clocks apart.
CONTEXT_AGE: Final = timedelta(minutes=5)

_NOT_COVERED: Final = "Erreur d'authentification de la personne morale"
#: Professions that the directory holds: G15, and G16 in training.
_LISTED: Final = frozenset({"1.2.250.1.71.1.2.7", "1.2.250.1.71.1.2.8"})

_cache = VerificationCache()


class CallRefused(Exception):  # noqa: N818 - says what happened
    """Who calls is not proved: `code` of the VIHF, of WS-Security or of the DMP (spec dmp §4.4)."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Session:
    """Who makes a call, and the patient that the VIHF is about when there is one."""

    caller: Professional | Establishment | Member
    patient: Ins | None

    @property
    def actor(self) -> Professional | Establishment:
        """The caller, at an address that a VIHF opens."""
        if isinstance(self.caller, Member):
            raise TypeError("no member of an affinity domain comes to this address")
        return self.caller

    @property
    def member(self) -> Member:
        """The caller, at an address of the affinity domain."""
        if not isinstance(self.caller, Member):
            raise TypeError("only a member of the affinity domain comes to this address")
        return self.caller


def client_certificate(header: str | None, *, now: datetime) -> Certificate:
    """The verified client certificate of the connection. Raises `CallRefused` (check 1).

    Requirements: EX_AIR-080.
    """
    if not header:
        raise CallRefused("DMPNoCertificate", "a client certificate is required")
    try:
        certificate = _certificate(header)
        _trust().check(certificate, now=now, usage="client")
    except (ValueError, CertificateError) as error:
        reason = error.message if isinstance(error, CertificateError) else "Certificat illisible."
        raise CallRefused("DMPInvalidCertificate", reason) from None
    return certificate


@lru_cache(maxsize=512)
def _certificate(header: str) -> Certificate:
    return certificates.read(base64.b64decode(header[:_LONGEST_HEADER], validate=True))


def open_session(client: Certificate, assertion: bytes | None, *, now: datetime) -> Session:
    """Verify the VIHF and make the actor that it names. Raises `CallRefused` (checks 2 to 6)."""
    if assertion is None:
        raise CallRefused("wsse:InvalidSecurity", "the message carries no VIHF")
    try:
        vihf, signer = verify(assertion, trust=_trust(), now=now, cache=_cache)
    except VihfRefused as refusal:
        raise CallRefused(refusal.code, refusal.message) from None
    _check_holder(vihf, client, signer)
    if vihf.mode is Mode.DIRECTE:
        return Session(_card_holder(vihf), vihf.patient)
    return Session(_of_structure(vihf, client), vihf.patient)


def open_context(assertion: bytes, *, now: datetime) -> tuple[Professional, Vihf]:
    """TD0.9, TD0.10: the professional that a signed context names, and what it says.

    It comes through a browser, without the software's connection: who signs it stands for it, the
    card of the professional or the structure in AIR mode, and it lives for `CONTEXT_AGE`.
    Raises `CallRefused`.
    """
    try:
        vihf, signer = verify(assertion, trust=_trust(), now=now, max_age=CONTEXT_AGE)
    except VihfRefused as refusal:
        raise CallRefused(refusal.code, refusal.message) from None
    _check_holder(vihf, signer, signer)
    direct = vihf.mode is Mode.DIRECTE
    actor = _card_holder(vihf) if direct else _of_structure(vihf, signer)
    if not isinstance(actor, Professional):
        raise CallRefused(
            "VIHFInconsistentMode", "Seul un professionnel ouvre un dossier par le navigateur."
        )
    return actor, vihf


def _trust() -> certificates.Trust:
    return trust(settings.CARNET_TRUST_CA, settings.CARNET_TRUST_CRL)


def _check_holder(vihf: Vihf, client: Certificate, signer: Certificate) -> None:
    """Who opened the connection signs the assertion, with a certificate of the mode (check 4)."""
    match vihf.mode:
        case Mode.DIRECTE:
            good = client.ps_idnat and client.ps_idnat == signer.ps_idnat == vihf.name_id
        case Mode.INDIRECTE | Mode.INDIRECTE_RENFORCEE:
            good = client.struct_idnat and client.struct_idnat == signer.struct_idnat
        case _:
            good = False
    if not good:
        raise CallRefused(
            "VIHFInconsistentMode",
            "Le mode d'authentification ne convient pas aux certificats de l'appel.",
        )


def _card_holder(vihf: Vihf) -> Professional:
    """The holder of a card, in a structure where they exercise (check 5; spec dmp §3.12, §4.2).

    The card of a secretary (CPE) bears the number of the structure that gave it.
    """
    known = standing(vihf.structure, vihf.structure, vihf.name_id)
    who = PsIdNat(vihf.name_id)
    if (
        known is None
        or not known.exercises_here()
        or (who.is_local and who.structure not in {known.structure, known.parent or ""})
    ):
        raise CallRefused("VIHFInvalidStructure", "Structure introuvable ou Inactive")
    return _professional(vihf, known)


def _of_structure(vihf: Vihf, client: Certificate) -> Professional | Establishment:
    """A caller proved by a structure, whose certificate must cover the one named (check 5).

    Who works there is for the structure to say (EX_AIR-085).
    """
    if vihf.mode is Mode.INDIRECTE_RENFORCEE:
        known = standing(client.struct_idnat, vihf.structure, vihf.name_id)
        if known is None:
            raise CallRefused("VIHFInvalidStructure", _NOT_COVERED)
        return _professional(vihf, known)
    structure = directory.covered(client.struct_idnat, vihf.structure)
    if structure is None:
        raise CallRefused("VIHFInvalidStructure", _NOT_COVERED)
    return Establishment(
        struct_idnat=structure.struct_idnat,
        name=structure.name,
        certificate_dn=client.subject,
        holder=client.struct_idnat,
        responsible=vihf.name_id,
        purpose=vihf.purpose,
        secret_connection=vihf.secret_connection,
    )


def _professional(vihf: Vihf, known: Standing) -> Professional:
    """Who the VIHF names, unless the directory contradicts it (check 6).

    For somebody it does not know (a secretary, who is in no extract; who was registered today) the
    card or the structure answers, and traces say so: `CARNET_UNLISTED_PROFESSIONALS`.
    """
    profession, *others = vihf.roles
    if known.is_known:
        if not known.is_active:
            raise CallRefused(Refusal.CONTRADICTED, "Ce professionnel n'est plus en activité.")
        if not known.is_one(vihf.roles):
            raise CallRefused(Refusal.CONTRADICTED, f"{MESSAGES[Refusal.CONTRADICTED]}.")
    elif profession.scheme in _LISTED and settings.CARNET_UNLISTED_PROFESSIONALS == "refused":
        raise CallRefused(Refusal.CONTRADICTED, "L'annuaire ne connaît pas ce professionnel.")
    return Professional(
        ps_idnat=vihf.name_id,
        name=known.name or vihf.subject_id or vihf.name_id,
        profession=profession,
        specialty=others[0] if others else None,
        structure=known.structure,
        structure_name=known.structure_name,
        mode=vihf.mode,
        purpose=vihf.purpose,
        assurance=vihf.authn_class,
        method=vihf.authn_decl,
        is_listed=known.is_known,
        secret_connection=vihf.secret_connection,
    )
