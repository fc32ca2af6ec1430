"""The small world of the directory, and who asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from carnet.national.directory import actions
from carnet.standards.ids import PsIdNat, StructIdNat
from carnet.standards.xds.metadata import Code
from tests.national import world
from tests.national.doors.fhir.conftest import Answer
from tests.national.world import LEGAL_ENTITY, NOW, PHYSICIAN, SITE, TESTS

BASE = "/annuaire/fhir/v2"
HELENE = PsIdNat("899900000012")
MARC = PsIdNat("899900000020")
PHARMACY = StructIdNat("1990000051")

Ask = Callable[..., Answer]


@pytest.fixture
def directory(db: None) -> None:
    """A hospital, a pharmacy, two physicians, mailboxes of each kind, a scanner, an activity."""
    world.make_hospital()
    actions.register_structure(
        TESTS,
        SITE,
        name="Hôpital Sainte-Aurore",
        kind="EG",
        sector="SA01",
        address="1 avenue de l'Aubre, 99000 Aubreville",
        parent=LEGAL_ENTITY,
        now=NOW,
    )
    actions.register_structure(
        TESTS,
        PHARMACY,
        name="Pharmacie des Tilleuls",
        kind="EG",
        sector="SA33",
        address="3 place des Tilleuls, 99120 Montbrelan",
        now=NOW,
    )
    for ps_idnat, family, given, code in (
        (HELENE, "ARNOUX-DE LA TOUR", "Hélène", "SM04"),
        (MARC, "BELLANGER", "Marc", "SM26"),
    ):
        actions.register_professional(
            TESTS,
            ps_idnat,
            family_name=family,
            given_name=given,
            title="Dr",
            profession=PHYSICIAN,
            specialty=Code(code, world.GENERAL_PRACTICE.scheme),
            structures=[SITE],
            now=NOW,
        )
    publish = actions.publish_mailbox
    publish(TESTS, "Helene.Arnoux@pro.mssante.fr", kind="PER", professional=HELENE, now=NOW)
    publish(TESTS, "marc@ch.mssante.fr", kind="PER", professional=MARC, structure=SITE, now=NOW)
    publish(
        TESTS,
        "cardiologie@ch.mssante.fr",
        kind="ORG",
        structure=SITE,
        description="Secrétariat",
        service="Cardiologie",
        now=NOW,
    )
    actions.register_device(
        TESTS, SITE, code="05602", authorisation="93-93-67204", manufacturer="Exemple", now=NOW
    )
    actions.register_service(
        TESTS, SITE, kind="care", code="02", modality="00", form="07", label="Chirurgie", now=NOW
    )


@pytest.fixture
def ask(client: Client, directory: None) -> Ask:
    """Ask the directory, by GET or else."""

    def asked(path: str, data: Any = None, *, method: str = "GET", **headers: str) -> Answer:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "POST":
            answer = client.post(
                f"{BASE}/{path}",
                data,
                content_type="application/x-www-form-urlencoded",
                headers=said,
            )
        else:
            address = path if path.startswith("http") else f"{BASE}/{path}"
            answer = client.generic(method, address.removeprefix("http://testserver"), headers=said)
        return Answer(answer.status_code, answer.headers, answer.content)

    return asked
