"""A caller proved by Pro Santé Connect: its access token, beside the certificate of a structure.

The structure proves itself by its certificate, the professional by the token that it relays: the
delegated mode (`DELEGUEE`), with the rights of AIR (spec dmp §4.3). What they are is what the
directory says, never the token. A token lives two minutes: it is believed until it expires, and no
longer than `OLDEST`, without asking its issuer whether it was revoked: a token that stands by
itself dies of its age (RFC 7009 §3). It names no patient: the address does, by
`patient.identifier` as a search has it. Requirements: R-007.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from joserfc.jwk import KeySet

from carnet.national.clients.openid import OpenIdError, key_set
from carnet.national.directory import queries as directory
from carnet.national.doors.calls import CallRefused, Session
from carnet.national.journal.actors import Professional
from carnet.standards import openid
from carnet.standards.certificates import Certificate
from carnet.standards.ids import IdentifierError, Ins, Oid
from carnet.standards.openid import TokenRefused
from carnet.standards.vihf import Mode

#: The oldest token that is believed, whatever it says of its own end: how late a revocation is.
OLDEST: Final = timedelta(minutes=5)
_KEPT: Final = 3600.0
#: The least between two readings of the keys, in seconds: forged tokens make us ask no more often.
_PATIENCE: Final = 10.0
_lock: Final = threading.Lock()
_known: dict[str, tuple[float, KeySet]] = {}

#: What a client is told, by the code of `TokenRefused`.
_EXPIRED: Final = "wsse:MessageExpired"
_INVALID: Final = "wsse:InvalidSecurityToken"


def open_session(client: Certificate, token: str, patient: str, *, now: datetime) -> Session:
    """Verify the token and make the actor that it names, for `patient` (`urn:oid:…|matricule`).

    Raises `CallRefused`; a patient that is no INS is left out, and refused where one is needed.

    Raises `ConnectionError` when the keys of Pro Santé Connect cannot be had.
    """
    if not settings.CARNET_PSC_ISSUER:
        raise CallRefused(_INVALID, "no token of Pro Santé Connect is taken here")
    claims = _claims(token, now)
    _check_age(claims, now)
    _check_holder(claims, client)
    idnat = str(claims.get("SubjectNameID", ""))
    known = directory.professional(idnat)
    if known is None or not known.is_active:
        raise CallRefused(_INVALID, "the directory does not know this professional")
    structure = _structure(client, known)
    if structure is None:
        raise CallRefused("VIHFInvalidStructure", "Erreur d'authentification de la personne morale")
    actor = Professional(
        ps_idnat=idnat,
        name=known.name,
        profession=known.profession,
        specialty=known.specialty,
        structure=structure.struct_idnat,
        structure_name=structure.name,
        mode=Mode.DELEGUEE,
        assurance=str(claims.get("acr", "")),
    )
    return Session(actor, _ins(patient))


def _ins(named: str) -> Ins | None:
    system, _, matricule = named.partition("|")
    try:
        return Ins(matricule, Oid(system.removeprefix("urn:oid:")))
    except IdentifierError:
        return None


def _claims(token: str, now: datetime) -> openid.Claims:
    try:
        return _believed(token, _keys(_KEPT), now)
    except TokenRefused as error:
        if error.code != "signature":
            raise _refusal(error) from None
    try:
        return _believed(token, _keys(_PATIENCE), now)
    except TokenRefused as error:
        raise _refusal(error) from None


def _believed(token: str, keys: KeySet, now: datetime) -> openid.Claims:
    return openid.access_token(
        token,
        keys,
        issuer=settings.CARNET_PSC_ISSUER,
        clients=settings.CARNET_PSC_CLIENTS,
        levels=settings.CARNET_PSC_ACR,
        now=now,
    )


def _refusal(error: TokenRefused) -> CallRefused:
    return CallRefused(_EXPIRED if error.code == "expired" else _INVALID, str(error))


def _keys(newer_than: float) -> KeySet:
    """The keys of the issuer, read again when older than this, by one request at a time."""
    address = settings.CARNET_PSC_JWKS_URL
    with _lock:
        at, held = _known.get(address, (0.0, None))
        if held is None or time.monotonic() - at > newer_than:
            try:
                held = key_set(address)
            except OpenIdError as error:
                raise ConnectionError("the keys of Pro Santé Connect cannot be read") from error
            _known[address] = time.monotonic(), held
        return held


def _check_age(claims: openid.Claims, now: datetime) -> None:
    issued = claims.get("iat")
    if not isinstance(issued, int) or now.timestamp() - issued > OLDEST.total_seconds():
        raise CallRefused(_EXPIRED, "the token is too old: a younger one is wanted")


def _check_holder(claims: openid.Claims, client: Certificate) -> None:
    """A token bound to a certificate is good with that one alone (RFC 8705 §3)."""
    bound = claims.get("cnf")
    if bound is None:
        return
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(client.der).digest()).decode().rstrip("=")
    if not isinstance(bound, dict) or bound.get("x5t#S256") != thumbprint:
        raise CallRefused(_INVALID, "the token is bound to another certificate")


def _structure(client: Certificate, who: directory.Professional) -> directory.Structure | None:
    """Where they act: their one place that the certificate covers, else the certificate's own."""
    places = [directory.covered(client.struct_idnat, place) for place in who.structures]
    covered = [place for place in places if place is not None]
    if len(covered) == 1:
        return covered[0]
    return directory.covered(client.struct_idnat, client.struct_idnat)
