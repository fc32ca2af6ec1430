"""XDS: submissions, queries and answers, with the rule, the requirement and the remedy."""

from dataclasses import replace

import pytest
from lxml import etree

from carnet.ops.validate import Severity, judge
from carnet.ops.validate.remedies import attribute_remedy, explained, relation_id, relation_remedy
from carnet.standards.ids import EntryUuid
from carnet.standards.xds import iti18, iti41, iti43, iti57, registry_response, rules
from carnet.standards.xds.ebrim import write_submission
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.iti43 import DocumentRef, Retrieved
from carnet.standards.xds.metadata import Status
from tests.ops.validate import files
from tests.standards.xds.perfect import LOT, OTHER_INS, SUBMISSION

SAYS_NO = (RegistryError(ErrorCode.UNKNOWN_PATIENT_ID, "no such patient"),)


@pytest.mark.parametrize("rule", rules.ATTRIBUTES, ids=lambda rule: rule.name)
def test_every_attribute_rule_has_its_remedy(rule) -> None:
    assert rule.attribute in attribute_remedy(rule)


@pytest.mark.parametrize("rule", rules.RELATIONS, ids=lambda rule: rule.name)
def test_every_relation_rule_has_its_remedy_and_is_known_by_its_words(rule) -> None:
    error = RegistryError(rule.code, f"{rule.problem} ({rule.source})", location="x")
    finding = explained(error)
    assert finding.rule == relation_id(rule.name)
    assert finding.remedy == relation_remedy(rule.name)
    assert finding.requirement == rule.source


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"title": ""}, "DocumentEntry.title"),
        ({"type_code": None}, "DocumentEntry.typeCode"),
        ({"creation_time": "2026"}, "DocumentEntry.creationTime"),
        ({"authors": ()}, "DocumentEntry.author"),
        ({"patient_id": OTHER_INS}, "xds-one-patient"),
        ({"confidentiality": ()}, "DocumentEntry.confidentialityCode"),
        ({"service_stop_time": "20200101"}, "xds-times-of-the-service"),
    ],
)
def test_a_broken_metadata_is_told_by_its_rule(changes, rule) -> None:
    verdict = judge(write_submission(files.submission(**changes)))
    (finding,) = verdict.findings
    assert finding.rule == rule
    assert finding.place == "Document01"
    assert finding.remedy
    assert finding.requirement


def test_metadata_that_cannot_be_read_are_told_by_the_error_of_the_registry() -> None:
    data = write_submission(SUBMISSION).replace(b"submissionTime", b"submissionTime2", 1)
    assert "SubmissionSet.submissionTime" in files.rules_of(judge(data))
    unread = write_submission(SUBMISSION).replace(b"urn:uuid:96fdda7c", b"urn:uuid:00000000")
    assert files.rules_of(judge(unread)) == {"XDSRegistryMetadataError"}


def test_the_metadata_of_a_package_stand_alone_too() -> None:
    root = etree.fromstring(write_submission(SUBMISSION))
    assert judge(etree.tostring(root[0])).exit_code == 0


def test_a_change_of_status_is_no_submission_of_documents() -> None:
    target = EntryUuid("urn:uuid:00000000-0000-4000-8000-000000000001")
    change = iti57.StatusChange(LOT, target, Status.APPROVED, Status.DELETED)
    verdict = judge(iti57.write(change))
    assert (verdict.exit_code, "ITI-57" in verdict.title) == (0, True)
    wrong = iti57.write(change).replace(target.encode(), b"Document01")
    assert files.rules_of(judge(wrong)) == {"UnresolvedReferenceException"}
    unsigned = replace(change, submission_set=replace(LOT, author=()))
    assert files.rules_of(judge(iti57.write(unsigned))) == {"SubmissionSet.author"}


def _with_documents_inline(request: iti41.ProvideRequest) -> bytes:
    import base64

    payload, attachments = iti41.write(request)
    root = etree.fromstring(payload)
    (content,) = attachments.values()
    for document in root.iterchildren("{urn:ihe:iti:xds-b:2007}Document"):
        document.remove(document[0])
        document.text = base64.b64encode(content).decode()
    return etree.tostring(root)


def test_the_documents_of_a_request_are_judged() -> None:
    assert judge(_with_documents_inline(files.provide_request())).exit_code == 0
    wrong = _with_documents_inline(files.provide_request(b"<a/>"))
    (finding,) = judge(wrong).findings
    assert (finding.rule, finding.place) == ("cda-not-cda", "Document01 › /a (ligne 1)")


def test_a_request_whose_parts_are_elsewhere_is_judged_but_for_them() -> None:
    payload, _ = iti41.write(files.provide_request(title=""))
    verdict = judge(payload)
    assert files.rules_of(verdict) == {"DocumentEntry.title"}
    assert files.rules_of(verdict, Severity.WARNING) == {"attachments-not-judged"}


def test_a_request_without_metadata_is_told() -> None:
    empty = b'<ProvideAndRegisterDocumentSetRequest xmlns="urn:ihe:iti:xds-b:2007"/>'
    assert files.rules_of(judge(empty)) == {"XDSRepositoryMetadataError"}


def test_an_entry_without_document_is_told() -> None:
    request = replace(files.provide_request(), documents={})
    assert files.rules_of(judge(iti41.write(request)[0])) == {"XDSMissingDocument"}


@pytest.mark.parametrize(
    ("payload", "rule"),
    [
        (
            iti18.write(iti18.FindDocuments("1^^^&1.2.3&ISO", (Status.APPROVED,))).replace(
                b"urn:uuid:14d4debf", b"urn:uuid:00000000"
            ),
            "XDSUnknownStoredQuery",
        ),
        (
            iti43.write([DocumentRef("1.2.3", "1.2.4")]).replace(b"1.2.4", b""),
            "XDSRepositoryError",
        ),
        (registry_response.write().replace(b"Success", b"Perhaps"), "XDSRegistryError"),
        (
            b'<SubmitObjectsRequest xmlns="urn:oasis:names:tc:ebxml-regrep:rim:xsd:2.1"/>',
            "ebrim-version",
        ),
    ],
)
def test_what_a_service_would_refuse_is_told_by_its_error(payload: bytes, rule: str) -> None:
    assert files.rules_of(judge(payload)) == {rule}


@pytest.mark.parametrize(
    "answer",
    [
        registry_response.write(SAYS_NO),
        iti18.write_response([], errors=SAYS_NO),
        iti43.write_response([], SAYS_NO)[0],
    ],
)
def test_an_answer_that_refuses_is_a_good_answer(answer: bytes) -> None:
    verdict = judge(answer)
    assert verdict.exit_code == 0
    assert files.rules_of(verdict, Severity.WARNING) == {"XDSUnknownPatientId"}
    assert "Failure" in verdict.title


def test_the_documents_of_an_answer_are_judged() -> None:
    from carnet.ops.validate.xds import TRANSACTIONS, Message

    retrieved = Retrieved(DocumentRef("1.2.3", "1.2.4"), "text/xml", b"<a/>")
    payload, attachments = iti43.write_response([retrieved])
    root = etree.fromstring(payload)
    _, (finding,) = TRANSACTIONS[root.tag].judge(Message(root, attachments))
    assert (finding.rule, finding.place.partition(" ")[0]) == ("cda-not-cda", "1.2.4")
