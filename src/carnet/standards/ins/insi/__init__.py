"""INSi, the national service that gives and verifies the INS: its messages, its rules of use.

`queries` and `results` are what is asked and answered, `exchange` the SOAP messages of both sides,
`search` when to ask and what to ask next, `review` what a person sees of an answer, `population`
the scripted people of a local service.
Source: GIE SESAM-Vitale, WSDL DESIR_ICIR_EXP 1.5.0; RNIV 1 (spec identity §1.11 to §1.14).
"""

from carnet.standards.ins.insi.context import Context, Software
from carnet.standards.ins.insi.exchange import (
    Request,
    read_answer,
    read_request,
    write_answer,
    write_fault,
    write_request,
)
from carnet.standards.ins.insi.faults import InsiFault, Severity, known_fault
from carnet.standards.ins.insi.parts import Matricule, NationalIdentifier, Tiq
from carnet.standards.ins.insi.population import (
    Person,
    Scripted,
    answer,
    check,
    judge,
    matches,
    scripted_population,
    scripted_questions,
)
from carnet.standards.ins.insi.queries import (
    BatchLine,
    CardQuery,
    CollectQuery,
    DepositQuery,
    Operation,
    Query,
    Question,
    TraitsQuery,
    VerifyQuery,
)
from carnet.standards.ins.insi.results import (
    Answer,
    BatchReceipt,
    BatchReport,
    Individual,
    Result,
    ResultCode,
)
from carnet.standards.ins.insi.review import Notice, Review, review
from carnet.standards.ins.insi.search import (
    Asked,
    Proposal,
    Purpose,
    Situation,
    Step,
    first_query,
    forbidding,
    next_query,
    verification_due,
)

__all__ = [
    "Answer",
    "Asked",
    "BatchLine",
    "BatchReceipt",
    "BatchReport",
    "CardQuery",
    "CollectQuery",
    "Context",
    "DepositQuery",
    "Individual",
    "InsiFault",
    "Matricule",
    "NationalIdentifier",
    "Notice",
    "Operation",
    "Person",
    "Proposal",
    "Purpose",
    "Query",
    "Question",
    "Request",
    "Result",
    "ResultCode",
    "Review",
    "Scripted",
    "Severity",
    "Situation",
    "Software",
    "Step",
    "Tiq",
    "TraitsQuery",
    "VerifyQuery",
    "answer",
    "check",
    "first_query",
    "forbidding",
    "judge",
    "known_fault",
    "matches",
    "next_query",
    "read_answer",
    "read_request",
    "review",
    "scripted_population",
    "scripted_questions",
    "verification_due",
    "write_answer",
    "write_fault",
    "write_request",
]
