"""What the stored queries mean: a small registry, and what each query finds in it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.xds.iti18 import Kind, QueryName, StoredQuery, select
from carnet.standards.xds.iti18.parameters import STABLE
from carnet.standards.xds.iti18.selection import like
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Folder,
    RegistryObjects,
    Status,
    SubmissionSet,
)
from tests.standards.xds.iti18 import asked
from tests.standards.xds.perfect import ENTRY, HIDDEN, INS, LOT, MASKED, NORMAL, OTHER_INS

ON_DEMAND = "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248"
PDF = Code("urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3")
OTHER_FORMAT = Code("urn:ihe:pcc:aps:2007", "1.3.6.1.4.1.19376.1.2.3")


def document(name: str, **changes: Any) -> DocumentEntry:
    registered = replace(ENTRY, id=name, unique_id=f"1.{name}", logical_id=f"lid-{name}")
    return replace(registered, **{"status": Status.APPROVED, **changes})


def lot(name: str, **changes: Any) -> SubmissionSet:
    return replace(LOT, id=name, unique_id=f"1.{name}", status=Status.APPROVED, **changes)


def link(
    name: str, source: str, target: str, type_: str = "HAS_MEMBER", **changes: Any
) -> Association:
    return Association(AssociationType[type_], source, target, name, **changes)


#: Lot a: a1 and a2, in folder f. Lot b: b1 replaces a1 and is added to f. Lot c: someone else's.
REGISTRY = RegistryObjects(
    documents=(
        document("a1", status=Status.DEPRECATED, confidentiality=(NORMAL, MASKED)),
        document("a2", format_code=OTHER_FORMAT, creation_time="2025", service_stop_time=""),
        document("b1", authors=(Author(person="1^O'NEIL^Luc"),), events=(), title="b1"),
        document("d1", object_type=ON_DEMAND),
        document("c1", patient_id=OTHER_INS, reference_ids=()),
    ),
    submission_sets=(
        lot("a", submission_time="2025"),
        lot("b", source_id="1.2"),
        lot("c", patient_id=OTHER_INS),
    ),
    folders=(
        Folder("f", "1.f", INS, codes=(Code("x", "1"), Code("y", "1")), last_update_time="2026"),
        Folder("g", "1.g", OTHER_INS, status=Status.DEPRECATED),
    ),
    associations=(
        link("a-a1", "a", "a1"),
        link("a-a2", "a", "a2"),
        link("a-f", "a", "f"),
        link("f-a1", "f", "a1"),
        link("f-a2", "f", "a2"),
        link("b-b1", "b", "b1"),
        link("b1-a1", "b1", "a1", "RPLC"),
        link("f-b1", "f", "b1"),
        link("b-f-b1", "b", "f-b1"),
        link("d1-a2", "d1", "a2", "XFRM", status=Status.APPROVED),
        link("a2-a1", "a2", "a1", "APND", status=Status.DEPRECATED),
        link("c-c1", "c", "c1"),
    ),
)


def found(name: QueryName, **values: Any) -> set[str]:
    """The ids that the query finds; a value stands for itself, a list for its alternatives."""
    prefixed = {
        {"uuid": "$uuid", "patientId": "$patientId", "AssociationTypes": "$AssociationTypes"}.get(
            key, f"$XDS{key}"
        ): value
        for key, value in values.items()
    }
    groups = {
        key: value
        if isinstance(value, tuple)
        else ((tuple(value),) if isinstance(value, list) else ((value,),))
        for key, value in prefixed.items()
    }
    return {one.id for one in select(StoredQuery(name, groups), REGISTRY)}


def documents(**values: Any) -> set[str]:
    statuses = values.pop("DocumentEntryStatus", [Status.APPROVED, Status.DEPRECATED])
    return found(
        QueryName.FIND_DOCUMENTS,
        DocumentEntryPatientId=INS,
        DocumentEntryStatus=statuses,
        **{f"DocumentEntry{key}": value for key, value in values.items()},
    )


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"a1", "a2", "b1"}),
        ({"DocumentEntryStatus": Status.DEPRECATED}, {"a1"}),
        ({"FormatCode": OTHER_FORMAT}, {"a2"}),
        ({"FormatCode": [OTHER_FORMAT, PDF]}, {"a1", "a2", "b1"}),
        ({"FormatCode": Code(PDF.code, "1.2")}, set()),
        ({"Type": ON_DEMAND}, {"d1"}),
        ({"Type": [ON_DEMAND, STABLE]}, {"a1", "a2", "b1", "d1"}),
        ({"AuthorPerson": "%NEIL%"}, {"b1"}),
        ({"AuthorPerson": ["%neil%", "%^MART_N^%"]}, {"a1", "a2"}),
        ({"ConfidentialityCode": ((NORMAL,), (MASKED,))}, {"a1"}),
        ({"ConfidentialityCode": ((HIDDEN, MASKED),)}, {"a1"}),
        ({"ConfidentialityCode": ((HIDDEN,), (MASKED,))}, set()),
        ({"EventCodeList": ((ENTRY.events[0],),)}, {"a1", "a2"}),
        ({"CreationTimeFrom": "2025"}, {"a1", "a2", "b1"}),
        ({"CreationTimeFrom": "20250101000001"}, {"a1", "b1"}),
        ({"CreationTimeTo": "20250101000001"}, {"a2"}),
        ({"CreationTimeTo": "2025"}, set()),
        ({"ServiceStopTimeFrom": "2000"}, {"a1", "b1"}),
        ({"ServiceStopTimeTo": "2100"}, {"a1", "b1"}),
        ({"ClassCode": ENTRY.class_code, "TypeCode": Code("x", "1")}, set()),
    ],
)
def test_find_documents(values: dict[str, Any], expected: set[str]) -> None:
    assert documents(**values) == expected


BOTH = [Status.APPROVED, Status.DEPRECATED]
EVERY_STATUS = {
    "DocumentEntryStatus": BOTH,
    "SubmissionSetStatus": BOTH,
    "FolderStatus": BOTH,
}


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        (
            "FIND_DOCUMENTS_BY_REFERENCE_ID",
            {
                "DocumentEntryPatientId": INS,
                "DocumentEntryStatus": Status.APPROVED,
                "DocumentEntryReferenceIdList": ENTRY.reference_ids[0],
            },
            {"a2", "b1"},
        ),
        (
            "FIND_SUBMISSION_SETS",
            {"SubmissionSetPatientId": INS, "SubmissionSetStatus": Status.APPROVED},
            {"a", "b"},
        ),
        (
            "FIND_SUBMISSION_SETS",
            {
                "SubmissionSetPatientId": INS,
                "SubmissionSetStatus": Status.APPROVED,
                "SubmissionSetSubmissionTimeFrom": "2026",
                "SubmissionSetAuthorPerson": "%MARTIN%",
                "SubmissionSetSourceId": ["1.2", "1.3"],
                "SubmissionSetContentType": LOT.content_type,
            },
            {"b"},
        ),
        (
            "FIND_FOLDERS",
            {
                "FolderPatientId": INS,
                "FolderStatus": Status.APPROVED,
                "FolderCodeList": ((Code("x", "1"),), (Code("y", "1"), Code("z", "1"))),
            },
            {"f"},
        ),
        (
            "FIND_FOLDERS",
            {
                "FolderPatientId": INS,
                "FolderStatus": Status.APPROVED,
                "FolderCodeList": ((Code("x", "1"),), (Code("z", "1"),)),
            },
            set(),
        ),
        (
            "GET_ALL",
            {"patientId": OTHER_INS, **EVERY_STATUS},
            {"c", "c1", "g", "c-c1"},
        ),
        (
            "GET_ALL",
            {
                "patientId": INS,
                **EVERY_STATUS,
                "DocumentEntryStatus": Status.DEPRECATED,
                "SubmissionSetStatus": Status.DEPRECATED,
                "FolderStatus": Status.DEPRECATED,
                "AssociationStatus": BOTH,
            },
            {"a1", "a-a1", "f-a1", "b1-a1", "a2-a1"},
        ),
        ("GET_DOCUMENTS", {"DocumentEntryEntryUUID": ["a1", "d1", "zz"]}, {"a1", "d1"}),
        ("GET_DOCUMENTS", {"DocumentEntryUniqueId": ["1.c1", "a1"]}, {"c1"}),
        ("GET_DOCUMENTS", {"DocumentEntryLogicalID": "lid-a2"}, {"a2"}),
        ("GET_FOLDERS", {"FolderUniqueId": ["1.f", "1.g"]}, {"f", "g"}),
        ("GET_ASSOCIATIONS", {"uuid": ["d1", "c"]}, {"d1-a2", "c-c1"}),
        ("GET_ASSOCIATIONS", {"uuid": "a2", "AssociationStatus": Status.DEPRECATED}, {"a2-a1"}),
        (
            "GET_DOCUMENTS_AND_ASSOCIATIONS",
            {"DocumentEntryUniqueId": "1.b1"},
            {"b1", "b-b1", "b1-a1", "f-b1"},
        ),
        ("GET_SUBMISSION_SETS", {"uuid": ["a1", "f"]}, {"a", "a-a1", "a-f"}),
        ("GET_SUBMISSION_SETS", {"uuid": ["a"]}, set()),
        (
            "GET_SUBMISSION_SET_AND_CONTENTS",
            {"SubmissionSetEntryUUID": "a"},
            {"a", "a1", "a2", "f", "a-a1", "a-a2", "a-f", "f-a1", "f-a2", "a2-a1"},
        ),
        (
            "GET_SUBMISSION_SET_AND_CONTENTS",
            {"SubmissionSetUniqueId": "1.a", "DocumentEntryFormatCode": OTHER_FORMAT},
            {"a", "a2", "f", "a-a2", "a-f", "f-a2"},
        ),
        (
            "GET_SUBMISSION_SET_AND_CONTENTS",
            {"SubmissionSetUniqueId": "1.b"},
            {"b", "b1", "b-b1", "f-b1", "b-f-b1"},
        ),
        (
            "GET_SUBMISSION_SET_AND_CONTENTS",
            {"SubmissionSetUniqueId": "1.b", "DocumentEntryFormatCode": OTHER_FORMAT},
            {"b"},
        ),
        (
            "GET_FOLDER_AND_CONTENTS",
            {"FolderEntryUUID": "f"},
            {"f", "a1", "a2", "b1", "f-a1", "f-a2", "f-b1"},
        ),
        (
            "GET_FOLDER_AND_CONTENTS",
            {"FolderUniqueId": "1.f", "DocumentEntryConfidentialityCode": ((MASKED,),)},
            {"f", "a1", "f-a1"},
        ),
        ("GET_FOLDERS_FOR_DOCUMENT", {"DocumentEntryUniqueId": "1.b1"}, {"f"}),
        ("GET_FOLDERS_FOR_DOCUMENT", {"DocumentEntryUniqueId": "1.c1"}, set()),
        (
            "GET_RELATED_DOCUMENTS",
            {"DocumentEntryEntryUUID": "a1", "AssociationTypes": [AssociationType.RPLC]},
            {"a1", "b1", "b1-a1"},
        ),
        (
            "GET_RELATED_DOCUMENTS",
            {
                "DocumentEntryEntryUUID": "a2",
                "AssociationTypes": [AssociationType.XFRM, AssociationType.HAS_MEMBER],
                "DocumentEntryType": [STABLE, ON_DEMAND],
            },
            {"a2", "d1", "d1-a2"},
        ),
        (
            "GET_RELATED_DOCUMENTS",
            {"DocumentEntryEntryUUID": "a2", "AssociationTypes": AssociationType.XFRM},
            set(),
        ),
        (
            "FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS",
            {"DocumentEntryStatus": Status.APPROVED, "DocumentEntryClassCode": ENTRY.class_code},
            {"a2", "b1", "c1"},
        ),
        (
            "FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS",
            {
                "DocumentEntryPatientId": [OTHER_INS, "9^^^&1.2&ISO"],
                "DocumentEntryStatus": Status.APPROVED,
                "DocumentEntryClassCode": ENTRY.class_code,
            },
            {"c1"},
        ),
        (
            "FIND_FOLDERS_FOR_MULTIPLE_PATIENTS",
            {"FolderStatus": BOTH, "FolderCodeList": Code("y", "1")},
            {"f"},
        ),
    ],
)
def test_the_other_queries(name: str, values: dict[str, Any], expected: set[str]) -> None:
    assert found(QueryName[name], **values) == expected


def test_a_patient_is_known_by_id_and_authority() -> None:
    assert documents(Type=ON_DEMAND) == {"d1"}
    with_date = {"DocumentEntryPatientId": f"{INS}^^20260101"}
    assert found(QueryName.FIND_DOCUMENTS, DocumentEntryStatus=BOTH, **with_date) == documents()


#: Values that the registry holds, so that queries find something.
HELD: dict[Kind, st.SearchStrategy[str | Code]] = {
    Kind.TEXT: st.sampled_from([one.id for one in REGISTRY] + ["1.a1", "1.a", "1.f", STABLE]),
    Kind.PATIENT: st.sampled_from([INS, OTHER_INS]),
    Kind.PATTERN: st.sampled_from(["%", "%MARTIN%", "x"]),
    Kind.CODE: st.sampled_from(
        [PDF, OTHER_FORMAT, NORMAL, MASKED, Code("x", "1"), *ENTRY.events]
        + [code for code in (ENTRY.class_code, ENTRY.facility_type) if code]
    ),
    Kind.STATUS: st.sampled_from(BOTH),
    Kind.ASSOCIATION: st.sampled_from(AssociationType),
    Kind.FROM: st.sampled_from(["2025", "2026"]),
    Kind.TO: st.sampled_from(["2026", "2027"]),
}


@given(asked.queries(HELD))
def test_what_is_found_is_in_the_registry_and_nothing_twice(query: StoredQuery) -> None:
    answer = select(query, REGISTRY)
    assert set(answer) <= set(REGISTRY)
    assert len([*answer]) == len({one.id for one in answer})


@given(asked.queries(HELD))
def test_what_is_found_is_found_again_among_itself(query: StoredQuery) -> None:
    answer = select(query, REGISTRY)
    if query.name.startswith("Find"):
        assert select(query, answer) == answer


@given(asked.queries(HELD), st.data())
def test_one_filter_more_never_finds_a_document_more(
    query: StoredQuery, data: st.DataObject
) -> None:
    optional = [
        parameter
        for parameter in query.definition.parameters
        if parameter.groups and parameter.name in query.values
    ]
    if optional:
        name = data.draw(st.sampled_from(optional)).name
        more = (*query.values[name], (data.draw(HELD[Kind.CODE]),))
        narrowed = replace(query, values={**query.values, name: more})
        assert set(select(narrowed, REGISTRY).documents) <= set(select(query, REGISTRY).documents)


@given(st.text("ab%_.\n", max_size=8), st.text("ab%_.", max_size=6))
def test_like_is_that_of_sql(text: str, pattern: str) -> None:
    as_regex = "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)
    assert like(text, pattern) == bool(re.fullmatch(as_regex, text, re.DOTALL))
