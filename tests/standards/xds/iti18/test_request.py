"""The request of a stored query: one good query of each kind, broken in one way by each test."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards import xml
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused
from carnet.standards.xds.iti18 import (
    ACTION,
    MULTI_PATIENT_ACTION,
    QUERIES,
    Definition,
    FindDocuments,
    GetDocuments,
    Query,
    QueryName,
    ReturnType,
    StoredQuery,
    read,
    read_query,
    write,
)
from carnet.standards.xds.metadata import Code, Status
from tests.standards.xds import strategies
from tests.standards.xds.iti18 import asked
from tests.standards.xds.perfect import INS

LETTER = Code("11490-0", "2.16.840.1.113883.6.1")
FULL = FindDocuments(
    patient_id=INS,
    statuses=(Status.APPROVED, Status.ARCHIVED),
    class_codes=(Code("11", "1.2.3"), Code("10", "1.2.3")),
    type_codes=(LETTER,),
    format_codes=(Code("urn:ihe:iti:xds-sd:pdf:2008", "1.3"),),
    facility_types=(Code("SA01", "1.4"),),
    practice_settings=(Code("ETABLISSEMENT", "1.5"),),
    events=((Code("I10", "1.6"), Code("I11", "1.6")), (Code("J45", "1.6"),)),
    confidentiality=((Code("N", "1.7"),), (Code("MASQUE_PS", "1.8"),)),
    creation_from="20250101",
    creation_to="20260101000000",
    service_start_from="2025",
    service_start_to="202601",
    service_stop_from="2025010112",
    service_stop_to="202601011230",
    author_persons=("%MARTIN%", "O'NEIL%"),
    entry_types=("urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1",),
    return_type="ObjectRef",
)
FIND = FindDocuments(INS, (Status.APPROVED,))
GET = GetDocuments(unique_ids=("1.2.3", "1.2.4"))

words = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
)
codes = st.builds(Code, words.filter(lambda t: "^" not in t), words.filter(lambda t: "^" not in t))
some_codes = strategies.several(codes)
groups = st.lists(st.lists(codes, min_size=1, max_size=2).map(tuple), max_size=3).map(tuple)
times = st.just("") | st.from_regex(r"\A20[0-9]{2}(0[1-9])?\Z")
queries = st.one_of(
    st.builds(
        FindDocuments,
        patient_id=words,
        statuses=st.lists(st.sampled_from(Status), min_size=1).map(tuple),
        class_codes=some_codes,
        type_codes=some_codes,
        format_codes=some_codes,
        facility_types=some_codes,
        practice_settings=some_codes,
        events=groups,
        confidentiality=groups,
        creation_from=times,
        creation_to=times,
        author_persons=strategies.several(words),
        return_type=st.sampled_from(get_args(ReturnType)),
    ),
    st.builds(GetDocuments, entry_uuids=st.lists(words, min_size=1).map(tuple)),
    st.builds(GetDocuments, unique_ids=st.lists(words, min_size=1).map(tuple)),
)


def reread(query: Query) -> Query:
    return read(xml.parse(write(query)))


def refusal(payload: bytes, action: str = ACTION) -> RegistryError:
    with pytest.raises(XdsRefused) as caught:
        read_query(xml.parse(payload), action=action)
    (error,) = caught.value.errors
    return error


def with_values(*values: str, name: str = "TypeCode", base: Query = FIND) -> bytes:
    """The query with one more slot that holds these raw values."""
    listed = "".join(f"<rim:Value>{value}</rim:Value>" for value in values)
    head = f'<rim:Slot name="$XDSDocumentEntry{name}"><rim:ValueList>'
    slot = f"{head}{listed}</rim:ValueList></rim:Slot>"
    return write(base).replace(b"</rim:AdhocQuery>", slot.encode() + b"</rim:AdhocQuery>")


@given(queries)
def test_any_query_reads_back_as_it_was_written(query: Query) -> None:
    assert reread(query) == query


def test_every_parameter_of_find_documents_travels() -> None:
    assert all(getattr(FULL, field.name) for field in fields(FULL)), "the example leaves one out"
    assert reread(FULL) == FULL


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("('11490-0^^2.16.840.1.113883.6.1')",), (LETTER,)),
        (("'11490-0^^2.16.840.1.113883.6.1'",), (LETTER,)),
        (("('a^^1','b^^2')",), (Code("a", "1"), Code("b", "2"))),
        (("( 'a^^1' ,\n 'b^^2' )",), (Code("a", "1"), Code("b", "2"))),
        (("('a^^1')", "('b^^2')"), (Code("a", "1"), Code("b", "2"))),
        (("('it''s^^1')",), (Code("it's", "1"),)),
        (("('a,b^^1')",), (Code("a,b", "1"),)),
    ],
)
def test_values_may_be_quoted_in_every_way_of_iti18(
    values: tuple[str, ...], expected: tuple[Code, ...]
) -> None:
    assert read(xml.parse(with_values(*values))) == replace(FIND, type_codes=expected)


def test_a_time_may_go_without_quotes() -> None:
    query = read(xml.parse(with_values("20250101", name="CreationTimeFrom")))
    assert query == replace(FIND, creation_from="20250101")


def test_a_repeated_slot_is_a_conjunction_of_alternatives() -> None:
    base = replace(FIND, events=((Code("a", "1"),),))
    query = read(xml.parse(with_values("('b^^1','c^^1')", name="EventCodeList", base=base)))
    assert query == replace(FIND, events=((Code("a", "1"),), (Code("b", "1"), Code("c", "1"))))


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (with_values("'x'", name="Nothing"), ErrorCode.REGISTRY_ERROR),
        (with_values("'x"), ErrorCode.REGISTRY_ERROR),
        (with_values("x"), ErrorCode.REGISTRY_ERROR),
        (with_values(""), ErrorCode.REGISTRY_ERROR),
        (with_values("()"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a^^1',)"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a^^1' 'b^^1')"), ErrorCode.REGISTRY_ERROR),
        (with_values("'a^^1','b^^1'"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a^^1'"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a^^')"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a')"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a^b^1')"), ErrorCode.REGISTRY_ERROR),
        (with_values("('a^^1^x')"), ErrorCode.REGISTRY_ERROR),
        (with_values("'2025-01-01'", name="CreationTimeFrom"), ErrorCode.REGISTRY_ERROR),
        (with_values("'20250101','2026'", name="CreationTimeTo"), ErrorCode.REGISTRY_ERROR),
        (
            with_values("('2025','2026')", name="CreationTimeTo"),
            ErrorCode.STORED_QUERY_PARAM_NUMBER,
        ),
        (with_values("'x'", name="PatientId"), ErrorCode.STORED_QUERY_PARAM_NUMBER),
        (with_values("('x')", name="Status"), ErrorCode.STORED_QUERY_PARAM_NUMBER),
        (with_values(name="TypeCode"), ErrorCode.STORED_QUERY_MISSING_PARAM),
        (write(FIND).replace(b"PatientId", b"Comments"), ErrorCode.REGISTRY_ERROR),
        (write(replace(FIND, patient_id="")), ErrorCode.STORED_QUERY_MISSING_PARAM),
        (write(replace(FIND, statuses=())), ErrorCode.STORED_QUERY_MISSING_PARAM),
        (write(FIND).replace(b"StatusType:Approved", b"x"), ErrorCode.REGISTRY_ERROR),
        (write(GetDocuments()), ErrorCode.STORED_QUERY_MISSING_PARAM),
        (write(replace(GET, entry_uuids=("urn:uuid:1",))), ErrorCode.STORED_QUERY_PARAM_NUMBER),
        (write(FIND).replace(b"14d4debf", b"04d4debf"), ErrorCode.UNKNOWN_STORED_QUERY),
        (write(FIND).replace(b"LeafClass", b"RegistryObject"), ErrorCode.REGISTRY_ERROR),
        (write(FIND).replace(b"ResponseOption", b"Option"), ErrorCode.REGISTRY_ERROR),
        (write(FIND).replace(b"AdhocQueryRequest", b"Query"), ErrorCode.REGISTRY_ERROR),
    ],
)
def test_a_broken_query_gets_the_error_of_iti18(payload: bytes, code: ErrorCode) -> None:
    assert refusal(payload).code == code


def test_an_error_names_the_parameter_and_never_repeats_its_value() -> None:
    error = refusal(with_values("('2', '1')", name="PatientId"))
    assert "$XDSDocumentEntryPatientId" in error.context
    assert INS.split("^")[0] not in error.context


@given(
    st.integers(0, len(write(FULL))),
    st.integers(0, 20),
    st.sampled_from([b"", b"'", b"(", b")", b",", b"^", b"<", b"\xff", b"$", b"<rim:Slot/>"]),
)
def test_a_query_changed_anywhere_is_read_or_refused(at: int, cut: int, new: bytes) -> None:
    good = write(FULL)
    try:
        read(xml.parse(good[:at] + new + good[at + cut :]))
    except (XdsRefused, xml.XmlError) as error:
        assert str(error)  # noqa: PT017 - what is read is as good


# All sixteen

each_query = pytest.mark.parametrize("definition", QUERIES, ids=lambda one: one.name)


@given(asked.queries())
def test_any_of_the_sixteen_reads_back_as_it_was_written(query: StoredQuery) -> None:
    read_back = read_query(xml.parse(write(query)), action=query.definition.action)
    assert read_back == query


def test_there_are_sixteen_each_with_its_own_id() -> None:
    assert len({definition.id for definition in QUERIES}) == len(QUERIES) == len(QueryName) == 16


@each_query
def test_a_query_that_lacks_what_it_requires_is_refused(definition: Definition) -> None:
    full = asked.full(definition)
    required = [each.name for each in definition.parameters if each.required]
    for names in (*([name] for name in required), definition.exactly_one, definition.at_least_one):
        kept = {name: groups for name, groups in full.values.items() if name not in names}
        if names:
            error = refusal_of(replace(full, values=kept))
            assert error.code == ErrorCode.STORED_QUERY_MISSING_PARAM
            assert all(name in error.context for name in names)


@each_query
def test_two_kinds_of_id_at_once_are_refused(definition: Definition) -> None:
    if definition.exactly_one:
        both = dict.fromkeys(definition.exactly_one, (("x",),))
        query = asked.full(definition)
        error = refusal_of(replace(query, values={**query.values, **both}))
        assert error.code == ErrorCode.STORED_QUERY_PARAM_NUMBER


@each_query
def test_a_value_too_many_is_refused(definition: Definition) -> None:
    full = asked.full(definition)
    for parameter in definition.parameters:
        groups = full.values.get(parameter.name)
        if groups and not parameter.groups:
            many = groups * 2 if parameter.many else (groups[0] * 2,)
            payload = with_groups(full, parameter.name, many)
            error = refusal(payload, definition.action)
            assert (error.code, parameter.name in error.context) == (
                ErrorCode.STORED_QUERY_PARAM_NUMBER,
                True,
            )


@each_query
def test_a_value_of_the_wrong_form_is_refused(definition: Definition) -> None:
    full = asked.full(definition)
    for parameter in definition.parameters:
        if parameter.name in full.values:
            error = refusal_of(replace(full, values={**full.values, parameter.name: (("",),)}))
            assert error.code == ErrorCode.REGISTRY_ERROR
            assert parameter.name in error.context


@each_query
def test_a_query_of_the_other_transaction_is_not_known(definition: Definition) -> None:
    other = MULTI_PATIENT_ACTION if definition.action == ACTION else ACTION
    error = refusal(write(asked.full(definition)), other)
    assert error.code == ErrorCode.UNKNOWN_STORED_QUERY


@each_query
def test_what_concerns_others_than_a_registry_is_passed_over(definition: Definition) -> None:
    full = asked.full(definition)
    extra = (
        '<rim:Slot name="$MetadataLevel"><rim:ValueList><rim:Value>2</rim:Value></rim:ValueList>'
        '</rim:Slot><rim:Slot name="$homeCommunityId"><rim:ValueList/></rim:Slot></rim:AdhocQuery>'
    )
    payload = write(full).replace(b"</rim:AdhocQuery>", extra.encode())
    assert read_query(xml.parse(payload), action=definition.action) == full


def test_an_unknown_type_of_association_is_refused() -> None:
    full = next(asked.full(one) for one in QUERIES if one.name == "GetRelatedDocuments")
    payload = write(full).replace(b"AssociationType:RPLC", b"AssociationType:FRIEND")
    assert refusal(payload).code == ErrorCode.REGISTRY_ERROR


def refusal_of(query: StoredQuery) -> RegistryError:
    return refusal(write(query), query.definition.action)


def with_groups(query: StoredQuery, name: str, groups: tuple[tuple[object, ...], ...]) -> bytes:
    return write(replace(query, values={**query.values, name: groups}))  # type: ignore[dict-item]
