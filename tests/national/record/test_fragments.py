"""What is stored of the metadata of a document, and what is read of it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
import zstandard
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from carnet.national.record import actions as record
from carnet.national.record import fragments
from carnet.national.record.fragments import entry_of, pack, unpack
from carnet.national.record.models import Document, Reading
from carnet.ops import dictionary
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.metadata import Status
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW
from tests.standards.xds.perfect import ENTRY

BEFORE = [("record", "0010_affinity_domain")]


def fragment(status: Status = Status.APPROVED, title: str = "Lettre") -> str:
    return entry_fragment(replace(ENTRY, status=status, title=title))


def test_what_is_packed_is_read_as_it_was_and_is_many_times_smaller() -> None:
    packed = pack(fragment())
    assert unpack(packed, "APPROVED") == fragment().encode()
    assert len(packed) * 8 < len(fragment().encode())


@pytest.mark.parametrize("written", [Status.APPROVED, Status.DEPRECATED])
@pytest.mark.parametrize("line", Status)
def test_the_status_is_that_of_the_line(written: Status, line: Status) -> None:
    packed = pack(fragment(written))
    assert unpack(packed, line.name) == fragment(line).encode()
    assert entry_of(packed, line.name).status is line


def test_a_title_that_looks_like_a_status_is_left_alone() -> None:
    title = f'" status="{Status.APPROVED}"'
    assert entry_of(pack(fragment(title=title)), "ARCHIVED").title == title


def test_what_is_damaged_is_not_read() -> None:
    packed = pack(fragment())
    with pytest.raises(zstandard.ZstdError):
        unpack(packed[:-5], "APPROVED")
    with pytest.raises(zstandard.ZstdError):
        unpack(b"<rim:ExtrinsicObject/>", "APPROVED")


def test_no_more_is_unpacked_than_a_request_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack(fragment())
    monkeypatch.setattr(fragments, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="not a fragment"):
        unpack(packed, "APPROVED")
    with pytest.raises(ValueError, match="too long"):
        pack(fragment())


def test_threads_pack_and_unpack_at_once() -> None:
    texts = [fragment(title=f"Lettre {number}") for number in range(200)]
    with ThreadPoolExecutor(8) as threads:
        read = threads.map(lambda text: unpack(pack(text), "APPROVED").decode(), texts)
        assert list(read) == texts


def test_the_dictionary_of_what_is_stored_is_still_here() -> None:
    held = files("carnet.national.record").joinpath("fragments.zdict").read_bytes()
    assert hashlib.sha256(held).hexdigest() == (
        "36a222446bc0dfec1b27bb6e81fd5da5044dd4f46b1313fca495f12f6c6af767"
    )
    assert zstandard.get_frame_parameters(pack(fragment())).dict_id == dictionary.NUMBER


def test_the_dictionary_can_be_made_again() -> None:
    made = zstandard.ZstdCompressionDict(dictionary.made())
    assert made.dict_id() == dictionary.NUMBER
    assert dictionary.made() == made.as_bytes()


@pytest.mark.django_db(transaction=True)
def test_what_was_stored_before_is_packed_and_can_be_unpacked_again(documents: Path) -> None:
    patient_id, ins = world.make_patient()
    record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    line = Document.objects.get(patient_id=patient_id)
    Document.objects.filter(patient_id=patient_id).update(status="DEPRECATED")
    Reading.objects.all().delete()
    told = unpack(line.fragment, "DEPRECATED")
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        apps = executor.loader.project_state(BEFORE).apps
        assert apps.get_model("record", "Document").objects.get().fragment == told.decode()
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("record"))
    again = Document.objects.get(patient_id=patient_id)
    assert again.fragment == line.fragment
    assert not Reading.objects.exists()
    Document.objects.filter(patient_id=patient_id).update(status="APPROVED")
    assert Reading.objects.exists()
