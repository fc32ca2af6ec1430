"""Who may do what with a record: one pure decision over tables, used by every door.

`rights.tsv` holds the functional rights of the sheets FI-526 and FI-606, `matrices/` the versions
of the matrix profession x type, `policies` the states of the law on consent. A decision takes the
column of the caller, passes the gates of the record in the order of spec dmp §4.4 (closed,
blocked, opposed, not consented), then asks each row that the document calls for. What no table
grants is refused.
"""

from carnet.national.record.rules.decision import decide
from carnet.national.record.rules.facets import (
    Sight,
    every_document,
    facet_code,
    facet_sql,
    facet_values,
    facts_for,
    facts_of_code,
    owners,
    sight,
    visible,
    visible_sql,
)
from carnet.national.record.rules.matrix import Matrix
from carnet.national.record.rules.model import (
    AccessRefused,
    Act,
    Authorisation,
    Decision,
    DocumentFacts,
    Ground,
    Reason,
    RecordFacts,
    Team,
)
from carnet.national.record.rules.policies import Consent, Policy
from carnet.national.record.rules.rights import columns, feeding

__all__ = [
    "AccessRefused",
    "Act",
    "Authorisation",
    "Consent",
    "Decision",
    "DocumentFacts",
    "Ground",
    "Matrix",
    "Policy",
    "Reason",
    "RecordFacts",
    "Sight",
    "Team",
    "columns",
    "decide",
    "every_document",
    "facet_code",
    "facet_sql",
    "facet_values",
    "facts_for",
    "facts_of_code",
    "feeding",
    "owners",
    "sight",
    "visible",
    "visible_sql",
]
