"""Whatever is moved, doubled or changed in what was signed: refused, or read as it was signed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509

from carnet.standards import certificates
from carnet.standards.certificates import CertificateError
from carnet.standards.vihf import Vihf, VihfRefused, verify
from tests.fuzz.driving import drive, spoilt
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_xml
from tests.standards.conftest import LocalPki


def test_what_is_read_of_a_spoilt_assertion_is_what_was_signed(
    pki: LocalPki, vihf: Vihf, signed: Callable[[Vihf], bytes], tmp_path: Path
) -> None:
    good = signed(vihf)
    said = verify(good, trust=pki.trust, now=pki.now)

    def read(data: bytes) -> None:
        assert verify(data, trust=pki.trust, now=pki.now) == said

    messages = spoilt("vihf", [good], any_of(spoil_bytes, spoil_xml, spoil_xml))
    drive("vihf", messages, read, (VihfRefused,), tmp_path)


# cryptography only warns of a serial number below 1; nobody trusted has issued it.
@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_spoilt_certificate_is_refused(pki: LocalPki, tmp_path: Path) -> None:
    pem = pki.org_sign.cert_pem
    der = certificates.read(pem).der

    def signed(certificate: bytes) -> bytes:
        """All that it says: around that, a bit of padding may change and nothing is changed."""
        return x509.load_der_x509_certificate(certificate).tbs_certificate_bytes

    def read(data: bytes) -> None:
        found = certificates.read(data)
        pki.trust.check(found, now=pki.now, usage="signature")
        assert signed(found.der) == signed(der)

    messages = spoilt("certificate", [der, pem], spoil_bytes)
    drive("certificate", messages, read, (CertificateError,), tmp_path)
