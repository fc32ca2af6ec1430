"""Publishing before an antivirus: what it knows is refused, what it cannot judge is not kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carnet.national.record import actions as record
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from tests.national import world
from tests.national.clients import viruses
from tests.national.clients.viruses import VIRUS
from tests.national.world import HOSPITAL_SYSTEM, NOW
from tests.standards.cda.letters import PDF

pytestmark = pytest.mark.django_db


@pytest.fixture
def antivirus(tmp_path: Path, settings: Any) -> Iterator[None]:
    with viruses.spoken(tmp_path) as address:
        settings.CARNET_CLAMD = address
        yield


@pytest.mark.usefixtures("antivirus")
def test_a_clean_letter_is_published() -> None:
    _patient_id, ins = world.make_patient()
    record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    assert world.rows("record_document") == 1


@pytest.mark.usefixtures("antivirus")
@pytest.mark.parametrize("change", [{"title": VIRUS.decode()}, {"pdf": PDF + VIRUS}])
def test_what_the_antivirus_knows_is_refused_and_nothing_is_stored(
    change: dict[str, Any], documents: Path
) -> None:
    _patient_id, ins = world.make_patient()
    request = world.request(ins, world.letter(ins, **change))
    with pytest.raises(XdsRefused) as refused:
        record.publish(HOSPITAL_SYSTEM, request, patient=ins, now=NOW)
    (error,) = refused.value.errors
    assert error.code == ErrorCode.INVALID_DOCUMENT_CONTENT
    assert "antivirus" in error.context
    assert set(world.stored().values()) == {0}
    assert not [path for path in documents.rglob("*") if path.is_file()]


def test_without_a_judgement_nothing_is_stored(settings: Any, documents: Path) -> None:
    settings.CARNET_CLAMD = "127.0.0.1:9"
    _patient_id, ins = world.make_patient()
    with pytest.raises(OSError, match="antivirus"):
        record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    assert set(world.stored().values()) == {0}
    assert not [path for path in documents.rglob("*") if path.is_file()]
