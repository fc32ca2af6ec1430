"""XDS: submissions and queries, and the answers to them, with or without a SOAP envelope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import Final

from lxml import etree

from carnet.ops.language import gettext as _
from carnet.ops.validate.documents import judge_content, judge_entry
from carnet.ops.validate.remedies import explained
from carnet.ops.validate.signatures import judge_signature_of
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.standards.ids import Ins
from carnet.standards.soap.envelope import SOAP, SoapFault, read_fault
from carnet.standards.soap.mtom import XOP
from carnet.standards.xds import iti18, iti41, iti43, iti57, registry_response, rules
from carnet.standards.xds.ebrim import LCM, QUERY, RIM, RS, XDSB, read_submission
from carnet.standards.xds.errors import RegistryError, XdsRefused
from carnet.standards.xds.metadata import AssociationType, Submission

#: Registry objects and errors of one message that are judged.
MOST_OBJECTS: Final = 5_000

#: What a judge says: a few words for the title, and the findings.
Judged = tuple[str, list[Finding]]

_STATUS_CHANGE: Final = AssociationType.UPDATE_AVAILABILITY_STATUS
#: The action of ITI-42, which the DMP does not have: its metadata are judged all the same.
_REGISTER_ACTION: Final = "urn:ihe:iti:2007:RegisterDocumentSet-b"


@dataclass(frozen=True, slots=True)
class Message:
    """What came: the element, what is attached to it, the patient of its assertion."""

    payload: etree._Element
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    patient: Ins | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """What an element is, the wsa:Action values it may come with (none: any), who judges it."""

    title: str
    actions: tuple[str, ...]
    judge: Callable[[Message], Judged]
    request: bool = False


def of_fault(fault: SoapFault) -> Finding:
    """A refusal of SOAP as a finding, in the words of the fault."""
    code = f"{fault.code}/{fault.subcode}" if fault.subcode else fault.code
    return Finding(f"soap-{code}", "", f"{fault.reason}.", requirement="dmp §1.2")


def refusals(error: XdsRefused) -> list[Finding]:
    """Every error of a refusal."""
    return [explained(each) for each in error.errors]


def check_submission(
    objects: etree._Element, patient: Ins | None = None
) -> tuple[Submission | None, list[Finding]]:
    """What a RegistryObjectList submits, when it can be read, and which rules it breaks."""
    try:
        submission = read_submission(objects)
    except XdsRefused as error:
        return None, refusals(error)
    return submission, [explained(each) for each in rules.check(submission, patient=patient)]


def count_of(submission: Submission | None) -> str:
    """`2 documents`, for a title."""
    if submission is None:
        return _("métadonnées illisibles")
    return _("%d document(s)") % len(submission.documents)


def _provide(message: Message) -> Judged:
    objects = message.payload.find(f"{{{LCM}}}SubmitObjectsRequest/{{{RIM}}}RegistryObjectList")
    if objects is None:
        return count_of(None), _refused(lambda: iti41.read(message.payload, message.attachments))
    submission, findings = check_submission(objects, message.patient)
    if submission is not None:
        findings += _documents(message, submission)
    return count_of(submission), findings


def _documents(message: Message, submission: Submission) -> Iterator[Finding]:
    """The documents of a submission whose metadata can be read."""
    if (
        not message.attachments
        and next(message.payload.iter(f"{{{XOP}}}Include"), None) is not None
    ):
        yield Finding(
            "attachments-not-judged",
            "",
            _("Les documents sont dans des parties MTOM que ce fichier ne contient pas."),
            _("Donner le message entier, avec ses parties, pour que les documents soient jugés."),
            Severity.WARNING,
            "dmp §1.2",
        )
        return
    try:
        request = iti41.read(message.payload, message.attachments)
    except XdsRefused as error:
        yield from refusals(error)
        return
    except SoapFault as fault:
        yield of_fault(fault)
        return
    for entry in submission.documents:
        for finding in judge_entry(entry, request.documents[entry.id]):
            yield finding.inside(entry.id)
    yield from judge_signature_of(submission, request.documents)


def _submit(message: Message) -> Judged:
    objects = message.payload.find(f"{{{RIM}}}RegistryObjectList")
    if objects is None:
        return count_of(None), _refused(lambda: iti57.read(message.payload))
    changes = objects.iterchildren(f"{{{RIM}}}Association")
    if any(each.get("associationType") == _STATUS_CHANGE for each in changes):
        return _("changement de statut (ITI-57)"), _change(message, objects)
    submission, findings = check_submission(objects, message.patient)
    return count_of(submission), findings


def _change(message: Message, objects: etree._Element) -> list[Finding]:
    if findings := _refused(lambda: iti57.read(message.payload)):
        return findings
    errors = rules.check(read_submission(objects), patient=message.patient, profile=rules.FR_UPDATE)
    return [explained(error) for error in errors]


def _objects(message: Message) -> Judged:
    submission, findings = check_submission(message.payload, message.patient)
    return count_of(submission), findings


def _refused(read: Callable[[], object]) -> list[Finding]:
    """The findings of a reader that refuses; nothing when it reads."""
    try:
        read()
    except XdsRefused as error:
        return refusals(error)
    except SoapFault as fault:
        return [of_fault(fault)]
    return []


def _query(message: Message) -> Judged:
    try:
        query = iti18.read_query(message.payload)
    except XdsRefused as error:
        return _("requête refusée"), refusals(error)
    return query.name, []


def _retrieve(message: Message) -> Judged:
    try:
        refs = iti43.read(message.payload)
    except XdsRefused as error:
        return _("requête refusée"), refusals(error)
    return _("%d document(s)") % len(refs), []


def _query_answer(message: Message) -> Judged:
    try:
        answer = iti18.read_response(message.payload)
    except XdsRefused as error:
        return _("réponse illisible"), refusals(error)
    return answer.status, _answered(answer.errors)


def _retrieve_answer(message: Message) -> Judged:
    try:
        answer = iti43.read_response(message.payload, message.attachments)
    except XdsRefused as error:
        return _("réponse illisible"), refusals(error)
    except SoapFault as fault:
        return _("réponse illisible"), [of_fault(fault)]
    findings = [
        finding.inside(document.ref.unique_id)
        for document in answer.documents
        for finding in judge_content(document.mime_type, document.data)
    ]
    return answer.status, [*_answered(answer.errors), *findings]


def _registry_answer(message: Message) -> Judged:
    try:
        answer = registry_response.read(message.payload)
    except XdsRefused as error:
        return _("réponse illisible"), refusals(error)
    return answer.status, _answered(answer.errors)


def _fault_answer(message: Message) -> Judged:
    try:
        fault = read_fault(message.payload)
    except SoapFault as error:
        return _("faute illisible"), [of_fault(error)]
    if fault is None:
        return _("faute illisible"), []
    return fault.code, [_answer_says(f"soap-{fault.subcode or fault.code}", fault.reason)]


def _answered(errors: tuple[RegistryError, ...]) -> list[Finding]:
    return [_answer_says(error.code, error.context, error.location) for error in errors]


def _answer_says(code: str, context: str, place: str = "") -> Finding:
    """What an answer refuses is no fault of the answer: it is told as a warning."""
    return Finding(
        code,
        place,
        _("La réponse porte une erreur : %s") % (context or code),
        _("Corriger la demande à laquelle elle répond."),
        Severity.WARNING,
        "ITI TF-3 4.2.4",
    )


#: What each element is. Source: ITI TF-2; spec dmp §3.1.
TRANSACTIONS: Final[Mapping[str, Transaction]] = MappingProxyType(
    {
        f"{{{XDSB}}}ProvideAndRegisterDocumentSetRequest": Transaction(
            "ITI-41 Provide and Register Document Set-b", (iti41.ACTION,), _provide, request=True
        ),
        f"{{{QUERY}}}AdhocQueryRequest": Transaction(
            "ITI-18 Registry Stored Query", (iti18.ACTION,), _query, request=True
        ),
        f"{{{XDSB}}}RetrieveDocumentSetRequest": Transaction(
            "ITI-43 Retrieve Document Set", (iti43.ACTION,), _retrieve, request=True
        ),
        f"{{{LCM}}}SubmitObjectsRequest": Transaction(
            "SubmitObjectsRequest", (iti57.ACTION, _REGISTER_ACTION), _submit, request=True
        ),
        f"{{{RIM}}}RegistryObjectList": Transaction("RegistryObjectList", (), _objects),
        f"{{{RS}}}RegistryResponse": Transaction("RegistryResponse", (), _registry_answer),
        f"{{{QUERY}}}AdhocQueryResponse": Transaction(
            "AdhocQueryResponse (ITI-18)", (iti18.RESPONSE_ACTION,), _query_answer
        ),
        f"{{{XDSB}}}RetrieveDocumentSetResponse": Transaction(
            "RetrieveDocumentSetResponse (ITI-43)", (iti43.RESPONSE_ACTION,), _retrieve_answer
        ),
        f"{{{SOAP}}}Fault": Transaction("Fault", (), _fault_answer),
    }
)


def judged(transaction: Transaction, message: Message) -> Judged:
    """What the transaction's judge says, unless there is more to judge than anybody sends."""
    objects = message.payload.iter(
        *(f"{{{RIM}}}{name}" for name in ("ExtrinsicObject", "RegistryPackage", "Association")),
        f"{{{RS}}}RegistryError",
    )
    if next(islice(objects, MOST_OBJECTS, None), None) is None:
        return transaction.judge(message)
    finding = Finding(
        "too-many-objects",
        "",
        _("Le message porte plus de %d objets : il n'est pas jugé.") % MOST_OBJECTS,
        _("Couper le lot en plusieurs."),
    )
    return _("trop d'objets"), [finding]


def judge_bare(root: etree._Element) -> Verdict:
    """The verdict on an element of `TRANSACTIONS` that stands alone in its file."""
    transaction = TRANSACTIONS[str(root.tag)]
    told, findings = judged(transaction, Message(root))
    return Verdict(Kind.XDS, f"XDS, {transaction.title} : {told}", tuple(findings))


def judge_old(root: etree._Element) -> Verdict:
    """The verdict on ebRIM 2.1, that XDS.a spoke."""
    finding = Finding(
        "ebrim-version",
        f"/{etree.QName(root).localname}",
        _("Le message est en ebRIM 2.1 (XDS.a) : aucun service XDS.b ne le lit."),
        _("Écrire le message en ebRIM 3.0."),
        requirement="dmp §3.3",
    )
    return Verdict(Kind.XDS, f"XDS.a, {etree.QName(root).localname}", (finding,))
