"""A client that is not ours (fhirpy) drives the door, over a real connection."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound
from pytest_django.live_server_helper import LiveServer

from carnet.ops.pki import Issued
from carnet.standards.ids import Ins
from carnet.standards.vihf import Vihf
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import as_reader, header, identifier, token

pytestmark = pytest.mark.django_db(transaction=True)


def client(server: LiveServer, papers: Papers, vihf: Vihf, certificate: Issued) -> SyncFHIRClient:
    """The front would pass the certificate of the connection: here it is told as it tells it."""
    signed = certificates.signed(papers, vihf)
    return SyncFHIRClient(
        f"{server.url}/fhir",
        authorization=f"IHE-SAML {token(signed)}",
        extra_headers=header(certificate),
    )


@pytest.fixture
def hospital(live_server: LiveServer, trusting: Papers, ins: Ins) -> SyncFHIRClient:
    return client(live_server, trusting, certificates.vihf(ins), trusting.client)


@pytest.fixture
def physician(
    live_server: LiveServer, trusting: Papers, ins: Ins, patient_id: UUID
) -> SyncFHIRClient:
    world.authorise(patient_id)
    papers = as_reader(trusting, ins)
    return client(live_server, trusting, papers["vihf"], papers["certificate"])


def test_a_client_publishes_finds_and_reads(
    hospital: SyncFHIRClient, physician: SyncFHIRClient, ins: Ins
) -> None:
    request = world.request(ins)
    published = hospital.resource("DocumentReference", **bundles.document(request))
    published.save()
    query: dict[str, Any] = {"patient.identifier": identifier(ins), "status": "current"}
    found = physician.resources("DocumentReference").search(**query).fetch_all()
    assert [each["id"] for each in found] == [published["id"]]
    assert physician.resources("DocumentReference").search(**query).count() == 1
    assert physician.reference("DocumentReference", published["id"]).to_resource() == found[0]
    lots = physician.resources("List").search(**query, code="submissionset").fetch()
    assert lots[0]["entry"][0]["item"]["reference"] == f"DocumentReference/{published['id']}"
    url = found[0]["content"][0]["attachment"]["url"].split("/fhir/")[1]
    binary = physician.execute(url, method="get")
    assert binary["resourceType"] == "Binary"
    assert binary["data"] == bundles.text(request.documents["Document00"])


def test_a_client_follows_pages(
    hospital: SyncFHIRClient, physician: SyncFHIRClient, ins: Ins
) -> None:
    lot = bundles.perfect(ins, *(world.letter(ins) for _ in range(5)))
    hospital.execute("", method="post", data=lot)
    search = physician.resources("DocumentReference").search(
        **{"patient.identifier": identifier(ins)}
    )
    assert len({each["id"] for each in search.limit(2).fetch_all()}) == 5


def test_a_client_is_told_what_is_refused(
    hospital: SyncFHIRClient, physician: SyncFHIRClient
) -> None:
    wrong = hospital.resource("DocumentReference", status="current")
    with pytest.raises(OperationOutcome):
        wrong.save()
    with pytest.raises(ResourceNotFound):
        physician.reference("DocumentReference", str(UUID(int=0))).to_resource()
