"""The answer of a stored query."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards import xml
from carnet.standards.xds.ebrim import fragments
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused
from carnet.standards.xds.iti18 import QUERIES, QueryResponse, read_response, write, write_response
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Code,
    Folder,
    RegistryObjects,
    Status,
)
from tests.standards.xds import strategies
from tests.standards.xds.iti18 import asked
from tests.standards.xds.perfect import ENTRY, HIDDEN, INS, LOT, MASKED, NORMAL


def uuid(number: int) -> str:
    return f"urn:uuid:0190a1b2-0000-7000-8000-{number:012}"


REGISTERED = tuple(
    replace(ENTRY, id=uuid(n), confidentiality=codes)
    for n, codes in enumerate([(NORMAL,), (NORMAL, MASKED), (NORMAL, HIDDEN)])
)
FOLDER = Folder(
    uuid(11), "1.2.3", INS, "Dossier", codes=(Code("x", "1.2"),), last_update_time="2026",
    status=Status.APPROVED, logical_id=uuid(11), version=1,
)  # fmt: skip
WHOLE = RegistryObjects(
    REGISTERED,
    (replace(LOT, id=uuid(10), status=Status.APPROVED),),
    (FOLDER,),
    (
        Association(
            AssociationType.HAS_MEMBER,
            uuid(10),
            uuid(0),
            uuid(12),
            (("SubmissionSetStatus", ("Original",)),),
            status=Status.APPROVED,
        ),
    ),
)
TOO_MANY = RegistryError(ErrorCode.TOO_MANY_RESULTS, "narrow the search")
DOCUMENTS = RegistryObjects(REGISTERED)


@pytest.mark.parametrize(
    ("objects", "refs", "errors", "status"),
    [
        (WHOLE, (), (), "Success"),
        (DOCUMENTS, (), (), "Success"),
        (RegistryObjects(), ("urn:uuid:1", "urn:uuid:2"), (), "Success"),
        (RegistryObjects(), (), (), "Success"),
        (RegistryObjects(), (), (TOO_MANY,), "Failure"),
        (DOCUMENTS, (), (TOO_MANY,), "PartialSuccess"),
    ],
)
def test_an_answer_reads_back_as_it_was_written(
    objects: RegistryObjects,
    refs: tuple[str, ...],
    errors: tuple[RegistryError, ...],
    status: str,
) -> None:
    payload = write_response(fragments(objects), object_refs=refs, errors=errors)
    read = read_response(xml.parse(payload))
    assert (read.status, read.errors, read.object_refs) == (status, errors, refs)
    assert read.objects == objects
    assert read.total == len([*objects, *refs])


@st.composite
def answers(draw: st.DrawFn) -> RegistryObjects:
    """Objects of any lots, all ids different."""
    ids = iter(draw(st.lists(strategies.words, unique=True, min_size=8, max_size=8)))

    def some(make: object) -> tuple[object, ...]:
        return tuple(draw(make(st.just(next(ids)))) for _ in range(draw(st.integers(0, 2))))  # type: ignore[operator]

    return RegistryObjects(
        some(strategies.entries),  # type: ignore[arg-type]
        some(strategies.submission_sets),  # type: ignore[arg-type]
        some(strategies.folders),  # type: ignore[arg-type]
        some(strategies.associations),  # type: ignore[arg-type]
    )


@given(answers())
def test_any_objects_read_back_from_their_fragments(objects: RegistryObjects) -> None:
    assert read_response(xml.parse(write_response(fragments(objects)))).objects == objects


@pytest.mark.parametrize("count", ["", "many", "-1"])
def test_a_count_that_is_no_number_is_not_told(count: str) -> None:
    payload = write_response(()).replace(
        b'totalResultCount="0"', f'totalResultCount="{count}"'.encode()
    )
    assert read_response(xml.parse(payload)) == QueryResponse("Success")


def test_an_answer_of_another_shape_is_refused() -> None:
    with pytest.raises(XdsRefused):
        read_response(xml.parse(write(asked.full(QUERIES[0]))))


@given(
    st.integers(0, 20_000),
    st.integers(0, 40),
    st.sampled_from([b"", b"<", b"\xff", b'"', b"urn:", b"<rim:ObjectRef/>"]),
)
def test_an_answer_changed_anywhere_is_read_or_refused(at: int, cut: int, new: bytes) -> None:
    good = write_response(fragments(WHOLE))
    at %= len(good)
    try:
        read_response(xml.parse(good[:at] + new + good[at + cut :]))
    except (XdsRefused, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good


def test_what_is_written_is_valid_against_the_schema(examples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(examples / "xds/xsd/query.xsd"))
    answers = (
        *(write(asked.full(definition)) for definition in QUERIES),
        write_response(fragments(WHOLE), errors=(TOO_MANY,)),
        write_response((), object_refs=("urn:uuid:1",)),
    )
    for answer in answers:
        schema.assertValid(etree.fromstring(answer))
