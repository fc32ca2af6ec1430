"""MSSanté: the message, the package, the documents, the list of operators."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest

from carnet.ops.validate import Kind, Severity, judge
from carnet.standards.mss import message
from carnet.standards.mss.whitelist import Entry
from carnet.standards.xds.ebrim import write_submission
from tests.ops.validate import files
from tests.standards.cda.letters import MATRICULE, PDF
from tests.standards.xds.perfect import SUBMISSION


def edited(package: bytes, *, drop: str = "", put: dict[str, bytes] | None = None) -> bytes:
    """The package without one file, or with others."""
    before, after = io.BytesIO(package), io.BytesIO()
    with zipfile.ZipFile(before) as old, zipfile.ZipFile(after, "w") as new:
        for info in old.infolist():
            if info.filename != drop and info.filename not in (put or {}):
                new.writestr(info, old.read(info))
        for name, data in (put or {}).items():
            new.writestr(name, data)
    return after.getvalue()


def test_a_good_package_has_nothing_wrong() -> None:
    assert judge(files.package()).findings == ()


@pytest.mark.parametrize(
    ("package", "rule"),
    [
        (lambda: edited(files.package(), drop="IHE_XDM/SUBSET01/METADATA.XML"), "xdm-no-metadata"),
        (
            lambda: edited(files.package(), drop="IHE_XDM/SUBSET01/DOC0001.XML"),
            "xdm-missing-document",
        ),
        (lambda: files.package()[:200], "xdm-not-a-zip"),
        (
            lambda: edited(files.package(), put={"IHE_XDM/SUBSET01/DOC0001.XML": b"<a/>"}),
            "xdm-size-mismatch",
        ),
        (lambda: files.package(title=""), "DocumentEntry.title"),
        (lambda: files.package(b"<a/>"), "cda-not-cda"),
    ],
)
def test_a_broken_package_is_told(package, rule) -> None:
    verdict = judge(package())
    assert verdict.kind is Kind.XDM
    assert files.rules_of(verdict) == {rule}


def test_the_cause_of_metadata_that_cannot_be_read_is_told() -> None:
    metadata = write_submission(SUBMISSION).replace(b"urn:uuid:96fdda7c", b"urn:uuid:00000000")
    put = {"IHE_XDM/SUBSET01/METADATA.XML": metadata}
    found = files.rules_of(judge(edited(files.package(), put=put)))
    assert found == {"xdm-metadata", "XDSRegistryMetadataError"}


@pytest.mark.parametrize(
    ("name", "rule"), [("INDEX.HTM", "xdm-no-index"), ("README.TXT", "xdm-no-readme")]
)
def test_a_file_that_a_reader_does_without_is_a_warning(name, rule) -> None:
    verdict = judge(edited(files.package(), drop=name))
    assert verdict.exit_code == 0
    assert files.rules_of(verdict, Severity.WARNING) == {rule}


def test_a_good_message_has_nothing_wrong() -> None:
    verdict = judge(files.mail())
    assert (verdict.kind, verdict.findings) == (Kind.MAIL, ())


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"subject": "Votre lettre"}, "mail-subject"),
        ({"subject": "XDM/1.0/DDM+ Lettre PAT Zoe"}, "mail-subject"),
        ({"subject": "XDM/1.0/DDM+Lettre PAT Zoe 32/01/2000"}, "mail-subject"),
        ({"xdm": None}, "mail-xdm-missing"),
        ({"pdfs": ()}, "mail-pdf-missing"),
        (
            {"pdfs": (message.Attachment("a.pdf", "application/pdf", b"no"),)},
            "pdf",
        ),
        ({"recipients": (message.Party(files.OTHER_ADDRESS),)}, "mail-wrong-patient"),
        ({"xdm": b"PK\x03\x04"}, "xdm-not-a-zip"),
    ],
)
def test_a_message_that_breaks_a_requirement_is_told(changes, rule) -> None:
    verdict = judge(files.mail(**changes))
    assert files.rules_of(verdict) == {rule}
    assert all(finding.requirement for finding in verdict.findings)


@pytest.mark.parametrize(
    "subject",
    [
        message.Subject("Lettre", "PAT-TROIS", "Dominique"),
        message.Subject("Lettre à l'été", "D'EXEMPLE", "Anne Marie", date(1979, 3, 28)),
        message.Subject("", "PAT", "Zoé", documents=2),
        message.Subject("Lettre", "PAT", "Zoé", note="[Annule et remplace]"),
    ],
)
def test_the_subjects_that_carnet_writes_are_right(subject) -> None:
    assert judge(files.mail(subject=subject)).findings == ()


@pytest.mark.parametrize(
    ("old", "new", "rule", "severity"),
    [
        (b"Message-ID: <", b"Message-ID: ", "mail-message-id", Severity.ERROR),
        (b"\r\nDate:", b"\r\nX-Date:", "mail-date", Severity.ERROR),
        (b"X-MSS-NIL", b"X-Other", "mail-x-mss-nil", Severity.WARNING),
        (b"X-MSS-CODECDA", b"X-Other", "mail-x-mss-codecda", Severity.WARNING),
        (b"X-MSS-INS", b"X-Other", "mail-x-mss-ins", Severity.WARNING),
        (b"From:", b"X-From:", "smtp-5.6.0", Severity.ERROR),
    ],
)
def test_a_header_that_is_missing_is_told(old, new, rule, severity) -> None:
    raw = files.mail()
    assert old in raw
    assert files.rules_of(judge(raw.replace(old, new, 1)), severity) == {rule}


def test_a_message_without_package_is_a_message() -> None:
    verdict = judge(files.mail(xdm=None, pdfs=(), subject="Bonjour"))
    assert verdict.exit_code == 0
    assert "sans paquet" in verdict.title


def test_a_report_is_told_as_one() -> None:
    report = b"\r\n".join(
        [
            b"From: a@b.mssante.fr",
            b"To: c@d.mssante.fr",
            b"Date: Thu, 5 Mar 2026 14:32:00 +0000",
            b"Message-ID: <2@b.mssante.fr>",
            b"X-MSS-NIL: x",
            b'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"',
            b"",
            b"--b",
            b"Content-Type: message/disposition-notification",
            b"",
            b"Disposition: manual-action/MDN-sent-manually; displayed",
            b"",
            b"--b--",
            b"",
        ]
    )
    verdict = judge(report)
    assert verdict.findings == ()
    assert "displayed" in verdict.title


def test_documents_of_two_patients_in_one_message_are_told() -> None:
    lot = files.submission()
    other = "187089900112345^^^&1.2.250.1.213.1.4.10&ISO^NH"
    second = replace(files.entry(), id="Document02", unique_id="1.2.3", patient_id=other)
    from carnet.standards.mss import xdm

    package = xdm.build(
        replace(lot, documents=(*lot.documents, second)),
        {"Document01": files.cda(), "Document02": files.cda()},
        sender=xdm.Sender("x"),
        application=xdm.Application("x", "1"),
    )
    pdf = message.Attachment("lettre.pdf", "application/pdf", PDF)
    assert "mail-one-patient" in files.rules_of(judge(files.mail(xdm=package, pdfs=(pdf, pdf))))


def test_a_message_never_has_its_matricule_told() -> None:
    verdict = judge(files.mail(recipients=(message.Party(files.OTHER_ADDRESS),)))
    assert MATRICULE not in repr(verdict)
    assert files.OTHER_ADDRESS[:15] not in repr(verdict)


def test_a_white_list_is_told_with_its_date() -> None:
    verdict = judge(files.white_list())
    assert verdict.findings == ()
    assert "01/03/2026" in verdict.title


def test_entries_of_a_white_list_that_cannot_be_read_are_a_warning() -> None:
    good = Entry("hopital.mssante.fr", "CN=mail,C=FR")
    verdict = judge(files.white_list(good, Entry("pas un domaine", "CN=x")))
    assert verdict.exit_code == 0
    assert files.rules_of(verdict, Severity.WARNING) == {"whitelist-ignored"}


def test_an_empty_white_list_is_refused() -> None:
    verdict = judge(files.white_list(Entry("pas un domaine", "CN=x")))
    assert files.rules_of(verdict) == {"whitelist-empty"}
