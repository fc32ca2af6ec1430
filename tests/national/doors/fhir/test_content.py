"""`_content`: documents by their words, for who may open them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from carnet.national.clients.texts import Reader
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir.conftest import Call, identifier
from tests.national.record.finding import letters

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def texts() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def found(call: Call, ins: Ins, reader: dict[str, Any], *pairs: tuple[str, str]) -> list[str]:
    asked = [("patient.identifier", identifier(ins)), ("status", "current"), *pairs]
    reply = call("GET", f"/DocumentReference?{urlencode(asked)}", **reader)
    assert reply.status == 200, reply.json
    return [each["id"] for each in reply.found]


def test_documents_are_found_by_their_words(
    call: Call, ins: Ins, reader: dict[str, Any], texts: Reader
) -> None:
    kidney = letters.publish(ins, "Insuffisance rénale chronique.")
    heart = letters.publish(ins, "Hypertension artérielle traitée.")
    masked = world.visibility("MASQUE_PS")
    letters.publish(ins, "Insuffisance rénale, document masqué.", confidentiality=masked)
    letters.read_all(texts)
    assert found(call, ins, reader, ("_content", "HTA")) == [str(heart)]
    assert found(call, ins, reader, ("_content", "rénales")) == [str(kidney)]
    either = found(call, ins, reader, ("_content", "HTA,rénale"))
    assert set(either) == {str(kidney), str(heart)}
    assert not found(call, ins, reader, ("_content", "HTA"), ("_content", "rénale"))
    assert not found(call, ins, reader, ("_content", "HTA"), ("type", "1-8"))
    assert not found(call, ins, reader, ("_content", "masqué"))
    assert not found(call, ins, reader, ("_content", "appendicite"))
