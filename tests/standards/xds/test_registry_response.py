"""The answer that says how a transaction ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards import xml
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused
from carnet.standards.xds.registry_response import RegistryResponse, read, write
from tests.standards.xds.strategies import texts

ERROR = RegistryError(ErrorCode.UNKNOWN_PATIENT_ID, "no record for this INS")
WARNING = RegistryError(ErrorCode.EXTRA_METADATA_NOT_SAVED, "kept apart", "Warning", "Document01")


@pytest.mark.parametrize(
    ("errors", "partial", "status"),
    [
        ((), False, "Success"),
        ((WARNING,), False, "Success"),
        ((WARNING, ERROR), False, "Failure"),
        ((ERROR,), True, "PartialSuccess"),
    ],
)
def test_the_status_follows_from_the_errors(
    errors: tuple[RegistryError, ...], partial: bool, status: str
) -> None:
    assert read(xml.parse(write(errors, partial=partial))) == RegistryResponse(status, errors)  # type: ignore[arg-type]


@given(st.builds(RegistryError, texts, texts, st.sampled_from(["Error", "Warning"]), texts))
def test_any_error_reads_back_even_with_a_code_that_is_not_ours(error: RegistryError) -> None:
    assert read(xml.parse(write((error,)))).errors == (error,)


@pytest.mark.parametrize(("old", "new"), [("RegistryResponse", "Other"), (":Success", ":Maybe")])
def test_what_is_no_registry_response_is_refused(old: str, new: str) -> None:
    with pytest.raises(XdsRefused):
        read(xml.parse(write().decode().replace(old, new).encode()))


def test_what_is_written_is_valid_against_the_schema(examples: Path) -> None:
    schema = etree.XMLSchema(etree.parse(examples / "xds/xsd/rs.xsd"))
    schema.assertValid(etree.fromstring(write((ERROR, WARNING))))
    schema.assertValid(etree.fromstring(write()))
