"""ITI-18 Registry Stored Query (TD3.1) and ITI-51, its queries over several patients.

`parameters` is the table that all the rest follows; `select` is what the queries mean.
"""

from carnet.standards.xds.iti18.parameters import (
    ACTION,
    MULTI_PATIENT_ACTION,
    MULTI_PATIENT_RESPONSE_ACTION,
    QUERIES,
    RESPONSE_ACTION,
    Definition,
    Kind,
    Parameter,
    QueryName,
)
from carnet.standards.xds.iti18.queries import (
    FindDocuments,
    GetDocuments,
    Query,
    ReturnType,
    StoredQuery,
    typed,
    untyped,
)
from carnet.standards.xds.iti18.request import read, read_query, write
from carnet.standards.xds.iti18.response import QueryResponse, read_response, write_response
from carnet.standards.xds.iti18.selection import select

__all__ = [
    "ACTION",
    "MULTI_PATIENT_ACTION",
    "MULTI_PATIENT_RESPONSE_ACTION",
    "QUERIES",
    "RESPONSE_ACTION",
    "Definition",
    "FindDocuments",
    "GetDocuments",
    "Kind",
    "Parameter",
    "Query",
    "QueryName",
    "QueryResponse",
    "ReturnType",
    "StoredQuery",
    "read",
    "read_query",
    "read_response",
    "select",
    "typed",
    "untyped",
    "write",
    "write_response",
]
