"""The NIST XDS toolkit's test plans, played in order against the server in profile `ihe`.

All plans are played once, in one registry, because each stands on those before; then each is a test
of its own. What does not pass as published is explained in `explained`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client, override_settings
from lxml import etree

from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from tests.national import certificates
from tests.national.doors.soap.callers import header
from tests.nist.explained import EXPLAINED
from tests.nist.plans import Plan, plans
from tests.nist.player import Player

_FOLDER = Path(os.environ.get("CARNET_EXAMPLES", "")) / "xds" / "nist-testkit"
PLANS = list(plans(_FOLDER / "tests")) if _FOLDER.is_dir() else []

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not PLANS, reason="the published examples are not here"),
]


@pytest.fixture(scope="module")
def played(
    examples: Path,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Mapping[str, tuple[str, ...]]:
    """What is not as it should be, by plan; the registry is empty before and after."""
    papers = certificates.make(tmp_path_factory.mktemp("nist") / "authority")
    client = Client()

    def door(
        service: str, action: str, payload: bytes, attachments: Mapping[str, bytes]
    ) -> tuple[etree._Element, Mapping[str, bytes]]:
        message = envelope.write(Addressing(action, f"urn:uuid:{uuid4()}"), payload)
        kind, body = mtom.write(message, attachments, boundary=f"nist-{uuid4()}", action=action)
        response = client.post(
            f"/ihe/{service}", data=body, content_type=kind, headers=header(papers.client)
        )
        package = mtom.read(
            response.headers["Content-Type"], io.BytesIO(response.content), limit=50_000_000
        )
        return envelope.read(package.root).payload, package.attachments

    player = Player(door)
    with (
        override_settings(
            CARNET_AFFINITY_DOMAIN=examples / "xds" / "nist-testkit" / "codes.xml",
            CARNET_DOCUMENTS_URL=tmp_path_factory.mktemp("nist-documents"),
            CARNET_TRUST_CA=papers.authority.ca_path,
            CARNET_TRUST_CRL=papers.authority.crl_path,
        ),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        found = {plan.name: player.play(plan) for plan in PLANS}
        transaction.set_rollback(True)
    return found


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_passes_as_it_is_published_or_its_failure_is_explained(
    plan: Plan, played: Mapping[str, tuple[str, ...]]
) -> None:
    expected, _why = EXPLAINED.get(plan.name, ((), ""))
    assert played[plan.name] == expected


def test_every_plan_is_played(
    played: Mapping[str, tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = [name for name, problems in played.items() if problems]
    steps = sum(len(plan.root.findall("TestStep")) for plan in PLANS)
    with capsys.disabled():
        print(
            f"\nNIST XDS toolkit: {len(PLANS)} plans, {steps} steps; {len(PLANS) - len(failed)}"
            f" plans pass as published, {len(failed)} explained"
        )
    assert set(EXPLAINED) == set(failed)
