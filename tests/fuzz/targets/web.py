"""What comes as JSON or in an address: FHIR, its searches, the tokens of OpenID."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cache
from itertools import product
from typing import Any
from urllib.parse import parse_qsl

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from carnet.standards import openid
from carnet.standards.fhir import outcome, patch, provide, search, simplified
from carnet.standards.fhir import reading as fhir
from carnet.standards.fhir.directory import search as directory
from carnet.standards.fhir.directory.parameters import RESOURCES
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_json
from tests.fuzz.target import Target
from tests.fuzz.targets.services import NOW, lot
from tests.national import world
from tests.national.doors.fhir import bundles

JSON = any_of(spoil_bytes, spoil_json, spoil_json)
ISSUER = "https://wallet.example"


def read_simplified(data: bytes) -> None:
    simplified.read(
        fhir.parse(data),
        sender=world.sender(),
        source_id="1.2.250.1.999.5",
        content_type=world.CONTENT_TYPE,
        now="20260302090000",
        limit=1_000_000,
    )


def searches(*resources: str, read: Callable[..., object]) -> Callable[[bytes], None]:
    """The parameters of an address, asked of each resource, until one has them."""

    def ask(data: bytes) -> None:
        pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
        refusals = []
        for resource, handling in product(resources, ("lenient", "strict")):
            try:
                read(resource, pairs, now=NOW, handling=handling)
            except outcome.FhirRefused as error:
                refusals.append(error)
        if len(refusals) == 2 * len(resources):
            raise refusals[0]

    return ask


@cache
def key() -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "k", "use": "sig"})


@cache
def known() -> KeySet:
    return KeySet([key()])


def token(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "ES256", "kid": "k"}, claims, key(), algorithms=["ES256"])


def claims() -> list[bytes]:
    at = int(NOW.timestamp())
    said = {
        "iss": ISSUER,
        "aud": ["x"],
        "azp": "x",
        "sub": "s",
        "sid": "i",
        "iat": at,
        "exp": at + 60,
        "nbf": at,
        "nonce": "n",
        "acr": "eidas1",
        "typ": "ID",
        "SubjectNameID": "899000000016",
        "SubjectRole": ["10^1.2"],
        "SubjectRefPro": {"exercices": [{"activities": [{"codeRole": "1"}]}]},
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    kinds = [{**said, "typ": kind} for kind in ("ID", "Bearer", "Logout")]
    del kinds[2]["nonce"]
    return [json.dumps(each).encode() for each in kinds]


def read_claims(data: bytes) -> None:
    """Whatever a provider signs, it is believed or refused in the words of the reader."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return  # nobody could sign it
    if isinstance(said, dict):
        openid.Professional.read(said)
        believe(token(said))


def believe(written: str) -> None:
    """As a client does: a token is of one kind, and each reader is asked."""
    refusals = []
    for ask in (
        lambda: openid.identity_token(
            written, known(), issuer=ISSUER, client="x", now=NOW, nonce="n", bearer="b"
        ),
        lambda: openid.access_token(written, known(), issuer=ISSUER, clients=("x",), now=NOW),
        lambda: openid.logout_token(written, known(), issuer=ISSUER, client="x", now=NOW),
    ):
        try:
            ask()
        except openid.TokenRefused as error:
            refusals.append(error)
    if len(refusals) == 3:
        raise refusals[0]


def forged() -> list[bytes]:
    """Tokens that nobody signed, their two halves readable."""

    def written(head: bytes, body: bytes) -> bytes:
        return b".".join(base64.urlsafe_b64encode(each).rstrip(b"=") for each in (head, body, b""))

    body = claims()[0]
    return [
        written(head, body)
        for head in (
            b'{"alg":"none"}',
            b'{"alg":"HS256","kid":"k"}',
            b'{"alg":"ES256","kid":"k","crit":["b64"],"b64":false}',
        )
    ]


def read_token(data: bytes) -> None:
    """The text is a token, or the JSON is the head of one; nothing that was not signed passes."""
    for written in (data, base64.urlsafe_b64encode(data).rstrip(b"=") + b".e30.AA"):
        try:
            believe(written.decode("latin-1"))
        except openid.TokenRefused:
            continue
        raise AssertionError("a token that nobody signed is believed")


WEB = (
    Target(
        "fhir bundle",
        lambda: [json.dumps(bundles.bundle(lot())).encode()],
        lambda data: provide.read(fhir.parse(data), limit=1_000_000),
        (outcome.FhirRefused,),
        JSON,
        ("fhir/*/*.json",),
    ),
    Target(
        "fhir simplified",
        lambda: [json.dumps(bundles.document(lot())).encode()],
        read_simplified,
        (outcome.FhirRefused,),
        JSON,
        ("fhir/*/*.json",),
    ),
    Target(
        "fhir search",
        lambda: [
            b"patient.identifier=urn:oid:1.2.250.1.213.1.4.10|279035121518989&date=ge2026-01-01T00:00Z&_count=3&type=1.2|a,b",
            b"_sort=-date&_total=accurate&_summary=count",
            b"author.given:contains=A\\,b&event=urn:oid:1.2|x&related=urn:uuid:1&status=current",
        ],
        searches("DocumentReference", "List", "AuditEvent", read=search.read),
        (outcome.FhirRefused,),
        spoil_bytes,
    ),
    Target(
        "directory search",
        lambda: [
            b"identifier=https://rpps.esante.gouv.fr|8&_count=3&_include=PractitionerRole:practitioner",
            b"family:exact=DURAND&active=true&_lastUpdated=ge2026-01-01&_cursor=12&_total=accurate",
            b"practitioner.name:contains=a\\,b&organization=Organization/001-1&mailbox-mss=a@b.fr",
        ],
        searches(*RESOURCES, read=directory.read),
        (outcome.FhirRefused,),
        spoil_bytes,
    ),
    Target(
        "fhir patch",
        lambda: [
            b'[{"op":"replace","path":"/status","value":"superseded"},{"op":"add","path":"/securityLabel/-","value":{"coding":[{"system":"x","code":"y"}]}}]'
        ],
        lambda data: patch.patched(
            {"resourceType": "DocumentReference", "status": "current", "securityLabel": [{}]},
            data,
            "application/json-patch+json",
        ),
        (outcome.FhirRefused,),
        JSON,
    ),
    Target(
        "openid claims",
        claims,
        read_claims,
        (openid.TokenRefused, openid.ProfessionalError),
        spoil_json,
    ),
    Target("openid token", forged, read_token, (), spoil_bytes),
)
