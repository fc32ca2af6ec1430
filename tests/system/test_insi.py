"""The client of INSi asks the running service through the TLS front; the worker does batches."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from carnet.establishment.clients.errors import Refused, Unavailable
from carnet.establishment.clients.insi import InsiClient
from carnet.ops.pki import Issued
from carnet.ops.wiring import ESTABLISHMENT
from carnet.standards.ins.insi import (
    BatchLine,
    DepositQuery,
    Software,
    VerifyQuery,
    answer,
    scripted_population,
    scripted_questions,
)
from carnet.standards.ins.insi.faults import KNOWN
from tests.system.conftest import Ecosystem, Scene
from tests.waiting import until

PATIENCE = 240.0


def client(scene: Scene, certificate: Issued) -> InsiClient:
    return InsiClient(
        scene.stage.addresses.insi,
        certificate=certificate.chain_path,
        key=certificate.key_path,
        authorities=scene.stage.certificates.authority.ca_path,
        emitter=str(ESTABLISHMENT.idnat),
        software=Software("non-agree", "0", "0f0e0d0c-0000-4000-8000-000000000001", "Carnet"),
    )


def test_the_scripted_population_is_answered_to_an_establishment(ecosystem: Ecosystem) -> None:
    with ecosystem() as scene:
        asking = client(scene, scene.stage.certificates.establishment_insi)
        now = datetime.now(UTC)
        for scripted in scripted_questions():
            if scripted.code in KNOWN:
                with pytest.raises(Unavailable) as caught:
                    asking.ask(scripted.query, now=now)
                assert caught.value.code == scripted.code
            else:
                expected = answer(scripted.query, scripted_population())
                assert asking.ask(scripted.query, now=now) == expected, scripted.case
        verify_in_batch(asking)
        asking.close()
        refused = client(scene, scene.stage.certificates.establishment_client)
        with pytest.raises(Refused) as caught_refusal:
            refused.ask(scripted_questions()[0].query, now=now)
        assert caught_refusal.value.code == "desir_560"
        refused.close()


def verify_in_batch(asking: InsiClient) -> None:
    """Deposit every verification of the population; the worker gives each its code."""
    asked = [one for one in scripted_questions() if isinstance(one.query, VerifyQuery)]
    lines = tuple(
        BatchLine(f"IPP-{place}", one.query)
        for place, one in enumerate(asked)
        if isinstance(one.query, VerifyQuery)
    )
    now = datetime.now(UTC)
    batch = asking.deposit(DepositQuery(lines), message_id="uuid:batch-1", now=now)
    assert asking.deposit(DepositQuery(lines), message_id="uuid:batch-1", now=now) == batch
    until(lambda: asking.collect(batch, now=datetime.now(UTC)).done, within=PATIENCE, every=0.1)
    report = asking.collect(batch, now=datetime.now(UTC))
    assert report.lines == tuple((f"IPP-{at}", one.code) for at, one in enumerate(asked))
