"""Documents by themselves, and beside the metadata that announce them."""

from dataclasses import replace

import pytest

from carnet.ops.validate import Kind, Severity, judge
from carnet.ops.validate.documents import judge_content, judge_entry
from carnet.standards.cda import level1
from carnet.standards.cda.validation import RULES
from carnet.standards.ids import Oid
from carnet.standards.xds.metadata import Code
from tests.ops.validate import files
from tests.standards.cda.breakers import BREAKERS
from tests.standards.cda.letters import PDF, perfect_letter, structured


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_broken_rule_of_a_cda_is_told_with_all_that_repairs_it(rule) -> None:
    make, break_it = BREAKERS[rule.id]
    told = [f for f in judge(break_it(make())).findings if f.rule == rule.id]
    assert told
    assert told[0].severity == rule.severity
    assert told[0].place
    assert (told[0].problem, told[0].remedy) == (rule.problem, rule.remedy)
    assert told[0].requirement.startswith("dmp §5")


@pytest.mark.parametrize(
    ("make", "words"),
    [(files.cda, ("niveau 1", "Lettre de liaison")), (structured, ("niveau 3",))],
)
def test_the_title_tells_the_level_and_the_type(make, words) -> None:
    title = judge(make()).title
    assert all(word in title for word in words)


def test_a_document_without_header_is_told_once() -> None:
    verdict = judge(b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>')
    assert verdict.kind is Kind.CDA
    assert verdict.exit_code == 1
    assert not any(rule.startswith("cda-") for rule in files.rules_of(verdict))


def test_a_pdf_that_is_none_is_told() -> None:
    assert judge_content("application/pdf", PDF) == ()
    (finding,) = judge_content("application/pdf", b"PK\x03\x04")
    assert finding.rule == "pdf"


def rules_beside(entry, document=None) -> set[str]:
    found = judge_entry(entry, files.cda() if document is None else document)
    return {finding.rule for finding in found if finding.severity is Severity.ERROR}


def test_a_document_that_is_as_announced_has_no_error() -> None:
    assert not rules_beside(files.entry())


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"hash": "0" * 40}, "XDSRepositoryMetadataError"),
        ({"size": 1}, "XDSRepositoryMetadataError"),
        (
            {"patient_id": "187089900112345^^^&1.2.250.1.213.1.4.10&ISO^NH"},
            "XDSPatientIdDoesNotMatch",
        ),
    ],
)
def test_a_document_that_is_not_as_announced_is_told(changes, rule) -> None:
    assert rules_beside(files.entry(**changes)) == {rule}


def test_a_document_of_another_id_is_told() -> None:
    other = level1.build(replace(perfect_letter(), id=Oid("1.2.250.1.1")), PDF)
    assert rules_beside(files.entry(), other) == {"InvalidDocumentContent"}


def test_a_signature_of_a_lot_is_not_taken_for_a_document() -> None:
    signature = Code("E1762", "1.2.840.10065.1.12", "Full Document")
    assert not rules_beside(files.entry(type_code=signature), b"<Signature/>")
