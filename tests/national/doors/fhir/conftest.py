"""A caller of FHIR, and a person with a record."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from carnet.national.record import actions as record
from carnet.ops.pki import Issued
from carnet.standards.ids import Ins
from carnet.standards.vihf import Mode, Vihf
from tests.national import certificates, world
from tests.national.certificates import Papers


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The resource."""
        assert self.headers["Content-Type"].startswith("application/fhir+json"), self.data[:500]
        return json.loads(self.data)

    @property
    def issue(self) -> dict[str, Any]:
        """The first issue of an OperationOutcome."""
        assert self.json["resourceType"] == "OperationOutcome", self.json
        return self.json["issue"][0]

    @property
    def refusal(self) -> tuple[int, str, str]:
        """Status, issue code, place."""
        return self.status, self.issue["code"], self.issue.get("expression", [""])[0]

    @property
    def found(self) -> list[dict[str, Any]]:
        """The resources of a searchset."""
        assert self.json["resourceType"] == "Bundle", self.json
        entries = self.json.get("entry", [])
        return [each["resource"] for each in entries if each["search"]["mode"] == "match"]

    def link(self, relation: str) -> str:
        """A link of a Bundle; empty when there is none."""
        return next((x["url"] for x in self.json["link"] if x["relation"] == relation), "")


def header(issued: Issued | None) -> dict[str, str]:
    """The certificate as the front passes it."""
    if issued is None:
        return {}
    der = x509.load_pem_x509_certificate(issued.cert_pem).public_bytes(Encoding.DER)
    return {"X-Client-Cert": base64.b64encode(der).decode()}


def token(assertion: bytes) -> str:
    """A VIHF as an access token."""
    return base64.urlsafe_b64encode(assertion).decode().rstrip("=")


Call = Callable[..., Answer]


@pytest.fixture
def call(client: Client, trusting: Papers, ins: Ins) -> Call:
    """Call an address; every part can be said otherwise than the hospital's system would."""

    def call(
        method: str,
        path: str,
        body: Any = None,
        *,
        patient: Ins | None = ins,
        vihf: Vihf | None = None,
        authorization: str | None = "",
        certificate: Issued | None = trusting.client,
        content_type: str = "application/fhir+json",
        **headers: str,
    ) -> Answer:
        if authorization == "":
            signed = certificates.signed(trusting, vihf or certificates.vihf(patient))
            authorization = f"IHE-SAML {token(signed)}"
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if authorization is not None:
            said["Authorization"] = authorization
        data = body if isinstance(body, bytes | str) else json.dumps(body) if body else b""
        response = client.generic(
            method,
            path if path.startswith("http") else f"/fhir{path}",
            data=data,
            content_type=content_type if data else "",
            headers={**header(certificate), **said},
        )
        return Answer(response.status_code, response.headers, response.content)

    return call


@pytest.fixture
def person() -> tuple[UUID, Ins]:
    world.make_hospital()
    return world.make_patient()


@pytest.fixture
def ins(person: tuple[UUID, Ins]) -> Ins:
    return person[1]


@pytest.fixture
def patient_id(person: tuple[UUID, Ins]) -> UUID:
    return person[0]


@pytest.fixture
def reader(trusting: Papers, ins: Ins, patient_id: UUID) -> dict[str, Any]:
    """How an authorised physician calls, with their card."""
    world.authorise(patient_id)
    return as_reader(trusting, ins)


def as_reader(trusting: Papers, ins: Ins | None, **changes: Any) -> dict[str, Any]:
    """How a physician calls, with their card."""
    facts = {"mode": Mode.DIRECTE, "name_id": world.PHYSICIAN_READER.ps_idnat, **changes}
    return {"vihf": certificates.vihf(ins, **facts), "certificate": trusting.card_client}


def identifier(ins: Ins) -> str:
    """The INS as a token."""
    return f"urn:oid:{ins.oid}|{ins.matricule}"


@pytest.fixture
def document(ins: Ins) -> UUID:
    """The perfect letter: see `tests.standards.cda.letters`."""
    request = world.request(ins)
    published = record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=world.NOW)
    (said,) = request.submission.documents
    return UUID(published.entry_uuids[said.unique_id])
