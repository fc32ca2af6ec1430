"""HL7 v2 messages in a file, framed (MLLP) or one after the other, and what they carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.validate.documents import UNREADABLE_RULES, judge_content
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.standards.hl7v2 import er7, errors, mllp
from carnet.standards.hl7v2.content import read_documents
from carnet.standards.hl7v2.errors import Condition, Hl7Error, Problem
from carnet.standards.hl7v2.header import Header, header_of, peek
from carnet.standards.hl7v2.messages import Action, Ignored
from carnet.standards.hl7v2.reading import read_event
from carnet.standards.hl7v2.rules import ADT, DOCUMENT, Rule, Usage, check

#: Messages of one file that are judged: a file of more is a feed, not an example.
MOST_MESSAGES: Final = 200
#: Segments of one message that are judged: no real one comes near.
MOST_SEGMENTS: Final = 20_000

#: An acknowledgement (HL7 v2.5 §2.9, spec identity §5.10): the profile of France adds nothing.
ACKNOWLEDGEMENT: Final = (
    Rule("MSH", 10, Usage.REQUIRED, "identifiant du message", "HL7 2.15.9"),
    Rule("MSA", 0, Usage.REQUIRED, "acquittement", "HL7 2.15.8"),
    Rule(
        "MSA",
        1,
        Usage.REQUIRED,
        "code d’acquittement",
        "HL7 2.15.8, table 0008",
        values=frozenset({"AA", "AE", "AR", "CA", "CE", "CR"}),
    ),
    Rule("MSA", 2, Usage.REQUIRED, "identifiant du message acquitté", "HL7 2.15.8"),
)
_TABLES: Final = {"ADT": ADT, "ACK": ACKNOWLEDGEMENT, "MDM": DOCUMENT, "ORU": DOCUMENT}
_CARRIERS: Final = frozenset({"MDM", "ORU"})
#: What asks for each kind of message, when the table of fields does not say it.
_VOLETS: Final = {"ADT": "PAM.FR 2.11", "ACK": "HL7 2.9", "MDM": "CDA-HL7", "ORU": "CDA-HL7"}

_FAULTS: Final = {
    mllp.FramingFault.NO_START: _("Des octets sont hors de toute trame MLLP."),
    mllp.FramingFault.TRUNCATED: _("Une trame MLLP commence et ne finit pas."),
    mllp.FramingFault.TOO_LARGE: _("Une trame MLLP est trop grande."),
    mllp.FramingFault.EMPTY: _("Une trame MLLP est vide."),
}
_FRAME: Final = re.compile(rb"[ \t\r\n]*\x0b")
_START: Final = re.compile(rb"(?:\A|(?<=[\r\n]))(?=MSH[^A-Za-z0-9\s])")


def judge_messages(data: bytes) -> Verdict:
    """The verdict on a file of messages; the first `MOST_MESSAGES` are judged."""
    found = _framed(data) if _FRAME.match(data) else _one_after_the_other(data)
    titles: list[str] = []
    findings: list[Finding] = []
    for number, each in enumerate(found, start=1):
        if number > MOST_MESSAGES:
            findings.append(_not_judged(len(found) - MOST_MESSAGES))
            break
        title, told = _unframed(each) if isinstance(each, mllp.FramingError) else _judge(each)
        titles.append(title)
        place = _("message %d") % number
        findings += [finding.inside(place) if len(found) > 1 else finding for finding in told]
    if len(found) > 1:
        titles.insert(0, _("%d messages") % len(found))
    return Verdict(Kind.HL7, f"HL7 v2, {' ; '.join(titles[:6])}", tuple(findings))


def _framed(data: bytes) -> list[bytes | mllp.FramingError]:
    framer = mllp.Framer(limit=len(data))
    found = [*framer.feed(data), *framer.finish()]
    return [each.data if isinstance(each, mllp.Frame) else each for each in found]


def _one_after_the_other(data: bytes) -> list[bytes | mllp.FramingError]:
    starts = [match.start() for match in _START.finditer(data)] or [0]
    starts[0] = 0  # what stands before the first MSH is refused with it, as a listener would
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]


def _unframed(error: mllp.FramingError) -> tuple[str, list[Finding]]:
    finding = Finding(
        f"mllp-{error.fault.value.replace('_', '-')}",
        "",
        _FAULTS[error.fault],
        _("Écrire chaque message entre les octets 0x0B et 0x1C 0x0D."),
        requirement="ITI TF-2 C.2.1",
    )
    return "MLLP", [finding]


def _judge(data: bytes) -> tuple[str, list[Finding]]:
    """The title of a message, with the acknowledgement that it deserves, and the findings."""
    header = peek(data)
    name = "^".join(filter(None, (header.code, header.trigger))) or _("message illisible")
    if data.count(b"\r") + data.count(b"\n") > MOST_SEGMENTS:
        return name, [_too_long()]
    findings = list(_separator(data))
    try:
        message = er7.read(data)
        header = header_of(message)
        problems = _problems(message, header)
    except Hl7Error as error:
        return _titled(name, error.ack), findings + _told(error.problems, header)
    findings += _told(problems, header)
    if header.code in _CARRIERS:
        findings += _carried(message)
    if header.is_acknowledgement:
        return f"{name}, {message.get('MSA-1')}", findings
    return _titled(name, _deserved(problems, findings)), findings


def _deserved(problems: tuple[Problem, ...], findings: list[Finding]) -> str:
    """MSA-1 of a receiver that looks into the documents before it answers."""
    wrong = [problem for problem in problems if problem.severity is errors.Severity.ERROR]
    if any(problem.ack == "AR" for problem in wrong):
        return "AR"
    return "AE" if any(finding.severity is Severity.ERROR for finding in findings) else "AA"


def _titled(name: str, ack: str) -> str:
    return _("%(name)s, acquittement mérité %(ack)s") % {"name": name, "ack": ack}


def _problems(message: er7.Message, header: Header) -> tuple[Problem, ...]:
    """What a receiver would tell of the message, errors and warnings."""
    if header.is_acknowledgement:
        return tuple(check(message, ACKNOWLEDGEMENT, header.trigger))
    try:
        event = read_event(message)
    except Hl7Error as error:
        return error.problems
    if isinstance(event, Ignored):
        return (_ignored(event),)
    return event.warnings


def _ignored(event: Ignored) -> Problem:
    return Problem(
        Condition.UNSUPPORTED_EVENT,
        errors.erl("MSH", 9, part=2),
        _("L'évènement %s n'est pas traité : le message est acquitté et ignoré.") % event.trigger,
        severity=errors.Severity.WARNING,
    )


def _told(problems: tuple[Problem, ...], header: Header) -> list[Finding]:
    return [_finding(problem, header) for problem in problems]


def _finding(problem: Problem, header: Header) -> Finding:
    segment, *numbers = problem.place.split("^")
    field = int(numbers[1]) if len(numbers) > 1 else 0
    told = f"{segment}-{field}" if field else segment
    # ERL: rank, field, repetition, component.
    place = f"{told}.{numbers[3]}" if len(numbers) > 3 else told
    if numbers and numbers[0] != "1":
        place = f"{segment}[{numbers[0]}]{place.removeprefix(segment)}"
    return Finding(
        f"{told}/{problem.code.value}",
        place,
        problem.reason,
        severity=(
            Severity.ERROR if problem.severity is errors.Severity.ERROR else Severity.WARNING
        ),
        requirement=_requirement(segment, field, header),
    )


def _requirement(segment: str, field: int, header: Header) -> str:
    asked = (
        rule.source
        for rule in _TABLES.get(header.code, ())
        if (rule.segment, rule.field) == (segment, field)
        if not rule.events or header.trigger in rule.events
    )
    return next(asked, _VOLETS.get(header.code, "HL7 v2.5"))


def _separator(data: bytes) -> Iterator[Finding]:
    if b"\r" not in data and b"\n" in data.strip():
        yield Finding(
            "segment-separator",
            "",
            _("Les segments finissent par un saut de ligne (LF) : HL7 demande un retour (CR)."),
            _("Terminer chaque segment par l'octet 0x0D seul."),
            Severity.WARNING,
            "HL7 2.5.1",
        )


def _carried(message: er7.Message) -> Iterator[Finding]:
    """What is wrong in the documents of OBX-5; that they are there is told by the message.

    Of a document that is to be deleted, only that it can be read matters.
    """
    for carried in read_documents(message, []):
        if not carried.document.data:
            continue
        for finding in judge_content(carried.document.media_type, carried.document.data):
            if carried.action is not Action.DELETE or finding.rule in UNREADABLE_RULES:
                yield finding.inside(f"OBX[{carried.rank}]-5")


def _too_long() -> Finding:
    return Finding(
        "too-many-segments",
        "",
        _("Le message a plus de %d lignes : il n'est pas jugé.") % MOST_SEGMENTS,
        _("Vérifier que les messages du fichier commencent chacun par MSH."),
    )


def _not_judged(count: int) -> Finding:
    return Finding(
        "messages-not-judged",
        "",
        _("%d messages de plus ne sont pas jugés.") % count,
        _("Couper le fichier en plusieurs."),
        Severity.WARNING,
    )
