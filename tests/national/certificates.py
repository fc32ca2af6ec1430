"""Certificates of the callers, and signed VIHF: made once for the session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from carnet.ops.pki import Authority, Issued, Kind, organisation_name, person_name
from carnet.standards.ids import Ins
from carnet.standards.vihf import Mode, Software, Vihf, sign
from carnet.standards.vihf.assertion import Purpose
from tests.national import world

HOSPITAL_NAME = organisation_name(
    "GH de l'Exemple",
    struct_idnat=world.LEGAL_ENTITY,
    organisation="GH de l'Exemple",
    department="Paris (75)",
)
STRANGER_NAME = organisation_name(
    "Clinique d'ailleurs",
    struct_idnat="1690000001",
    organisation="Clinique d'ailleurs",
    department="Rhône (69)",
)
CARD_NAME = person_name(
    world.PHYSICIAN_READER.ps_idnat, surname="DURAND", given_name="Camille", profession="Médecin"
)


@dataclass(frozen=True)
class Papers:
    """The certificates of the tests' callers, which share one key: making keys is slow."""

    authority: Authority
    client: Issued
    signature: Issued
    stranger: Issued
    revoked: Issued
    card_client: Issued
    card_signature: Issued
    server: Issued


def make(folder: Path) -> Papers:
    """The papers of a session, as of now."""
    now = datetime.now(UTC)
    authority = Authority.create(folder, now)
    client = authority.issue(Kind.ORG_AUTH_CLI, HOSPITAL_NAME, now=now)

    def issue(kind: Kind, name: Any) -> Issued:
        return authority.issue(kind, name, now=now, key_pem=client.key_pem)

    revoked = issue(
        Kind.ORG_AUTH_CLI,
        organisation_name(
            "Révoquée", struct_idnat=world.LEGAL_ENTITY, organisation="GH", department="Paris (75)"
        ),
    )
    papers = Papers(
        authority,
        client,
        issue(Kind.ORG_SIGN, HOSPITAL_NAME),
        issue(Kind.ORG_AUTH_CLI, STRANGER_NAME),
        revoked,
        issue(Kind.CPS_AUTH, CARD_NAME),
        issue(Kind.CPS_SIGN, CARD_NAME),
        issue(
            Kind.SERVER,
            organisation_name(
                "localhost",
                struct_idnat="1750100125",
                organisation="Carnet",
                department="Paris (75)",
            ),
        ),
    )
    authority.revoke(revoked.serial, now)
    return papers


def vihf(patient: Ins | None, **changes: Any) -> Vihf:
    """A perfect assertion of the hospital's system, of now."""
    now = datetime.now(UTC)
    facts: dict[str, Any] = {
        "id": f"_{uuid4()}",
        "name_id": "899900063480",
        "issued_at": now,
        "authn_instant": now,
        "authn_class": "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
        "mode": Mode.INDIRECTE,
        "structure": world.SITE,
        "sector": "SA01",
        "roles": (world.PHYSICIAN, world.GENERAL_PRACTICE),
        "purpose": Purpose.NORMAL,
        "patient": patient,
        "subject_id": "MAX Libre",
        "software": Software("Carnet", "0.1", "CARNET-TEST-0001"),
    }
    return Vihf(**{**facts, **changes})


def signed(papers: Papers, assertion: Vihf) -> bytes:
    """Signed by the hospital, or by the card when the mode is direct."""
    issued = papers.card_signature if assertion.mode is Mode.DIRECTE else papers.signature
    return sign(assertion, key_pem=issued.key_pem, certificate_pem=issued.cert_pem)
