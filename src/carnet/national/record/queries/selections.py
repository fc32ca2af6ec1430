"""What each stored query finds, in SQL: the ids of the objects that a reader may know of.

A document is known by the rules; a folder by one of its documents, or when it is empty; an
association when both its ends are; a lot by what it holds. What is hidden is as if it were not,
also for what a query goes through. Each text follows the function of `iti18.selection` that says
what the query means.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from carnet.national.record.rules import visible_sql
from carnet.standards.xds.iti18 import QueryName
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    DocumentEntry,
    Folder,
    RegistryObject,
    SubmissionSet,
)

ObjectKind = Literal["document", "submission_set", "folder", "association"]
#: In the order of an answer.
TABLES: Final[Mapping[ObjectKind, str]] = MappingProxyType(
    {
        "document": "record_document",
        "submission_set": "record_submissionset",
        "folder": "record_folder",
        "association": "record_association",
    }
)
OWNERS: Final[Mapping[ObjectKind, type[RegistryObject]]] = MappingProxyType(
    {
        "document": DocumentEntry,
        "submission_set": SubmissionSet,
        "folder": Folder,
        "association": Association,
    }
)

#: Whether a line of `record_document` is known to the reader; by the names of the values it takes.
VISIBLE: Final = visible_sql(named=True)
_MEMBER: Final = f"type = '{AssociationType.HAS_MEMBER}'"
#: `document`, `folder`, `submission_set` and `link` are the objects that the reader may know of.
SEEN: Final = f"""
WITH seen_document AS MATERIALIZED (
    SELECT id FROM record_document WHERE patient_id = %(patient)s AND {VISIBLE}
), any_link AS NOT MATERIALIZED (
    SELECT id, type, status, source_id, target_id FROM record_association
     WHERE patient_id = %(patient)s
), seen_folder AS MATERIALIZED (
    SELECT id FROM record_folder WHERE patient_id = %(patient)s AND (
        id IN (SELECT source_id FROM any_link
                WHERE {_MEMBER} AND target_id IN (SELECT id FROM seen_document))
        OR id NOT IN (SELECT source_id FROM any_link WHERE {_MEMBER}))
), leaf AS MATERIALIZED (
    SELECT id FROM seen_document UNION ALL SELECT id FROM seen_folder
), content AS MATERIALIZED (
    SELECT id FROM leaf
     UNION ALL
    SELECT id FROM any_link
     WHERE source_id IN (SELECT id FROM leaf) AND target_id IN (SELECT id FROM leaf)
), seen_set AS MATERIALIZED (
    SELECT id FROM record_submissionset WHERE patient_id = %(patient)s
       AND id IN (SELECT source_id FROM any_link WHERE target_id IN (SELECT id FROM content))
), link AS MATERIALIZED (
    SELECT * FROM any_link
     WHERE source_id IN (SELECT id FROM leaf UNION ALL SELECT id FROM seen_set)
       AND target_id IN (SELECT id FROM content UNION ALL SELECT id FROM seen_set)
), document AS NOT MATERIALIZED (
    SELECT * FROM record_document
     WHERE patient_id = %(patient)s AND id IN (SELECT id FROM seen_document)
), folder AS NOT MATERIALIZED (
    SELECT * FROM record_folder
     WHERE patient_id = %(patient)s AND id IN (SELECT id FROM seen_folder)
), submission_set AS NOT MATERIALIZED (
    SELECT * FROM record_submissionset
     WHERE patient_id = %(patient)s AND id IN (SELECT id FROM seen_set)
)"""  # noqa: S608 - constants only

_DOCUMENTS: Final = "found_document AS (SELECT id FROM document WHERE true {document})"
_FOLDERS: Final = "found_folder AS (SELECT id FROM folder WHERE true {folder})"
_SETS: Final = "found_submission_set AS (SELECT id FROM submission_set WHERE true {submission_set})"
_TOUCHING: Final = """found_association AS (
    SELECT id FROM link WHERE true {association}
       AND (source_id IN (SELECT id FROM ends) OR target_id IN (SELECT id FROM ends)))"""
_INSIDE: Final = "source_id IN (SELECT id FROM found) AND target_id IN (SELECT id FROM found)"

#: The steps of each query. `{document}` stands for the conditions on documents, `{document_id}` for
#: those that name one, `{document_rest}` for the others; so for each kind. `{member}` is the type
#: HasMember. `found_…` is what is answered.
SELECTIONS: Final[Mapping[QueryName, tuple[str, ...]]] = MappingProxyType(
    {
        QueryName.FIND_SUBMISSION_SETS: (_SETS,),
        QueryName.FIND_FOLDERS: (_FOLDERS,),
        QueryName.GET_FOLDERS: (_FOLDERS,),
        QueryName.GET_ALL: (
            _DOCUMENTS,
            _SETS,
            _FOLDERS,
            """ends AS (
    SELECT id FROM found_document UNION ALL SELECT id FROM found_submission_set
     UNION ALL SELECT id FROM found_folder)""",
            _TOUCHING,
        ),
        QueryName.GET_ASSOCIATIONS: (
            "ends AS (SELECT unnest(%(uuids)s::uuid[]) AS id)",
            _TOUCHING,
        ),
        QueryName.GET_DOCUMENTS_AND_ASSOCIATIONS: (
            _DOCUMENTS,
            "ends AS (SELECT id FROM found_document)",
            _TOUCHING,
        ),
        QueryName.GET_SUBMISSION_SETS: (
            """found AS MATERIALIZED (
    SELECT id, source_id FROM link WHERE {member} {association}
       AND source_id IN (SELECT id FROM seen_set) AND target_id = ANY(%(uuids)s::uuid[]))""",
            "found_submission_set AS (SELECT source_id AS id FROM found)",
            "found_association AS (SELECT id FROM found)",
        ),
        QueryName.GET_SUBMISSION_SET_AND_CONTENTS: (
            """found_submission_set AS MATERIALIZED (
    SELECT id FROM submission_set WHERE true {submission_set_id})""",
            """member AS MATERIALIZED (
    SELECT target_id AS id FROM link
     WHERE {member} AND source_id IN (SELECT id FROM found_submission_set))""",
            """found_document AS MATERIALIZED (
    SELECT id FROM document WHERE id IN (SELECT id FROM member) {document_rest})""",
            """left_out AS (
    SELECT id FROM seen_document
     WHERE id IN (SELECT id FROM member) AND id NOT IN (SELECT id FROM found_document))""",
            "found_folder AS (SELECT id FROM seen_folder WHERE id IN (SELECT id FROM member))",
            """linked AS MATERIALIZED (
    SELECT id FROM link WHERE id IN (SELECT id FROM member)
       AND source_id NOT IN (SELECT id FROM left_out)
       AND target_id NOT IN (SELECT id FROM left_out))""",
            """found AS MATERIALIZED (
    SELECT id FROM found_submission_set UNION ALL SELECT id FROM found_document
     UNION ALL SELECT id FROM found_folder UNION ALL SELECT id FROM linked)""",
            "found_association AS (SELECT id FROM linked UNION SELECT id FROM link WHERE {inside})",
        ),
        QueryName.GET_FOLDER_AND_CONTENTS: (
            "found_folder AS MATERIALIZED (SELECT id FROM folder WHERE true {folder_id})",
            """membership AS MATERIALIZED (
    SELECT id, source_id, target_id FROM link WHERE {member} {association})""",
            """found_document AS MATERIALIZED (
    SELECT id FROM document WHERE id IN (
        SELECT target_id FROM membership WHERE source_id IN (SELECT id FROM found_folder)
    ) {document_rest})""",
            "found AS (SELECT id FROM found_folder UNION ALL SELECT id FROM found_document)",
            "found_association AS (SELECT id FROM membership WHERE {inside})",
        ),
        QueryName.GET_FOLDERS_FOR_DOCUMENT: (
            """found_folder AS (
    SELECT id FROM seen_folder WHERE id IN (
        SELECT source_id FROM link WHERE {member} {association}
           AND target_id IN (SELECT id FROM document WHERE true {document_id})))""",
        ),
        QueryName.GET_RELATED_DOCUMENTS: (
            "original AS MATERIALIZED (SELECT id FROM document WHERE true {document_id})",
            """other AS MATERIALIZED (
    SELECT id FROM original UNION SELECT id FROM document WHERE true {document_rest})""",
            """relation AS MATERIALIZED (
    SELECT id, source_id, target_id FROM link WHERE NOT {member} {association}
       AND (source_id IN (SELECT id FROM original) OR target_id IN (SELECT id FROM original))
       AND source_id IN (SELECT id FROM other) AND target_id IN (SELECT id FROM other))""",
            """found_document AS (
    SELECT source_id AS id FROM relation UNION SELECT target_id FROM relation)""",
            "found_association AS (SELECT id FROM relation)",
        ),
    }
)
#: What the steps share beside the conditions.
SHARED: Final[Mapping[str, str]] = MappingProxyType({"member": _MEMBER, "inside": _INSIDE})
