"""Plays the test plans of the NIST toolkit against the services of profile `ihe`.

Each step prepares its message as the toolkit's client does, sends it to the door, and compares the
answer with what the plan expects. What a step assigned or reports is there for those that follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from lxml import etree

from carnet.standards.gdp.messages import HL7
from carnet.standards.soap.mtom import xop_include
from carnet.standards.xds import iti18, iti41, iti42, iti43, iti44, iti57
from carnet.standards.xds.ebrim import XDSB
from carnet.standards.xds.registry_response import RegistryResponse, read_outcome
from tests.nist import contents, metadata
from tests.nist.metadata import Prepared
from tests.nist.plans import Plan

#: One of the assigning authorities of the toolkit's own codes.xml.
AUTHORITY = "1.3.6.1.4.1.21367.13.20.1000"
#: Whose data the sections of a test are about, when they do not say: the patient of this feed.
PATIENT_OF = {"12346": "15818"}
ANY_PATIENT = "15817"

_patients = count(1)


class Door(Protocol):
    """Sends one SOAP message to a service of the server; gives its answer and the attachments."""

    def __call__(
        self, service: str, action: str, payload: bytes, attachments: Mapping[str, bytes]
    ) -> tuple[etree._Element, Mapping[str, bytes]]: ...


@dataclass
class Remembered:
    """What one step leaves to those that follow."""

    uids: dict[str, str] = field(default_factory=dict)
    uuids: dict[str, str] = field(default_factory=dict)
    patient: str = ""
    reports: dict[str, str] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    answer: etree._Element | None = None


@dataclass
class Player:
    """One run of all plans: `memory` is by plan and step."""

    door: Door
    memory: dict[tuple[str, str], Remembered] = field(default_factory=dict)

    def play(self, plan: Plan) -> tuple[str, ...]:
        """What is not as the plan expects, step by step; nothing when all is."""
        return tuple(
            f"{step.get('id')}: {problem}"
            for step in plan.root.iterchildren("TestStep")
            for problem in _Step(self, plan, step).play()
        )


@dataclass
class _Step:
    player: Player
    plan: Plan
    step: etree._Element

    def play(self) -> Iterator[str]:
        self.left = Remembered()
        self.player.memory[self.plan.name, self.step.get("id", "")] = self.left
        for element in self.step.iterchildren(tag=etree.Element):
            play = _TRANSACTIONS.get(etree.QName(element).localname)
            if play is None:
                continue
            try:
                yield from play(self, element)
            except KeyError as missing:
                yield f"no former step left {missing}"

    # What former steps left

    def former(self, reference: etree._Element) -> Remembered:
        """What the step that a UseId or a UseReport names left."""
        step = reference.get("step", "")
        if test := reference.get("test"):
            name = f"{test}/{reference.get('section')}"
        elif folder := reference.get("testdir"):
            name = "/".join((self.plan.folder / folder).resolve().parts[-2:])
        else:
            name = self.plan.name
            section = reference.get("section", "")
            if reference.tag == "UseReport" and section:
                name = f"{self.plan.test}/{section}"
        return self.player.memory[name, step]

    def symbols(self, transaction: etree._Element) -> dict[str, str]:
        """What stands in the file for values of former steps."""
        found = {}
        for each in transaction.iterchildren("UseId"):
            former, identity = self.former(each), each.get("id", "")
            found[each.get("symbol", "")] = {
                "AssignedUids": lambda f=former, i=identity: f.uids[i],
                "AssignedUuids": lambda f=former, i=identity: f.uuids[i],
                "AssignedPatientId": lambda f=former, _i=identity: f.patient,
            }[each.get("section", "")]()
        for each in transaction.iterchildren("UseReport"):
            found[each.get("useAs", "")] = self.former(each).reports[each.get("reportName", "")]
        return found

    def patient(self) -> str:
        """The patient of a submission, when the plan does not name another."""
        if self.step.find("AltPatientId") is not None:
            return new_patient()
        fed = [
            left.patient
            for (name, _step), left in self.player.memory.items()
            if name == self.plan.name and left.patient and left is not self.left
        ]
        test = PATIENT_OF.get(self.plan.test, ANY_PATIENT)
        return fed[0] if fed and not self.plan.section else self.former_patient(test)

    def former_patient(self, test: str) -> str:
        return self.player.memory[f"{test}/pif", "step"].patient

    # Messages

    def prepared(self, transaction: etree._Element) -> Prepared:
        text = self.text(transaction)
        no_patient = transaction.find("NoPatientId") is not None
        symbols = self.symbols(transaction)
        patient = "" if no_patient else symbols.get("$patientid$", "") or self.patient()
        made = metadata.prepare(
            text,
            symbols,
            patient=patient,
            uuids=transaction.find("AssignUuids") is not None,
            kept_uids=frozenset(
                each.get("id", "") for each in transaction.iterchildren("NoAssignUids")
            ),
        )
        self.left.uids, self.left.uuids = made.uids, made.uuids
        self.left.patient = patient or symbols.get("$patientid$", "")
        self.left.reports |= {f"{name}_uid": uid for name, uid in made.uids.items()}
        self.report(transaction, "InputMetadata", made.request)
        return made

    def text(self, transaction: etree._Element) -> str:
        name = (transaction.findtext("MetadataFile") or "").strip()
        return (self.plan.folder / name).read_text("utf-8")

    def report(self, transaction: etree._Element, section: str, root: etree._Element) -> None:
        for each in transaction.iterchildren("Report"):
            if each.get("section") == section:
                for value in root.xpath((each.text or "").strip())[:1]:
                    text = value if isinstance(value, str) else "".join(value.itertext())
                    self.left.reports[each.get("name", "")] = text.strip()

    def send(
        self,
        service: str,
        action: str,
        payload: bytes,
        attachments: Mapping[str, bytes] | None = None,
    ) -> Mapping[str, bytes]:
        self.left.answer, parts = self.player.door(service, action, payload, attachments or {})
        return parts

    def judge(self, ended: RegistryResponse) -> Iterator[str]:
        """The status and the error that the plan expects."""
        wanted = self.step.findtext("ExpectedStatus", "Success").strip()
        if ended.status != wanted:
            told = "; ".join(f"{error.code}: {error.context}" for error in ended.errors)
            yield f"{ended.status}, {wanted} expected" + (f" ({told})" if told else "")
            return
        codes = {error.code for error in ended.errors}
        for name in ("ExpectedErrorCode", "ExpectedErrorMessage"):
            expected = self.step.findtext(name, "").strip()
            if expected and expected not in codes:
                yield f"{sorted(codes)}, {expected} expected"

    # Transactions

    def feed(self, _transaction: etree._Element) -> Iterator[str]:
        self.left.patient = new_patient()
        self.left.reports["$patientid$"] = self.left.patient
        self.send("patients", iti44.action(iti44.ADDED), feed(self.left.patient))
        accepted = self.left.answer.xpath(".//*[local-name() = 'typeCode']/@code")
        if accepted != ["CA"]:
            yield f"the feed is answered {accepted}"

    def register(self, transaction: etree._Element) -> Iterator[str]:
        payload = etree.tostring(self.prepared(transaction).request)
        self.send("registry", iti42.ACTION, payload)
        yield from self.judge(read_outcome(self.left.answer))

    def update(self, transaction: etree._Element) -> Iterator[str]:
        payload = etree.tostring(self.prepared(transaction).request)
        self.send("registry", iti57.ACTION, payload)
        yield from self.judge(read_outcome(self.left.answer))

    def provide(self, transaction: etree._Element) -> Iterator[str]:
        request = self.prepared(transaction).request
        root = etree.Element(f"{{{XDSB}}}ProvideAndRegisterDocumentSetRequest")
        root.append(request)
        attachments = {}
        for each in transaction.iterchildren("Document"):
            identity, name = each.get("id", ""), (each.text or "").strip()
            part = f"{identity}@nist"
            attachments[part] = (self.plan.folder / name).read_bytes()
            self.left.documents[self.left.uids[identity]] = attachments[part]
            document = etree.SubElement(root, f"{{{XDSB}}}Document", id=self.left.uuids[identity])
            document.append(etree.fromstring(xop_include(part)))
        self.send("repository", iti41.ACTION, etree.tostring(root), attachments)
        yield from self.judge(read_outcome(self.left.answer))

    def query(self, transaction: etree._Element) -> Iterator[str]:
        text = metadata.substituted(self.text(transaction), self.symbols(transaction))
        self.send("registry", iti18.ACTION, text.strip().encode())
        yield from self.judge(read_outcome(self.left.answer))
        self.report(transaction, "Result", self.left.answer)
        for expected in transaction.iterchildren("ExpectedContents"):
            yield from contents.problems(expected, self.left.answer)

    def retrieve(self, transaction: etree._Element) -> Iterator[str]:
        symbols = self.symbols(transaction)
        text = metadata.substituted(self.text(transaction), symbols)
        parts = self.send("repository", iti43.ACTION, text.strip().encode())
        answer = iti43.read_response(self.left.answer, parts)
        yield from self.judge(RegistryResponse(answer.status, answer.errors))
        submitted = {
            uid: data
            for left in self.player.memory.values()
            for uid, data in left.documents.items()
        }
        for each in answer.documents:
            if each.data != submitted[each.ref.unique_id]:
                yield "the document is not the one that was submitted"
        held = {each.ref.unique_id: each.data for each in answer.documents}
        for each in transaction.iterchildren("ReferenceDocument"):
            uid = metadata.substituted(each.get("uid", ""), symbols)
            file = self.plan.folder.parent / (each.text or "").strip()
            if held.get(uid) != file.read_bytes():
                yield f"the document is not {file.name}"

    def assertions(self, transaction: etree._Element) -> Iterator[str]:
        """XPaths on the answer of the step before, in which reports stand for values."""
        steps = [each.get("id", "") for each in self.plan.root.iterchildren("TestStep")]
        former = steps[steps.index(self.step.get("id", "")) - 1]
        answer = self.player.memory[self.plan.name, former].answer
        symbols = self.symbols(transaction)
        for each in transaction.iterfind("Assertions/Assert"):
            if not answer.xpath(metadata.substituted((each.text or "").strip(), symbols)):
                yield f"{each.get('id')} does not hold"


_TRANSACTIONS: Mapping[str, Callable[[_Step, etree._Element], Iterator[str]]] = {
    "PatientIdentityFeedTransaction": _Step.feed,
    "RegisterTransaction": _Step.register,
    "ProvideAndRegisterTransaction": _Step.provide,
    "StoredQueryTransaction": _Step.query,
    "RetrieveTransaction": _Step.retrieve,
    "MuTransaction": _Step.update,
    "NullTransaction": _Step.assertions,
}


def new_patient() -> str:
    """The CX of a patient that nobody has heard of."""
    return f"NIST-{next(_patients)}^^^&{AUTHORITY}&ISO"


def feed(patient: str) -> bytes:
    """The ITI-44 message that makes this patient known."""
    extension = patient.partition("^")[0]
    return (
        f'<{iti44.ADDED} xmlns="{HL7}" ITSVersion="XML_1.0"><id root="1.2.3" extension="feed"/>'
        '<creationTime value="20260101000000"/>'
        f'<interactionId root="2.16.840.1.113883.1.6" extension="{iti44.ADDED}"/>'
        '<receiver typeCode="RCV"><device><id root="1.2.4"/></device></receiver>'
        '<sender typeCode="SND"><device><id root="1.2.5"/></device></sender>'
        '<controlActProcess classCode="CACT" moodCode="EVN"><subject typeCode="SUBJ">'
        '<registrationEvent classCode="REG" moodCode="EVN"><subject1 typeCode="SBJ">'
        f'<patient classCode="PAT"><id root="{AUTHORITY}" extension="{extension}"/></patient>'
        "</subject1></registrationEvent></subject></controlActProcess>"
        f"</{iti44.ADDED}>"
    ).encode()
