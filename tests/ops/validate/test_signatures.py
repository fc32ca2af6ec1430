"""The signature of a lot, alone and in its submission (dmp §3.8)."""

from dataclasses import replace

import pytest

from carnet.ops.validate import Kind, Severity, judge
from carnet.ops.validate.signatures import REMEDIES
from carnet.standards import dsg
from carnet.standards.dsg import Fault
from carnet.standards.xds import iti41
from tests.ops.validate import files
from tests.standards.dsg.conftest import Signer
from tests.standards.dsg.test_verification import weaken_all


@pytest.fixture
def lot(pki) -> iti41.ProvideRequest:
    return signed(pki, pki.org_sign)


def signed(pki, by) -> iti41.ProvideRequest:
    return dsg.sign_lot(
        files.provide_request(),
        signed_at=pki.now,
        key_pem=by.key_pem,
        certificate_pem=by.cert_pem,
    )


def found(request: iti41.ProvideRequest) -> set[tuple[str, str]]:
    """The rules of signatures that are broken, and where."""
    verdict = judge(files.multipart(*files.soap(request, None))[1])
    return {(each.rule, each.place) for each in verdict.findings if each.rule.startswith("dsg-")}


def test_every_fault_has_its_remedy() -> None:
    assert set(REMEDIES) == set(Fault)


def test_a_signature_alone_is_known_and_says_what_it_signs(lot) -> None:
    verdict = judge(lot.documents["Signature01"])
    assert (verdict.kind, verdict.exit_code) == (Kind.SIGNATURE, 0)
    assert "1 document" in verdict.title


def test_a_signature_that_was_changed_is_told(lot) -> None:
    data = lot.documents["Signature01"].replace(b"2026-03-02T09", b"2026-03-02T08")
    verdict = judge(data)
    assert verdict.kind is Kind.SIGNATURE
    assert files.rules_of(verdict) == {"dsg-altered"}
    (finding,) = verdict.findings
    assert finding.remedy
    assert finding.requirement == "dmp §3.8"


def test_a_certificate_that_does_not_sign_is_told(pki) -> None:
    verdict = judge(signed(pki, pki.org_auth).documents["Signature01"])
    assert files.rules_of(verdict) == {"dsg-certificate"}


def test_sha1_is_only_warned_of(pki) -> None:
    signer = Signer(pki, pki.org_sign.key_pem, pki.org_sign.cert_pem)
    verdict = judge(signer.resigned(weaken_all))
    assert verdict.exit_code == 0
    assert files.rules_of(verdict, Severity.WARNING) == {"dsg-sha1"}


def test_a_signed_lot_has_no_error(lot) -> None:
    assert found(lot) == set()


def test_a_document_that_is_not_as_it_was_signed_is_told(lot) -> None:
    letter = lot.documents["Document01"].replace(b"<title>", b"<title>Autre ")
    altered = replace(lot, documents={**lot.documents, "Document01": letter})
    ((rule, place),) = found(altered)
    assert rule == "dsg-digest"
    assert place.endswith(str(files.entry().unique_id))


def test_a_document_in_the_place_of_the_signature_is_told(lot) -> None:
    forged = replace(lot, documents={**lot.documents, "Signature01": files.cda()})
    ((rule, _place),) = found(forged)
    assert rule == "dsg-shape"
