"""One perfect submission, package and message that each test breaks in one way."""

from collections.abc import Callable

import pytest

from carnet.standards.mss import xdm
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Submission,
    SubmissionSet,
)

PATIENT = "207058575627097^^^&1.2.250.1.213.1.4.10&ISO^NH"
CDA = "<ClinicalDocument xmlns='urn:hl7-org:v3'>été</ClinicalDocument>".encode()
SENDER = xdm.Sender("Hôpital de l'Étang", "1750100125", "1 rue du Lac, Paris", "0102030405")
APPLICATION = xdm.Application("Carnet", "0.1", "Carnet")


def entry(number: int = 1, mime_type: str = "text/xml") -> DocumentEntry:
    return DocumentEntry(
        id=f"Document{number:02d}",
        unique_id=f"1.2.250.1.999.4.{number}",
        patient_id=PATIENT,
        mime_type=mime_type,
        class_code=Code("10", "1.2.250.1.213.1.1.4.1", "Compte rendu"),
        type_code=Code("11488-4", "2.16.840.1.113883.6.1", "Compte rendu de consultation"),
        format_code=Code("urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "PDF"),
        facility_type=Code("SA01", "1.2.250.1.71.4.2.4", "Établissement public de santé"),
        practice_setting=Code("ETABLISSEMENT", "1.2.250.1.213.1.1.4.9", "Établissement"),
        confidentiality=(Code("N", "2.16.840.1.113883.5.25", "Normal"),),
        authors=(Author(person="899900063480^MAX^Libre^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"),),
        title="Compte rendu d'été & d'hiver",
        language="fr-FR",
        creation_time="20260302080000",
        service_start_time="20260301080000",
        source_patient_id="1^^^&1.2.3&ISO^PI",
        source_patient_info=("PID-5|D'ARTAGNAN^Zoé^^^^^L",),
    )


@pytest.fixture
def submission() -> Submission:
    return perfect_submission()


def perfect_submission() -> Submission:
    return Submission(
        submission_set=SubmissionSet(
            id="SubmissionSet01",
            unique_id="1.2.250.1.999.3.1",
            source_id="1.2.250.1.999",
            patient_id=PATIENT,
            submission_time="20260302090000",
            content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation"),
            author=(
                Author(institutions=("Hôpital^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1750100125",)),
            ),
        ),
        documents=(entry(1), entry(2, "application/pdf")),
        associations=tuple(
            Association(
                AssociationType.HAS_MEMBER,
                "SubmissionSet01",
                f"Document{number:02d}",
                id=f"Association{number:02d}",
                slots=(("SubmissionSetStatus", ("Original",)),),
            )
            for number in (1, 2)
        ),
    )


@pytest.fixture
def package(submission: Submission) -> bytes:
    return perfect_package(submission)


@pytest.fixture(scope="session")
def session_package() -> bytes:
    """The same, for property tests, whose fixtures live longer than one example."""
    return perfect_package(perfect_submission())


def perfect_package(submission: Submission) -> bytes:
    documents = {"Document01": CDA, "Document02": b"%PDF-1.4 " + bytes(range(256)) * 40}
    return xdm.build(submission, documents, sender=SENDER, application=APPLICATION)


@pytest.fixture
def xdm_refusal() -> Callable[..., str]:
    """The code with which these bytes are refused as a package."""

    def refusal(data: bytes, limits: xdm.Limits | None = None) -> str:
        with pytest.raises(xdm.XdmError) as caught:
            xdm.read(data, limits)
        return caught.value.code

    return refusal
