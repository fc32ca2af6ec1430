"""Fixtures of the SOAP services: a way to call them, a hospital, a person with a record."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from carnet.ops.pki import Issued
from carnet.standards.ids import Ins
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from carnet.standards.vihf import Vihf
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import BASE, Call, Reply, header
from tests.national.doors.soap.domain import send

__all__ = ["send"]


@pytest.fixture
def call(client: Client, trusting: Papers) -> Call:
    """Call a service; every part can be said otherwise than the hospital's system would."""

    def call(
        service: str,
        action: str,
        payload: bytes,
        attachments: Mapping[str, bytes] | None = None,
        *,
        patient: Ins | None = None,
        vihf: Vihf | None = None,
        assertion: bytes | str | None = "",
        certificate: Issued | None = trusting.client,
        raw: bytes | None = None,
        content_type: str = "",
    ) -> Reply:
        if assertion == "":
            assertion = certificates.signed(trusting, vihf or certificates.vihf(patient))
        assert not isinstance(assertion, str)
        message = envelope.write(
            Addressing(action, f"urn:uuid:{uuid4()}"), payload, assertion=assertion
        )
        written_type, body = mtom.write(
            message, attachments or {}, boundary=f"test-{uuid4()}", action=action
        )
        response = client.post(
            f"{BASE}/{service}",
            data=raw if raw is not None else body,
            content_type=content_type or written_type,
            headers=header(certificate),
        )
        package = mtom.read(
            response.headers["Content-Type"], io.BytesIO(response.content), limit=50_000_000
        )
        return Reply(
            response.status_code,
            response.headers["Content-Type"],
            envelope.read(package.root),
            package.attachments,
        )

    return call


@pytest.fixture
def hospital() -> None:
    world.make_hospital()


@pytest.fixture
def person(hospital: None) -> tuple[Any, Ins]:
    return world.make_patient()


@pytest.fixture
def ins(person: tuple[Any, Ins]) -> Ins:
    return person[1]
