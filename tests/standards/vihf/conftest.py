"""One perfect assertion that each test breaks in one way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from carnet.standards.certificates import read
from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.vihf import Mode, Software, Vihf, VihfRefused, build, sign, verify
from carnet.standards.vihf.signature import sign_assertion
from carnet.standards.xds.metadata import Code
from tests.standards.conftest import LocalPki

PATIENT = Ins("207058575627097", INS_NIR_TEST)
DOCTOR_ROLE = Code("10", "1.2.250.1.71.1.2.7", "Médecin")
GENERAL_PRACTICE = Code("SM26", "1.2.250.1.71.4.2.5", "Qualifié en médecine générale (SM)")


def perfect(pki: LocalPki) -> Vihf:
    return Vihf(
        id="_3f1c9a52-0d6e-4a8b-9f57-5b7ad8c2e011",
        name_id="3750100125/50362",
        issued_at=pki.now,
        authn_instant=pki.now,
        authn_class="urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
        mode=Mode.INDIRECTE,
        structure="1750100125",
        sector="SA01",
        roles=(DOCTOR_ROLE, GENERAL_PRACTICE),
        patient=PATIENT,
        subject_id="MAX Libre",
        software=Software("Carnet", "0.1", "CARNET-TEST-0001"),
    )


@pytest.fixture
def vihf(pki: LocalPki) -> Vihf:
    return perfect(pki)


@pytest.fixture
def signed(pki: LocalPki) -> Callable[[Vihf], bytes]:
    """Sign with the organisation's signature certificate."""

    def signed(vihf: Vihf) -> bytes:
        return sign(vihf, key_pem=pki.org_sign.key_pem, certificate_pem=pki.org_sign.cert_pem)

    return signed


@pytest.fixture
def good(vihf: Vihf, signed: Callable[[Vihf], bytes]) -> bytes:
    return signed(vihf)


@pytest.fixture
def signed_after(pki: LocalPki, vihf: Vihf) -> Callable[..., bytes]:
    """The perfect assertion, changed by hand where a `Vihf` cannot be wrong, then signed."""

    def signed_after(edit: Callable[[etree._Element], None]) -> bytes:
        root = build(replace(vihf, issuer=read(pki.org_sign.cert_pem).subject))
        edit(root)
        return sign_assertion(
            root, key_pem=pki.org_sign.key_pem, certificate_pem=pki.org_sign.cert_pem
        )

    return signed_after


@pytest.fixture
def refusal(pki: LocalPki) -> Callable[..., str]:
    """The code with which these bytes are refused."""

    def refusal(assertion: bytes, **options: Any) -> str:
        with pytest.raises(VihfRefused) as caught:
            verify(assertion, **{"trust": pki.trust, "now": pki.now, **options})
        assert caught.value.message.endswith(".")
        return str(caught.value.code)

    return refusal


@pytest.fixture
def refusal_of(vihf: Vihf, signed: Callable[[Vihf], bytes], refusal: Callable[..., str]):
    """The code with which the perfect assertion with these changes is refused."""

    def refusal_of(**changes: Any) -> str:
        return refusal(signed(replace(vihf, **changes)))

    return refusal_of
