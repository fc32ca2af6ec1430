"""The verdict of Carnet on every published example, and why each refusal is deserved.

The examples were published by others (ANS, IHE, NIST, open source projects), and not all are right:
what is refused is listed here, with the rule that it truly breaks. Nothing else may be refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import etree

from carnet.ops.validate import Kind, Severity, Verdict, validate_file
from carnet.ops.validate.remedies import explained
from carnet.standards import xml
from carnet.standards.cda import reading
from carnet.standards.xds import rules
from carnet.standards.xds.ebrim import RIM, read_submission
from carnet.standards.xds.metadata import Submission
from tests.standards.cda.test_validation import EXPECTED_ERRORS as CDA_ERRORS

#: Why a CDA example is refused, by rule.
CDA_REASONS = {
    "set-id": "the document predates setId, which structuration minimale 1.16 requires",
    "effective-time": "the creation time has no offset, which the text of the volet requires",
    "patient-family-qualifier": "the name of the patient has the qualifier SP, dropped by RNIV",
}


@dataclass(frozen=True)
class Deserved:
    """The acknowledgement that an HL7 example deserves, and the rules that it truly breaks."""

    ack: str
    errors: frozenset[str] = frozenset()


def _deserved(ack: str, *errors: str) -> Deserved:
    return Deserved(ack, frozenset(errors))


#: `cda-not-xml`: the publisher put a placeholder in OBX-5 in place of the document.
#: `PID-3/207`: the only identifier is an INS, and the list of given names that it needs is missing.
#: `MSH-21/200`: a message of a PFI to a software (profile LPS), not meant for a gateway.
#: `MSH-9/200`: a business acknowledgement (ZAM), that a gateway sends and does not take.
#: `PRT-4/101`, `PRT-15/101`: the volet 1.2 knew neither sender nor addresses, required since.
HL7 = {
    "ans-exemples/adt_admission.er7": _deserved("AA"),
    "ans-exemples/adt_consentement_dmp_1.er7": _deserved("AA"),
    "ans-exemples/adt_consentement_dmp_2.er7": _deserved("AA"),
    "ans-exemples/mdm_ack.er7": _deserved(""),
    "ans-exemples/mdm_cr_radio_init.er7": _deserved("AE", "PID-3/207", "set-id", "effective-time"),
    "ans-exemples/mdm_cr_radio_rplc_nobody.er7": _deserved("AE", "PID-3/207", "cda-not-xml"),
    "ans-exemples-more/lps_v1.0_mdm_ack.hl7": _deserved(""),
    "ans-exemples-more/lps_v1.0_mdm_cr_radio_init_nobody.er7": _deserved(
        "AR", "MSH-21/200", "cda-not-xml"
    ),
    "ans-exemples-more/lps_v1.0_mdm_message.hl7": _deserved("AR", "MSH-21/200", "cda-not-xml"),
    "ans-exemples-more/v1.2_mdm_ack.hl7": _deserved(""),
    "ans-exemples-more/v1.2_mdm_message.hl7": _deserved(
        "AE", "PID-3/207", "PRT-4/101", "PRT-15/101", "cda-not-xml"
    ),
    "ans-exemples-more/v2.0_oru_ack.hl7": _deserved(""),
    "ans-exemples-more/v2.0_oru_cr_bio_init_nobody.hl7": _deserved(
        "AE", "PID-3/207", "cda-not-xml"
    ),
    "ans-exemples-more/v2.0_zam_z01_reception_dmp.hl7": _deserved("AR", "MSH-9/200"),
    "ans-exemples-more/v2.0_zam_z02_reception_mss.hl7": _deserved("AR", "MSH-9/200"),
    "ans-exemples-more/v2.1_mdm_cr_radio_init_nobody.er7": _deserved("AE", "cda-not-xml"),
    "ans-exemples-more/v2.1_oru_cr_bio_rplc_nobody.er7": _deserved("AE", "cda-not-xml"),
}

#: What every template of a submission leaves to be filled in, and so breaks (ITI TF-3, 4.2.3).
PLACEHOLDERS = frozenset(
    f"{owner}.{attribute}"
    for owner in ("DocumentEntry", "SubmissionSet")
    for attribute in ("patientId", "uniqueId")
)

#: Submissions of other countries in ebRIM 3.0: the rules of IHE that each truly breaks. They break
#: French rules too, having neither French codes nor an INS: those are the profile's, see `FR_DMP`.
FOREIGN = {
    # Placeholders, and no document: the test client adds it.
    "openxds/submit_document.xml": PLACEHOLDERS | {"XDSMissingDocument"},
    # The same, and a folder to be filled in too.
    "openxds/add_document2_folder.xml": PLACEHOLDERS
    | {"XDSMissingDocument", "Folder.patientId", "Folder.uniqueId"},
    # The same, and the entryUUID of the document to replace.
    "openxds/document_replacement.xml": PLACEHOLDERS
    | {"XDSMissingDocument", "xds-references", "xds-target-of-a-relation"},
    "15800/original/single_doc.xml": PLACEHOLDERS,
    "15802/load_docentry_1/single_doc.xml": PLACEHOLDERS,
}

#: XDS examples that are refused, by the end of their path: the rules broken and the reason.
XDS = {
    "ipf/SubmitObjectsRequest_ebrs30.xml": (
        {"XDSRegistryMetadataError"},
        "a placeholder stands where the UUID of an identification scheme should",
    ),
    "ipf/iti18request.xml": (
        {"XDSRegistryError"},
        "the patient of the query is not between quotes (ITI TF-2, 3.18.4.1.2.3.5)",
    ),
    "epr-ch/ITI-18_request_raw.xml": (
        {"VIHFWrongAudience"},
        "the assertion is a Swiss one: it has no urn:dmp",
    ),
    "epr-ch/xua/1_Get_X-User_Assertion_Response-Healthcare_Provider.xml": (
        {"soap-Sender/wsa:MessageAddressingHeaderRequired"},
        "the message has no WS-Addressing",
    ),
    "epr-ch/xua/assertion_only.xml": (
        {"soap-Sender/wsa:MessageAddressingHeaderRequired"},
        "the message has no WS-Addressing",
    ),
    "nhn-no/IT_iti-18_request.xml": ({"vihf-absent"}, "the assertion was taken out"),
    "nhn-no/IT_iti-41_request.xml": (
        {"vihf-absent", "xds-one-lot", "xds-one-document"},
        "the assertion and the metadata were taken out",
    ),
    "nhn-no/SamlToken02.xml": (
        {"VIHFWrongAudience"},
        "the assertion is a Norwegian one: it has no urn:dmp",
    ),
    "11897/classcode_scheme_mismatch/query.xml": (
        {"XDSRegistryError"},
        "a code without its scheme: the test plan of NIST expects a failure too",
    ),
}
#: Stored queries that the DMP does not have (spec dmp §3.2): only FindDocuments and GetDocuments.
OTHER_QUERIES = "XDSUnknownStoredQuery"
#: What is in the folder beside the messages: plans, settings, schemas, a file that was left empty.
NOT_MESSAGES = re.compile(
    r".*/(testplan\.xml|codes\.xml|INDEX\.\w+|[\w.-]+\.(txt|pdf|idx|properties|xsd|wsdl))"
    r"|.*/tests/12346/metadata\.xml"
)


def errors_of(verdict: Verdict) -> set[str]:
    return {found.rule for found in verdict.findings if found.severity is Severity.ERROR}


def files_in(folder: Path) -> dict[str, Path]:
    found = {str(p.relative_to(folder)): p for p in sorted(folder.rglob("*")) if p.is_file()}
    assert found, f"no example in {folder}"
    return found


def test_every_cda_example_is_read_or_breaks_a_rule_that_is_listed(examples: Path) -> None:
    judged = {}
    for name, path in files_in(examples / "cda").items():
        if path.suffix != ".xml":
            continue
        verdict = validate_file(path)
        assert verdict.kind is Kind.CDA
        assert reading.read(path.read_bytes()).code.code, name
        judged[name] = errors_of(verdict)
    assert {name: errors for name, errors in judged.items() if errors} == CDA_ERRORS
    assert {rule for errors in CDA_ERRORS.values() for rule in errors} == set(CDA_REASONS)


def test_every_hl7_example_gets_the_acknowledgement_it_deserves(examples: Path) -> None:
    judged = {}
    for name, path in files_in(examples / "hl7v2").items():
        if path.suffix in (".er7", ".hl7"):
            verdict = validate_file(path)
            assert verdict.kind is Kind.HL7
            ack = re.search(r"mérité (\w\w)$", verdict.title)
            judged[name] = Deserved(ack[1] if ack else "", frozenset(errors_of(verdict)))
    assert judged == HL7


def xds_messages(examples: Path) -> dict[str, Verdict]:
    return {
        name: validate_file(path)
        for name, path in files_in(examples / "xds").items()
        if not NOT_MESSAGES.fullmatch(f"/{name}")
    }


def deserved_by(name: str, verdict: Verdict) -> bool:
    """Whether what is said of an XDS example, not a foreign submission, is what it deserves."""
    errors = errors_of(verdict)
    for end, (rules_broken, _) in XDS.items():
        if name.endswith(end):
            return errors == rules_broken
    if verdict.title.startswith("XDS.a"):
        return errors == {"ebrim-version"}  # ebRIM 2.1, that XDS.b left behind
    return errors in (set(), {OTHER_QUERIES})


def test_every_xds_example_passes_or_is_refused_for_a_reason_that_is_listed(
    examples: Path,
) -> None:
    judged = xds_messages(examples)
    assert all(verdict.kind is not Kind.UNKNOWN for verdict in judged.values())
    surprising = {
        name: errors_of(verdict)
        for name, verdict in judged.items()
        if not name.endswith(tuple(FOREIGN)) and not deserved_by(name, verdict)
    }
    assert not surprising


def broken(submission: Submission, profile: rules.Profile) -> set[str]:
    return {explained(error).rule for error in rules.check(submission, profile=profile)}


@pytest.mark.parametrize("end", FOREIGN)
def test_a_foreign_submission_is_refused_for_what_ihe_or_france_requires(
    examples: Path, end: str
) -> None:
    ((_, path),) = (item for item in files_in(examples / "xds").items() if item[0].endswith(end))
    root = xml.parse(path.read_bytes())
    submission = read_submission(next(root.iter(f"{{{RIM}}}RegistryObjectList")))
    french = broken(submission, rules.FR_DMP) - broken(submission, rules.IHE)
    assert errors_of(validate_file(path)) - french == FOREIGN[end]


def test_every_listed_xds_refusal_is_about_an_example(examples: Path) -> None:
    names = xds_messages(examples)
    assert all(any(name.endswith(end) for name in names) for end in (*XDS, *FOREIGN))


def test_what_is_no_message_in_the_folder_is_told_to_be_of_no_known_kind(examples: Path) -> None:
    for name, path in files_in(examples / "xds").items():
        if NOT_MESSAGES.fullmatch(f"/{name}"):
            assert validate_file(path).exit_code == 2, name


def test_the_queries_that_nist_expects_to_succeed_are_read(examples: Path) -> None:
    """11897 and 11901 are FindDocuments and GetDocuments: read, but for one refused by NIST too."""
    for folder in ("11897", "11901"):
        tests = examples / "xds" / "nist-testkit" / "tests" / folder
        for query in sorted(tests.glob("*/query*.xml")):
            plan = etree.parse(query.with_name("testplan.xml"))
            expected = {status.text for status in plan.iter("ExpectedStatus")}
            if validate_file(query).exit_code:
                assert "Failure" in expected, query
            assert expected, query


@pytest.mark.parametrize("folder", ["cda", "hl7v2", "xds"])
def test_no_verdict_on_an_example_tells_a_matricule(examples: Path, folder: str, capsys) -> None:
    from carnet.ops.validate import run

    run(list(files_in(examples / folder).values()))
    assert not re.search(r"(?<![\d.])\d{6}[\dAB]\d{8}(?![\d.])", capsys.readouterr().out)
