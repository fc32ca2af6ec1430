"""A file is told by its content, whatever its name; nothing a file holds makes the judge fall."""

import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.ops.validate import Kind, judge
from carnet.ops.validate.kinds import MOST_FINDINGS
from carnet.standards.hl7v2 import mllp
from carnet.standards.xds import iti18, iti43, registry_response
from carnet.standards.xds.ebrim import write_submission
from carnet.standards.xds.metadata import Status
from tests.ops.validate import files
from tests.standards.cda import letters

GOOD = {
    "plain CDA": (files.cda, Kind.CDA),
    "CDA with a byte order mark": (lambda: b"\xef\xbb\xbf" + files.cda(), Kind.CDA),
    "autoprésentable CDA": (lambda: letters.self_presenting(letters.perfect()), Kind.CDA),
    "signed CDA": (lambda: letters.signed(letters.perfect()), Kind.CDA),
    "structured CDA": (letters.structured, Kind.CDA),
    "XDM": (files.package, Kind.XDM),
    "mail": (files.mail, Kind.MAIL),
    "MDM": (files.mdm, Kind.HL7),
    "framed ADT": (lambda: mllp.frame(files.adt()), Kind.HL7),
    "white list": (files.white_list, Kind.WHITELIST),
    "submission": (lambda: write_submission(files.submission()), Kind.XDS),
    "query": (
        lambda: iti18.write(iti18.FindDocuments("1^^^&1.2.3&ISO", (Status.APPROVED,))),
        Kind.XDS,
    ),
    "retrieval": (lambda: iti43.write([iti43.DocumentRef("1.2.3", "1.2.4")]), Kind.XDS),
    "answer": (registry_response.write, Kind.XDS),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_is_known_and_has_no_error(name: str) -> None:
    make, kind = GOOD[name]
    verdict = judge(make())
    assert (verdict.kind, verdict.exit_code) == (kind, 0), verdict


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "file-empty"),
        (b" \r\n", "file-empty"),
        (b"%PDF-1.4 ...", "kind-unknown"),
        (b"\x00\x01\x02", "kind-unknown"),
        (b"bonjour", "kind-unknown"),
        (b"<html/>", "kind-unknown"),
        (b"<x", "xml-refused"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "xml-refused"),
        (gzip.compress(b"<x/>", mtime=0), "kind-unknown"),
    ],
)
def test_what_is_of_no_known_kind_is_told_so(data: bytes, rule: str) -> None:
    verdict = judge(data)
    assert verdict.exit_code == 2
    assert files.rules_of(verdict) == {rule}


@pytest.mark.parametrize(
    ("data", "kind", "rule"),
    [
        (b"<!DOCTYPE ClinicalDocument SYSTEM 'x'>" + files.cda()[38:], Kind.CDA, "cda-not-xml"),
        (files.cda()[:-20], Kind.CDA, "cda-not-xml"),
        (b"<ClinicalDocument/>", Kind.CDA, "cda-not-cda"),
        (files.white_list()[:-20], Kind.WHITELIST, "whitelist-unreadable"),
    ],
)
def test_a_file_that_is_cut_or_has_a_dtd_is_still_told_what_it_pretends_to_be(
    data: bytes, kind: Kind, rule: str
) -> None:
    verdict = judge(data)
    assert verdict.kind is kind
    assert rule in files.rules_of(verdict)


def test_what_is_told_of_one_file_is_bounded() -> None:
    verdict = judge(b"".join(mllp.frame(b"MSH|^~\\&|||||||ADT^A01\r") for _ in range(150)))
    assert len(verdict.findings) == MOST_FINDINGS + 1
    assert verdict.findings[-1].rule == "findings-not-told"


def test_a_zip_bomb_is_a_finding() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", bytes(20_000_000))
    assert files.rules_of(judge(buffer.getvalue())) & {"xdm-ratio", "xdm-too-large"}


RIM = b"urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1\r" + b"OBX\r" * 100_000, "too-many-segments"),
        (
            b'<RegistryObjectList xmlns="'
            + RIM
            + b'">'
            + b"<ExtrinsicObject/>" * 10_000
            + b"</RegistryObjectList>",
            "too-many-objects",
        ),
        (b"--x\r\nContent-Type: application/xop+xml\r\n" + b"\n" * 1_000_000, "soap-Sender"),
        (b"POST / HTTP/1.1\r\nContent-Type: " + b"a" * 1_000_000, "soap-Sender"),
        (b"<ClinicalDocument>" + b"<a>" * 500_000, "cda-not-xml"),
    ],
)
def test_what_is_out_of_all_proportion_is_refused_at_once(data: bytes, rule: str) -> None:
    assert files.rules_of(judge(data)) == {rule}


SEEDS = [make() for make, _ in GOOD.values()]


@given(st.sampled_from(SEEDS), st.data())
def test_any_change_of_bytes_gives_a_verdict(seed: bytes, data: st.DataObject) -> None:
    mutated = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(mutated)))
        end = data.draw(st.integers(start, min(start + 40, len(mutated))))
        mutated[start:end] = data.draw(st.binary(max_size=8))
    judge(bytes(mutated))


@given(
    st.sampled_from([b"", b"<", b"MSH|", b"\x0b", b"PK\x03\x04", b"From: ", b"--x\r\n", b"POST "]),
    st.binary(max_size=200),
)
def test_any_bytes_give_a_verdict(start: bytes, rest: bytes) -> None:
    judge(start + rest)
