"""ITI-51: a query about several patients of an affinity domain (ITI TF-2, 3.51).

It is the query about one patient, asked of each record in turn: each journal tells it, and no
statement reads two records.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.conf import settings

from carnet.national.identity import queries as identity
from carnet.national.journal.actors import Member
from carnet.national.record.actions.refusals import told
from carnet.national.record.queries.stored import Fragment, find
from carnet.national.record.whose import of_domain
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.iti18 import Kind, QueryName, StoredQuery

#: The same query about one patient; its parameters have the same names.
OF_ONE_PATIENT: Final[Mapping[QueryName, QueryName]] = MappingProxyType(
    {
        QueryName.FIND_DOCUMENTS_FOR_MULTIPLE_PATIENTS: QueryName.FIND_DOCUMENTS,
        QueryName.FIND_FOLDERS_FOR_MULTIPLE_PATIENTS: QueryName.FIND_FOLDERS,
    }
)
#: How many records one query opens: each is a transaction, and a line of its journal.
MOST_PATIENTS: Final = 500


def find_across(
    actor: Member, query: StoredQuery, *, now: datetime, correlation: str = ""
) -> list[Fragment]:
    """What a query of ITI-51 finds in the records of the patients that it names, or of all.

    Raises `XdsRefused`: XDSUnknownPatientId before any record is opened; XDSTooManyResults past
    `MOST_PATIENTS`, or past `CARNET_MAX_QUERY_RESULTS` whole objects in all.
    """
    parameter = next(one for one in query.definition.parameters if one.kind is Kind.PATIENT).name
    with told(actor, "documents.searched", now=now, correlation=correlation):
        patients = _patients(query, parameter)
    most = settings.CARNET_MAX_QUERY_RESULTS
    found: list[Fragment] = []
    for patient in patients:
        values = {**query.values, parameter: ((patient,),)}
        one = StoredQuery(OF_ONE_PATIENT[query.name], values, query.return_type)
        found += find(actor, one, patient=None, now=now, correlation=correlation)
        if query.return_type == "LeafClass" and len(found) > most:
            raise refused(
                ErrorCode.TOO_MANY_RESULTS,
                f"more than {most} objects match: narrow the query, or ask for references",
            )
    return found


def _patients(query: StoredQuery, parameter: str) -> Collection[str]:
    """The CX of each patient once, however many times and ways the query names them."""
    named = {of_domain(None, str(cx)): str(cx) for cx in query.given(parameter)}
    patients = named.values() or [each.cx for each in identity.domain_patients(MOST_PATIENTS + 1)]
    if len(patients) > MOST_PATIENTS:
        raise refused(
            ErrorCode.TOO_MANY_RESULTS,
            f"the query is about more than {MOST_PATIENTS} patients: name fewer",
        )
    return patients
