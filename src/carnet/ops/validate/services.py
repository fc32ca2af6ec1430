"""The services of the DMP beside XDS: GDP in HL7 v3, habilitations, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from carnet.ops.language import gettext as _
from carnet.ops.validate.verdict import Finding, Severity
from carnet.ops.validate.xds import Judged, Message, Transaction, of_fault
from carnet.standards import habilitations
from carnet.standards.gdp import patient_query, registration, td02, td05, td13a
from carnet.standards.gdp.messages import HL7, GdpRefused, Reason, check_accepted, reason_of
from carnet.standards.ids import Ins
from carnet.standards.soap.envelope import SoapFault

#: What to do about a code that the DMP answers (spec dmp §3.12).
REMEDIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DMPAccessDeniedByRightsService": _(
            "Vérifier dans le VIHF le mode d'accès, la profession et la structure ; demander TD0.2,"
            " puis TD0.3 si le patient est d'accord."
        ),
        "DMPClosed": _("Le DMP est fermé : aucun acte n'y est possible."),
        "DMPFound": _("Le DMP est déjà ouvert : il n'y a rien à réactiver."),
        "XDSUnknownPatientId": _("Aucun DMP pour cet INS : vérifier l'INS auprès d'INSi."),
        "XDSPatientIdDoesNotMatch": _(
            "Écrire le même INS dans le VIHF (resource-id) et dans le message."
        ),
        "XDSTooManyResults": _("Demander moins : donner plus de traits ou de critères."),
    }
)

_Reader = Callable[[etree._Element], Any]
#: Who reads a question about a patient, by what it is asked for.
_QUESTIONS: Final[Mapping[Reason, _Reader]] = MappingProxyType(
    {Reason.TEST_EXST: td02.read_query, Reason.CNSLT_DATA: td13a.read_query}
)


def _question(message: Message) -> Judged:
    def read(payload: etree._Element) -> Any:
        reader = _QUESTIONS.get(reason_of(payload))
        if reader is None:
            raise SoapFault("Sender", f"the reasonCode is one of {', '.join(_QUESTIONS)}")
        return reader(payload)

    return _about_patient(message, read)


def _registration(message: Message) -> Judged:
    return _about_patient(message, registration.read)


def _about_patient(message: Message, read: _Reader) -> Judged:
    """A message that names one patient, who must be that of the assertion."""
    try:
        request = read(message.payload)
    except SoapFault as fault:
        return _("message illisible"), [_in_message(fault)]
    findings = []
    if message.patient is not None and request.ins != message.patient:
        findings.append(_other_patient())
    return _reason_of(message.payload, request.ins), findings


def _reason_of(payload: etree._Element, ins: Ins) -> str:
    return f"{reason_of(payload)}, {ins.masked}"


def _other_patient() -> Finding:
    code = "XDSPatientIdDoesNotMatch"
    return Finding(
        code,
        "patient/id",
        _("Le patient du message n'est pas celui du VIHF."),
        REMEDIES[code],
        requirement="dmp §4.4, 7",
    )


def _search(message: Message) -> Judged:
    try:
        query = td05.read_query(message.payload)
    except SoapFault as fault:
        return _("message illisible"), [_in_message(fault)]
    return _("au plus %d candidats") % query.limit if query.limit else _("par traits"), []


def _gdp_answer(message: Message) -> Judged:
    try:
        check_accepted(message.payload)
    except GdpRefused as refused:
        return refused.code, [answered(refused.code, refused.reason)]
    except SoapFault as fault:
        return _("réponse illisible"), [_in_message(fault)]
    return "AA", []


def _habilitation(message: Message) -> Judged:
    try:
        request = habilitations.read_request(message.payload)
    except SoapFault as fault:
        return _("message illisible"), [_in_message(fault, "dmp §2.3")]
    return type(request).__name__, []


def _habilitation_answer(message: Message) -> Judged:
    try:
        answer = habilitations.read_answer(message.payload)
    except SoapFault as fault:
        return _("réponse illisible"), [_in_message(fault, "dmp §2.3")]
    if answer.status == habilitations.OK:
        return answer.status, []
    return answer.status, [answered(answer.status, answer.context)]


def answered(code: str, words: str) -> Finding:
    """What an answer refuses is no fault of the answer: it is told as a warning."""
    return Finding(
        code,
        "",
        _("La réponse porte une erreur : %s") % (words or code),
        REMEDIES.get(code, _("Corriger la demande à laquelle elle répond.")),
        Severity.WARNING,
        "dmp §3.12",
    )


def _in_message(fault: SoapFault, requirement: str = "dmp §2.2") -> Finding:
    found = of_fault(fault)
    return Finding(found.rule, "", found.problem, requirement=requirement)


def _hl7(name: str, title: str, judge: Callable[[Message], Judged], *, request: bool) -> Any:
    tag = f"{{{HL7}}}{name}"
    return tag, Transaction(title, (registration.action(name),), judge, request=request)


_REGISTRATIONS: Final = frozenset(registration.INTERACTIONS_OF.values())
#: What each element is, beside `xds.TRANSACTIONS` (spec dmp §1.1, §2).
SERVICES: Final[Mapping[str, Transaction]] = MappingProxyType(
    dict(
        (
            _hl7(patient_query.QUESTION, "TD0.2, TD1.3a", _question, request=True),
            _hl7(patient_query.ANSWER, "TD0.2, TD1.3a", _gdp_answer, request=False),
            _hl7(td05.QUESTION, "TD0.5", _search, request=True),
            _hl7(td05.ANSWER, "TD0.5", _gdp_answer, request=False),
            *(
                _hl7(one.request, "TD1.1 à TD1.4", _registration, request=True)
                for one in _REGISTRATIONS
            ),
            *(
                _hl7(name, "TD1.1 à TD1.4", _gdp_answer, request=False)
                for one in _REGISTRATIONS
                for name in (one.accepted, one.refused)
            ),
        )
    )
    | {
        f"{{{one.namespace}}}{one.name}": Transaction(
            one.name, one.actions, _habilitation, request=True
        )
        for one in habilitations.OPERATIONS
    }
    | {
        f"{{{one.namespace}}}{one.name}Response": Transaction(
            f"{one.name}Response",
            tuple(f"{action}Response" for action in one.actions),
            _habilitation_answer,
        )
        for one in habilitations.OPERATIONS
    }
)
