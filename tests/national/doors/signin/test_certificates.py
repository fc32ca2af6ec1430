"""A client that proves itself by its certificate (RFC 8705): `tls_client_auth`, bound tokens."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from carnet.national.doors.signin.providers import PSC
from carnet.ops.pki import Issued
from carnet.standards import certificates
from tests.national.certificates import Papers
from tests.national.doors.signin.conftest import BACK, SECRET, Sandbox
from tests.waiting import LONG

pytestmark = pytest.mark.django_db(transaction=True)


def der(issued: Issued) -> bytes:
    return x509.load_pem_x509_certificate(issued.cert_pem).public_bytes(Encoding.DER)


class Hospital:
    """A client without any secret, whose requests come through the front with a certificate."""

    def __init__(self, sandbox: Sandbox, papers: Papers) -> None:
        self.sandbox, self.papers = sandbox, papers

    def ask(
        self, certificate: Issued | None, endpoint: str = "token_endpoint", **form: str
    ) -> requests.Response:
        headers = {}
        if certificate is not None:
            headers["X-Client-Cert"] = base64.b64encode(der(certificate)).decode()
        return requests.post(
            f"{self.sandbox.url}{PSC.addresses[endpoint]}",
            data={"client_id": "hopital", **form},
            headers=headers,
            timeout=LONG,
        )

    def sign_in(self, certificate: Issued | None, **form: str) -> requests.Response:
        code = self.sandbox.code(client_id="hopital")
        verifier = self.sandbox.verifier
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return self.ask(certificate, **{**asked, "code_verifier": verifier, **form})


@pytest.fixture
def hospital(sandbox: Sandbox, trusting: Papers, settings: Any, tmp_path: Path) -> Hospital:
    subject = certificates.read(der(trusting.client)).subject
    common = {"provider": "psc", "redirect_uris": [BACK]}
    registered = [
        {**common, "client_id": "hopital", "certificate": subject, "bound_tokens": True},
        {**common, "client_id": "voisin", "secret": SECRET},
    ]
    file = tmp_path / "certified.json"
    file.write_text(json.dumps({"clients": registered}), encoding="utf-8")
    settings.CARNET_SIGNIN_CLIENTS = file
    return Hospital(sandbox, trusting)


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return said


def test_a_certificate_is_proof_enough_and_tokens_are_bound_to_it(hospital: Hospital) -> None:
    answer = hospital.sign_in(hospital.papers.client)
    assert answer.status_code == 200, answer.text
    thumbprint = hashlib.sha256(der(hospital.papers.client)).digest()
    told = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
    assert claims(answer.json()["access_token"])["cnf"] == {"x5t#S256": told}
    renewed = hospital.ask(
        hospital.papers.client,
        grant_type="refresh_token",
        refresh_token=answer.json()["refresh_token"],
    )
    assert claims(renewed.json()["access_token"])["cnf"] == {"x5t#S256": told}


@pytest.mark.parametrize("whose", ["stranger", "revoked", "signature", "card_client", "nobody"])
def test_another_certificate_proves_nothing(hospital: Hospital, whose: str) -> None:
    answer = hospital.sign_in(getattr(hospital.papers, whose, None))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_secret_that_was_never_given_is_not_taken_instead(hospital: Hospital) -> None:
    for secret in ("", SECRET):
        answer = hospital.sign_in(None, client_secret=secret)
        assert answer.json()["error"] == "invalid_client"


def test_a_client_of_no_certificate_is_not_proved_by_one(hospital: Hospital) -> None:
    answer = hospital.ask(
        hospital.papers.client, client_id="voisin", grant_type="refresh_token", refresh_token="x"
    )
    assert answer.json()["error"] == "invalid_client"


def test_a_certificate_proves_the_client_at_the_other_endpoints_too(hospital: Hospital) -> None:
    token = hospital.sign_in(hospital.papers.client).json()["access_token"]
    good = hospital.ask(hospital.papers.client, "introspection_endpoint", token=token)
    assert good.json()["active"] is True
    bad = hospital.ask(hospital.papers.stranger, "introspection_endpoint", token=token)
    assert (bad.status_code, bad.json()["error"]) == (401, "invalid_client")
