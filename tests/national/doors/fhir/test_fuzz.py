"""Whatever comes in, an answer of FHIR goes out: never a 500, never anything half stored."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.standards.fhir.parameters import DOCUMENTS, LISTS
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir import bundles
from tests.national.doors.fhir.conftest import Answer, Call, identifier

pytestmark = pytest.mark.django_db

FUZZED = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(["#practitioner-1", "urn:uuid:x", "urn:oid:1.2.3", "2024-02-30", "current"]),
)
VALUE = st.recursive(
    SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["url", "reference", "system", "value", "code", "coding", "x"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def is_fhir(reply: Answer) -> None:
    assert reply.status < 500, reply.data
    if reply.status >= 400:
        OperationOutcome.model_validate(reply.json)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every part of a resource."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(each for name, held in inside for each in places(held, (*path, name)))]


def put(resource: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        resource = resource[step]
    if value is DROP:
        del resource[path[-1]]
    else:
        resource[path[-1]] = value


DROP = object()


@FUZZED
@given(data=st.data())
def test_a_bundle_with_any_part_changed_is_published_whole_or_refused_whole(
    call: Call, ins: Ins, data: st.DataObject
) -> None:
    bundle = bundles.perfect(ins)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([each for each in places(bundle) if each]))
        put(bundle, path, data.draw(st.just(DROP) | VALUE))
    before = world.stored()
    reply = call("POST", "", bundle)
    is_fhir(reply)
    if reply.status >= 400:
        assert world.stored() == before
    else:
        assert world.rows("record_document") == before["record_document"] + 1


@FUZZED
@given(data=st.data())
def test_a_simplified_publication_with_any_part_changed_is_answered(
    call: Call, ins: Ins, data: st.DataObject
) -> None:
    document = bundles.document(world.request(ins))
    path = data.draw(st.sampled_from([each for each in places(document) if each]))
    put(document, path, data.draw(st.just(DROP) | VALUE))
    before = world.stored()
    reply = call("POST", "/DocumentReference", document)
    is_fhir(reply)
    assert reply.status == 201 or world.stored() == before


@FUZZED
@given(body=st.binary(max_size=200) | VALUE.map(lambda each: json.dumps(each).encode()))
def test_any_body_is_answered(call: Call, body: bytes) -> None:
    for path in ("", "/DocumentReference"):
        is_fhir(call("POST", path, body))
    for content_type in ("application/json-patch+json", "application/fhir+json"):
        is_fhir(
            call(
                "PATCH",
                "/DocumentReference?identifier=urn:oid:1.2.3",
                body,
                content_type=content_type,
            )
        )


NAMES = st.sampled_from(
    [*(each.name for each in (*DOCUMENTS, *LISTS)), "_sort", "_count", "_cursor", "_summary", "x"]
)
MODIFIERS = st.sampled_from(["", "", "", ":not", ":exact", ":contains", ":identifier", ":missing"])
VALUES = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"(ge|lt|ap|ne)?[0-9]{4}(-[0-9]{2}){0,2}(T[0-9]{2}:[0-9]{2}Z)?", fullmatch=True),
    st.from_regex(r"[a-z:.]{0,9}\|[A-Z0-9\\,|]{0,9}", fullmatch=True),
    st.uuids().map(str),
)


@FUZZED
@given(pairs=st.lists(st.tuples(NAMES, MODIFIERS, VALUES), max_size=4))
def test_any_search_is_answered(
    call: Call, ins: Ins, reader: dict[str, Any], pairs: list[tuple[str, str, str]]
) -> None:
    said = "&".join(
        f"{name}{modifier}={quote(value, errors='replace')}" for name, modifier, value in pairs
    )
    for resource in ("DocumentReference", "List"):
        path = f"/{resource}?patient.identifier={quote(identifier(ins))}&{said}"
        is_fhir(call("GET", path, **reader))


@FUZZED
@given(
    operations=st.lists(
        st.fixed_dictionaries(
            {
                "op": st.sampled_from(["add", "remove", "replace", "test", "move", "copy"]),
                "path": st.sampled_from(
                    [
                        "/status",
                        "/securityLabel",
                        "/securityLabel/0",
                        "/securityLabel/-",
                        "/extension/0/valueBoolean",
                        "/extension",
                        "/extension/-",
                        "/contained/0",
                    ]
                ),
                "from": st.sampled_from(["/status", "/securityLabel/0", "/extension", "/x"]),
                "value": VALUE,
            }
        ),
        max_size=3,
    )
)
def test_any_patch_is_answered(call: Call, ins: Ins, operations: list[dict[str, Any]]) -> None:
    location = call("POST", "", bundles.perfect(ins)).json["entry"][1]["response"]["location"]
    is_fhir(
        call(
            "PATCH",
            f"/{location}",
            json.dumps(operations),
            content_type="application/json-patch+json",
        )
    )


@FUZZED
@given(header=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_header_is_answered(call: Call, reader: dict[str, Any], header: str) -> None:
    for name in ("Accept", "Range", "If_None_Match", "Prefer", "If_Range"):
        is_fhir(call("GET", "/Binary/1.2.3", **{**reader, name: header}))
    is_fhir(call("GET", "/metadata", authorization=header, Accept=header))
    is_fhir(call("GET", "/Binary/1.2.3", authorization=f"IHE-SAML {header}"))
