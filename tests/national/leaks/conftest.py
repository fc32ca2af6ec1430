"""The crowd, built once for all the tests of the package and gone after the last of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from carnet.national.accounts import actions as accounts
from carnet.national.clients.texts import Reader as TextReader
from carnet.national.directory import actions as directory
from carnet.national.record import actions as record
from carnet.national.record import tasks
from carnet.national.record.finding import reading
from carnet.ops.pki import Kind
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.leaks.askers import Judge, Signer, Software
from tests.national.leaks.cast import NAMES, Land, entered, softwares
from tests.national.leaks.crowd import READER, VISITOR, Crowd
from tests.national.leaks.tokens import Register

SEED = 20260302


# With a parameter, for pytest to keep together what needs it, whatever the order is.
@pytest.fixture(scope="package", params=[SEED])
def land(
    django_db_setup: None,
    django_db_blocker: Any,
    papers: Papers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Land]:
    """Everything in one transaction, which is rolled back."""
    documents = tmp_path_factory.mktemp("documents")
    now = datetime.now(UTC) - timedelta(hours=2)
    with (
        django_db_blocker.unblock(),
        override_settings(
            CARNET_DOCUMENTS_URL=documents,
            CARNET_TRUST_CA=papers.authority.ca_path,
            CARNET_TRUST_CRL=papers.authority.crl_path,
        ),
        transaction.atomic(),
    ):
        world.make_hospital()
        directory.register_structure(
            world.TESTS, VISITOR.structure, name=VISITOR.structure_name, kind="EJ", now=now
        )
        crowd = Crowd(SEED, now)
        for number in range(20):
            crowd.authorise(crowd[number], READER)
        for number in (0, 1, 30):
            crowd.authorise(crowd[number], VISITOR)
        crowd.block(crowd[40], VISITOR)
        for number in (60, 61):
            record.set_choices(
                world.TESTS,
                crowd[number].patient_id,
                now=now,
                opposes_centre_15=number == 60,
                opposes_bris_de_glace=number == 60,
            )
        accounts.represent(
            world.TESTS,
            crowd[50].patient_id,
            crowd[51].patient_id,
            since=now,
            until=now + timedelta(days=1),
        )
        read_everything(datetime.now(UTC))
        judge = Judge(Register(crowd.people))
        client = papers.client
        key = client.key_pem
        signature = papers.authority.issue(
            Kind.ORG_SIGN, certificates.STRANGER_NAME, now=datetime.now(UTC), key_pem=key
        )
        houses = Signer(client, papers.signature), Signer(papers.stranger, signature)
        software = softwares(crowd, *houses)
        yield Land(crowd, judge, software, entered(software, crowd), documents)
        print(
            f"\n{judge.answers} answers of {judge.octets} bytes held nothing of another of"
            f" {len(crowd.people)} people ({len(judge.register)} words and ids),"
            f" and {judge.own} words and ids of those who may be read"
        )
        transaction.set_rollback(True)


def read_everything(now: datetime) -> None:
    """What the worker does after the publications: notices, texts, the index."""
    later = now + timedelta(days=1)
    while tasks.drain(now=later):
        pass
    with TextReader() as reader:
        while reading.read_next(reader, now=later):
            pass


@pytest.fixture(autouse=True)
def documents(land: Land, trusting: Papers, settings: Any) -> Path:
    """The store of the crowd's documents."""
    settings.CARNET_DOCUMENTS_URL = land.documents
    return land.documents


@pytest.fixture(params=NAMES)
def software(request: pytest.FixtureRequest, land: Land) -> Software:
    return land.softwares[request.param]
