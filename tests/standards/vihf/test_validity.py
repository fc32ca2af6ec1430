"""An assertion has its time and its form; what was verified is remembered no longer than that."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards.certificates import Trust
from carnet.standards.vihf import VerificationCache, VihfRefused, sign, verify
from carnet.standards.vihf.assertion import SAML
from tests.standards.conftest import make_pki
from tests.standards.vihf.conftest import perfect

# Time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "code"),
    [
        (timedelta(hours=1, minutes=6), "VIHFExpired"),
        (timedelta(days=400), "VIHFExpired"),
        (timedelta(minutes=-6), "VIHFNotYetValid"),
    ],
)
def test_an_assertion_of_another_time_is_refused(pki, refusal_of, age, code):
    assert refusal_of(issued_at=pki.now - age) == code


def test_clocks_may_differ_a_little(pki, vihf, signed):
    for age in (timedelta(minutes=-4), timedelta(hours=1, minutes=4)):
        verify(signed(replace(vihf, issued_at=pki.now - age)), trust=pki.trust, now=pki.now)


def test_the_conditions_bound_the_time_too(pki, refusal_of):
    hour = timedelta(hours=1)
    assert refusal_of(not_on_or_after=pki.now - hour) == "VIHFExpired"
    assert refusal_of(not_before=pki.now + hour) == "VIHFNotYetValid"


def test_the_longest_age_is_a_parameter(pki, vihf, signed, refusal):
    data = signed(replace(vihf, issued_at=pki.now - timedelta(minutes=12)))
    assert refusal(data, max_age=timedelta(minutes=5)) == "VIHFExpired"


@pytest.mark.parametrize(
    "instant", ["", "2026-03-02", "2026-03-02T09:00:00", "20260302T090000Z", "2026-13-02T09:00:00Z"]
)
def test_an_instant_that_is_not_one_is_refused(refusal, signed_after, instant):
    assert refusal(signed_after(lambda root: root.set("IssueInstant", instant))) == "VIHFMalformed"


# Form ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"not xml",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<Assertion/>",
        f'<Assertion xmlns="{SAML}"/>'.encode(),
        f'<Assertion xmlns="{SAML}" ID="1 2" Version="2.0"/>'.encode(),
        b"<a>" + b"x" * 100_000 + b"</a>",
    ],
)
def test_what_is_no_assertion_is_refused(refusal, data):
    assert refusal(data) == "VIHFMalformed"


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_changed_byte_never_changes_what_is_read(pki, place, byte):
    held = pki.org_sign
    good = sign(perfect(pki), key_pem=held.key_pem, certificate_pem=held.cert_pem)
    where = place % len(good)
    changed = good[:where] + bytes([byte]) + good[where + 1 :]
    expected = verify(good, trust=pki.trust, now=pki.now)
    with contextlib.suppress(VihfRefused):
        assert verify(changed, trust=pki.trust, now=pki.now) == expected


def test_published_assertions_have_the_form_that_is_read(examples, refusal):
    """Their signers are strangers here: they are refused for that, and for nothing before it."""
    paths = ["nhn-no/SamlToken02.xml", "epr-ch/xua/assertion_only.xml"]
    for path in paths:
        root = etree.parse(examples / "xds" / path).getroot()
        assertion = next(root.iter(f"{{{SAML}}}Assertion"))
        data = etree.tostring(assertion, with_tail=False)
        assert refusal(data) == "VIHFUntrustedCertificate", path


def test_threads_sign_and_verify_at_once(pki, vihf, signed):
    def round_trip(number):
        data = signed(replace(vihf, id=f"_{number}", subject_id=f"MAX {number}"))
        return verify(data, trust=pki.trust, now=pki.now)[0].subject_id

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(round_trip, range(200))) == [f"MAX {n}" for n in range(200)]


# Cache ---------------------------------------------------------------------------------------


def test_a_hit_gives_what_was_verified(pki, good):
    cache = VerificationCache()
    first = verify(good, trust=pki.trust, now=pki.now, cache=cache)
    assert verify(good, trust=pki.trust, now=pki.now, cache=cache) is not None
    assert verify(good, trust=pki.trust, now=pki.now, cache=cache) == first
    assert len(cache) == 1


def test_a_hit_does_not_outlive_the_assertion(pki, good, refusal):
    cache = VerificationCache()
    verify(good, trust=pki.trust, now=pki.now, cache=cache)
    assert refusal(good, now=pki.now + timedelta(hours=2), cache=cache) == "VIHFExpired"
    assert len(cache) == 0


def test_a_hit_does_not_hide_a_revocation(tmp_path, pki, vihf, refusal):
    own = make_pki(tmp_path / "own", pki.now)
    data = sign(vihf, key_pem=own.org_sign.key_pem, certificate_pem=own.org_sign.cert_pem)
    cache = VerificationCache()
    verify(data, trust=own.trust, now=pki.now, cache=cache)
    own.authority.revoke(own.org_sign.serial, pki.now)
    revoked = Trust([own.authority.ca_path.read_bytes()], [own.authority.crl_path.read_bytes()])
    assert refusal(data, trust=revoked, cache=cache) == "VIHFUntrustedCertificate"


def test_what_is_refused_is_not_remembered(pki, good, refusal):
    cache = VerificationCache()
    refusal(good.replace(b"SM26", b"SM27"), cache=cache)
    assert len(cache) == 0


def test_the_cache_is_bounded(pki, vihf, signed):
    cache = VerificationCache(limit=2)
    for number in range(4):
        data = signed(replace(vihf, id=f"_{number}"))
        verify(data, trust=pki.trust, now=pki.now, cache=cache)
    assert len(cache) == 2
