"""Fixtures of the standards' tests: one local certificate authority for the session."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carnet.ops.pki import Authority, Issued, Kind, organisation_name, person_name
from carnet.standards.certificates import Trust

HOSPITAL = organisation_name(
    "Hôpital de l'Étang",
    struct_idnat="1750100125",
    organisation="CARNET TEST Hôpital de l'Étang, Paris",
    department="Département (75)",
)
DOCTOR = person_name("899900063480", surname="MAX", given_name="Libre", profession="Médecin")


@dataclass(frozen=True)
class LocalPki:
    """Certificates of every kind that share one key: making keys is slow."""

    now: datetime
    authority: Authority
    trust: Trust
    org_sign: Issued
    org_auth: Issued
    server: Issued
    cps_sign: Issued
    cps_auth: Issued


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> LocalPki:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    return make_pki(tmp_path_factory.mktemp("pki") / "authority", now)


def make_pki(folder: Path, now: datetime) -> LocalPki:
    authority = Authority.create(folder, now)
    org_sign = authority.issue(Kind.ORG_SIGN, HOSPITAL, now=now)
    key = org_sign.key_pem
    return LocalPki(
        now=now,
        authority=authority,
        trust=Trust([authority.ca_path.read_bytes()], [authority.crl_path.read_bytes()]),
        org_sign=org_sign,
        org_auth=authority.issue(Kind.ORG_AUTH_CLI, HOSPITAL, now=now, key_pem=key),
        server=authority.issue(Kind.SERVER, HOSPITAL, now=now, key_pem=key),
        cps_sign=authority.issue(Kind.CPS_SIGN, DOCTOR, now=now, key_pem=key),
        cps_auth=authority.issue(Kind.CPS_AUTH, DOCTOR, now=now, key_pem=key),
    )
