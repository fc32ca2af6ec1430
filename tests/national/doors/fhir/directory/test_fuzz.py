"""Whatever is asked, the directory answers with a Bundle, a resource or an OperationOutcome."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.standards.fhir.directory.parameters import PARAMETERS, REFERENCES, RESOURCES
from tests.national.doors.fhir.directory.conftest import Ask

pytestmark = pytest.mark.django_db

NAMES = sorted(
    {each.name for parameters in PARAMETERS.values() for each in parameters}
    | {f"{via}.{each.name}" for _r, via in REFERENCES for each in PARAMETERS["Organization"]}
    | {"_count", "_cursor", "_total", "_summary", "_elements", "_include", "_revinclude", "_format"}
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            *("*", "true", "%", "\\", "|", "a|", "|b", "a\\,b", ",", "ge2026", "ap2026-02-30"),
            *("9999-12-31T23:59:59Z", "ap0001", "001-1", "Organization/001-1", "003-" + "9" * 18),
            *("PractitionerRole:practitioner", "99999999999999999999", "-1", "accurate", "count"),
            *("https://rpps.esante.gouv.fr|8", "urn:ietf:rfc:3986|urn:oid:1.2", "'; --", "SA01"),
        ]
    ),
)
PAIRS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(NAMES), st.text(max_size=12)),
        st.sampled_from(["", "", "", ":exact", ":contains", ":x", ":identifier"]),
        VALUES,
    ),
    max_size=4,
)
ASKED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@ASKED
@given(resource=st.sampled_from(RESOURCES), pairs=PAIRS, post=st.booleans())
def test_no_search_breaks_it(
    ask: Ask, resource: str, pairs: list[tuple[str, str, str]], post: bool
) -> None:
    form = urlencode([(name + modifier, value) for name, modifier, value in pairs])
    answer: Any = (
        ask(f"{resource}/_search", form, method="POST") if post else ask(f"{resource}?{form}")
    )
    assert answer.status in (200, 400, 406), (form, answer.data)
    assert answer.json["resourceType"] in ("Bundle", "OperationOutcome")


@ASKED
@given(path=st.text(min_size=1, max_size=30), query=st.binary(max_size=30))
def test_no_address_breaks_it(ask: Ask, path: str, query: bytes) -> None:
    answer = ask(f"{quote(path)}?{quote(query)}")
    assert answer.status in (200, 301, 400, 404, 406), answer.data
