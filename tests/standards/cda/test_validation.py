"""The rules of a CDA document: each fires alone, at its place, with words for a French reader."""

import time
from pathlib import Path

import pytest

from carnet.standards.cda.document import load
from carnet.standards.cda.validation import MAX_PLACES, RULES, validate
from tests.standards.cda.breakers import BREAKERS
from tests.standards.cda.letters import narrative, perfect, self_presenting, signed, structured


def fired(document: bytes) -> set[str]:
    return {finding.rule for finding in validate(document)}


def test_the_perfect_letter_breaks_no_rule() -> None:
    assert validate(perfect()) == ()


def test_the_perfect_structured_document_breaks_no_rule() -> None:
    assert validate(structured()) == ()


def test_a_signed_document_is_judged_on_what_it_signs() -> None:
    assert validate(signed(perfect())) == ()


def test_every_rule_has_its_breaker_and_every_breaker_its_rule() -> None:
    assert set(BREAKERS) == {rule.id for rule in RULES}


def test_rule_ids_are_unique() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_breaking_one_thing_fires_its_rule_and_no_other(rule) -> None:
    """EX_2.1-1115."""
    make, break_it = BREAKERS[rule.id]
    right = make()
    assert fired(break_it(right)) - fired(right) == {rule.id}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_speaks_in_full_sentences(rule) -> None:
    for sentence in (rule.problem, rule.remedy):
        assert sentence[0].isupper()
        assert sentence.endswith((".", "…"))


def test_a_finding_says_the_place_and_the_line() -> None:
    _, break_it = BREAKERS["patient-gender"]
    (finding,) = validate(break_it(perfect()))
    assert finding.place.startswith(
        "/ClinicalDocument/recordTarget/patientRole/patient/administrativeGenderCode (ligne "
    )
    assert finding.severity == "error"


def test_a_finding_never_repeats_the_matricule() -> None:
    _, break_it = BREAKERS["patient-ins-key"]
    (finding,) = validate(break_it(perfect()))
    assert "2790351215189" not in repr(finding)


def test_a_warning_is_not_an_error() -> None:
    (finding,) = validate(self_presenting(perfect()))
    assert finding.severity == "warning"


def test_a_parsed_document_is_judged_without_parsing_again() -> None:
    assert validate(load(perfect())) == ()


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "cda-not-xml"),
        (b"%PDF-1.4", "cda-not-xml"),
        (b'<!DOCTYPE x SYSTEM "x.dtd"><x/>', "cda-not-xml"),
        (b"<ClinicalDocument/>", "cda-not-cda"),
        (signed(perfect() + perfect().partition(b"?>")[2]), "cda-ambiguous"),
    ],
)
def test_a_file_that_is_no_document_gives_one_finding(data: bytes, rule: str) -> None:
    assert fired(data) == {rule}


def test_what_is_not_base64_to_its_end_is_not_judged_by_how_it_begins() -> None:
    begun = b'representation="B64">'
    document = perfect().replace(begun, begun + b"/9j/4AAQ", 1)
    assert fired(document) == {"level-1-format"}
    assert fired(document.replace(b"</text></nonXMLBody>", b"!</text></nonXMLBody>")) == {
        "level-1-content"
    }


def test_a_content_is_known_by_its_first_bytes_whatever_its_lines() -> None:
    begun = b'representation="B64">'
    document = perfect().replace(begun, begun + b"\n  <!-- PDF --> " + b" " * 80, 1)
    assert fired(document) == set()


def test_the_places_told_of_one_rule_are_bounded() -> None:
    links = '<linkHtml href="javascript:x">x</linkHtml>' * (3 * MAX_PLACES)
    assert len(validate(narrative(links))) == MAX_PLACES


#: What the published check lets pass or refuses, and what we say, where the two differ or fail.
#: `setId` and the SP name are the failures of the published check; a creation time without offset
#: passes its pattern (four to fourteen digits), though the text of the volet asks for the offset.
EXPECTED_ERRORS = {
    "hl7v2_CR_Radio_N1_v1.xml": {"set-id", "effective-time"},
    "hl7v2_CR_Radio_N1_v2.xml": {"set-id", "effective-time"},
    "suite2.41_LDL-EES_2020.01.xml": {"patient-family-qualifier"},
}


def test_the_verdict_on_published_examples_is_the_published_one(examples: Path) -> None:
    rows = [
        line.split("\t")
        for line in (examples / "cda" / "INDEX.tsv").read_text("utf-8").splitlines()
    ]
    header, *rows = rows
    name, detail = header.index("file"), header.index("check_detail")
    for row in rows:
        findings = validate((examples / "cda" / row[name]).read_bytes())
        errors = {finding.rule for finding in findings if finding.severity == "error"}
        assert errors == EXPECTED_ERRORS.get(row[name], set()), row[name]
        assert bool(errors) == ("structmin=0" not in row[detail]), row[name]


def test_thousands_of_sections_are_judged_in_time_that_grows_with_their_number() -> None:
    def seconds(count: int) -> float:
        link = "<linkHtml href='#a'>y</linkHtml>"
        data = structured(f"<component><section><text>{link}</text></section></component>" * count)
        begun = time.thread_time()
        validate(data)
        return time.thread_time() - begun

    # Four times as many: about 4 when each is looked at once, 16 when each is compared with all.
    few = max(seconds(4_000), 0.05)
    assert min(seconds(16_000), seconds(16_000)) < 9 * few
