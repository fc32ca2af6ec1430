"""The typed forms of FindDocuments and GetDocuments."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.iti18 import QUERIES, FindDocuments, GetDocuments, typed, untyped
from carnet.standards.xds.metadata import Status
from tests.standards.xds.iti18 import asked
from tests.standards.xds.perfect import INS

FIND = FindDocuments(INS, (Status.APPROVED,))


@pytest.mark.parametrize("query", [FIND, GetDocuments(("urn:uuid:1",)), GetDocuments((), ("1",))])
def test_a_typed_query_is_the_same_once_untyped(query: FindDocuments | GetDocuments) -> None:
    assert typed(untyped(query)) == query


def test_every_parameter_but_the_availability_has_a_field() -> None:
    full = asked.full(QUERIES[0])
    values = dict(full.values)
    del values["$XDSDocumentEntryDocumentAvailability"]
    assert untyped(typed(replace(full, values=values))).values == values


@pytest.mark.parametrize("definition", QUERIES, ids=lambda one: one.name)
def test_a_query_is_never_typed_with_less_than_it_asks(definition: object) -> None:
    full = asked.full(definition)  # type: ignore[arg-type]
    if full.name == "GetDocuments":
        full = replace(full, values={"$XDSDocumentEntryLogicalID": (("x",),)})
    with pytest.raises(XdsRefused) as caught:
        typed(full)
    (error,) = caught.value.errors
    served = full.name in ("FindDocuments", "GetDocuments")
    expected = ErrorCode.REGISTRY_ERROR if served else ErrorCode.UNKNOWN_STORED_QUERY
    assert error.code == expected


def test_a_parameter_that_is_not_given_has_no_value() -> None:
    assert asked.full(QUERIES[0]).given("$uuid") == ()
