"""A professional who calls FHIR with a token of Pro Santé Connect, from a structure's software."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from carnet.national.directory import actions as directory
from carnet.national.directory.models import Professional as Listed
from carnet.national.doors import prosante
from carnet.national.journal.models import Trace
from carnet.national.record import actions as record
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.fhir.conftest import Call, identifier

pytestmark = pytest.mark.django_db

ISSUER = "https://psc.example/auth/realms/esante-wallet"


class Issuer:
    """What signs and publishes its keys."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.asked = 0

    def token(self, key: Any = None, algorithm: str = "RS256", **changed: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        claims = {
            "iss": ISSUER,
            "typ": "Bearer",
            "azp": "logiciel",
            "sub": f"f:x:{world.PHYSICIAN_READER.ps_idnat}",
            "SubjectNameID": world.PHYSICIAN_READER.ps_idnat,
            "acr": "eidas1",
            "iat": now,
            "exp": now + 120,
            **changed,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signer = key or self.key
        return jwt.encode({"alg": algorithm, "kid": self.key.kid}, claims, signer, [algorithm])


@pytest.fixture
def psc(settings: Any) -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            body = json.dumps(KeySet([issuer.key]).as_dict(private=False)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        settings.CARNET_PSC_ISSUER = ISSUER
        settings.CARNET_PSC_JWKS_URL = f"http://127.0.0.1:{server.server_port}/certs"
        settings.CARNET_PSC_CLIENTS = ["logiciel"]
        yield issuer
        server.shutdown()
        thread.join()


@pytest.fixture
def physician(patient_id: Any) -> None:
    """Known to the directory, working at the hospital's site, authorised by the patient."""
    who = world.PHYSICIAN_READER
    directory.register_professional(
        world.TESTS,
        who.ps_idnat,
        family_name="DURAND",
        given_name="Camille",
        title="Dr",
        profession=who.profession,
        specialty=who.specialty,
        structures=(world.SITE,),
        now=world.NOW,
    )
    world.authorise(patient_id)


def path(ins: Ins) -> str:
    return f"/DocumentReference?patient.identifier={identifier(ins)}&status=current"


def test_a_professional_reads_with_a_token_of_psc(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    reply = call("GET", path(ins), authorization=f"Bearer {psc.token()}")
    assert reply.status == 200, reply.data
    trace = Trace.objects.filter(actor_id=world.PHYSICIAN_READER.ps_idnat).latest("at")
    assert trace.outcome == "allowed"
    assert trace.details["proof"] == ["DELEGUEE", "eidas1"]


def test_without_the_certificate_of_a_structure_the_token_is_worth_nothing(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    bearer = f"Bearer {psc.token()}"
    assert call("GET", path(ins), authorization=bearer, certificate=None).status == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://autre.example"},
        {"azp": "voisin"},
        {"azp": None},
        {"acr": "eidas0"},
        {"acr": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 9_999_999_999},
        {"iat": None},
        {"typ": "ID"},
        {"typ": None},
        {"SubjectNameID": "899900000000"},
        {"SubjectNameID": None},
        {"cnf": {"x5t#S256": "autre"}},
        {"cnf": "autre"},
    ],
)
def test_a_token_that_is_not_to_be_believed_is_refused(
    call: Call, ins: Ins, psc: Issuer, physician: None, changed: dict[str, Any]
) -> None:
    """R-007."""
    reply = call("GET", path(ins), authorization=f"Bearer {psc.token(**changed)}")
    assert reply.status == 401, changed


def test_forged_and_unsigned_tokens_are_refused_and_the_keys_not_asked_each_time(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    other = RSAKey.generate_key(2048, {"kid": "one"})
    shared = OctKey.generate_key(256)
    header, claims, _signature = psc.token().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for forged in (
        psc.token(other),
        psc.token(shared, "HS256"),
        f"{none}.{claims}.",
        f"{header}.{claims}.",
        "a.b.c",
    ):
        assert call("GET", path(ins), authorization=f"Bearer {forged}").status == 401
    assert psc.asked == 1


def test_a_token_of_a_long_life_is_not_believed_all_of_it(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    """A revocation is not asked of the issuer: age bounds how long one is not known."""
    now = int(datetime.now(UTC).timestamp())
    for age, status in ((280, 200), (310, 401)):
        token = psc.token(iat=now - age, exp=now + 3600)
        assert call("GET", path(ins), authorization=f"Bearer {token}").status == status


def test_who_is_no_longer_active_is_refused(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    Listed.objects.filter(ps_idnat=world.PHYSICIAN_READER.ps_idnat).update(is_active=False)
    assert call("GET", path(ins), authorization=f"Bearer {psc.token()}").status == 401


def test_what_a_professional_is_comes_from_the_directory_and_not_from_the_token(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    """A médecin du travail (SM25) reads nothing, whatever the token says that they are."""
    request = world.request(ins)
    record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    token = psc.token(SubjectRole=["10^1.2.250.1.213.1.1.5.5"], codeSavoirFaire="SM26")
    document = f"/Binary/{request.submission.documents[0].unique_id}"
    address = f"{document}?patient.identifier={identifier(ins)}"
    assert call("GET", address, authorization=f"Bearer {token}").status == 200
    Listed.objects.filter(ps_idnat=world.PHYSICIAN_READER.ps_idnat).update(specialty_code="SM25")
    assert call("GET", address, authorization=f"Bearer {token}").status == 404


def test_a_clock_that_is_a_little_apart_is_forgiven(
    call: Call, ins: Ins, psc: Issuer, physician: None
) -> None:
    now = int(datetime.now(UTC).timestamp())
    for times in ({"iat": now + 50}, {"exp": now - 50}):
        assert call("GET", path(ins), authorization=f"Bearer {psc.token(**times)}").status == 200


def test_a_token_bound_to_this_certificate_is_taken(
    call: Call, ins: Ins, psc: Issuer, physician: None, trusting: Papers
) -> None:
    der = x509.load_pem_x509_certificate(trusting.client.cert_pem).public_bytes(Encoding.DER)
    mark = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    bearer = f"Bearer {psc.token(cnf={'x5t#S256': mark})}"
    assert call("GET", path(ins), authorization=bearer).status == 200


def test_a_key_that_changed_is_read_again(
    call: Call, ins: Ins, psc: Issuer, physician: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("GET", path(ins), authorization=f"Bearer {psc.token()}").status == 200
    psc.key = RSAKey.generate_key(2048, {"kid": "two"})
    monkeypatch.setattr(prosante, "_PATIENCE", 0.0)
    assert call("GET", path(ins), authorization=f"Bearer {psc.token()}").status == 200


def test_without_the_setting_no_token_of_psc_is_taken(
    call: Call, ins: Ins, psc: Issuer, physician: None, settings: Any
) -> None:
    settings.CARNET_PSC_ISSUER = ""
    assert call("GET", path(ins), authorization=f"Bearer {psc.token()}").status == 401


def test_keys_that_cannot_be_read_are_no_refusal(
    call: Call, ins: Ins, psc: Issuer, physician: None, settings: Any
) -> None:
    settings.CARNET_PSC_JWKS_URL = "http://127.0.0.1:9/certs"
    assert call("GET", path(ins), authorization=f"Bearer {psc.token()}").status == 503
