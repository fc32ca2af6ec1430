"""MTOM packages: one good multipart, broken in one way by each test."""

from __future__ import annotations

import base64
import quopri
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.standards.soap import mtom
from carnet.standards.soap.envelope import SoapFault
from carnet.standards.soap.mtom import Package, resolve, write, xop_include

LIMIT = 1_000_000
ROOT = b"<Envelope/>"
DOCUMENT = bytes(range(256)) * 3 + b"\r\n--frontier\r\n--front"
ACTION = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
TYPE = 'Multipart/Related; type="application/xop+xml"; boundary=MIME_b; start="<r@x>"'


def part(content_id: str, media_type: str, data: bytes, encoding: str = "binary") -> bytes:
    head = f"Content-Type: {media_type}\r\nContent-ID: <{content_id}>\r\n"
    return f"{head}content-transfer-encoding: {encoding}\r\n\r\n".encode() + data


ROOT_PART = part("r@x", "application/xop+xml; charset=UTF-8; type=x", ROOT)
DOCUMENT_PART = part("d@x", "text/xml", DOCUMENT)


def package(*parts: bytes, end: bytes = b"\r\n--MIME_b--\r\n") -> bytes:
    return b"".join(b"\r\n--MIME_b\r\n" + each for each in parts)[2:] + end


def read(data: bytes, content_type: str = TYPE, limit: int = LIMIT) -> Package:
    return mtom.read(content_type, BytesIO(data), limit=limit)


def outcome(data: bytes, content_type: str = TYPE) -> str:
    try:
        read(data, content_type)
    except SoapFault as fault:
        return fault.code
    return "read"


def test_a_package_reads_back_as_it_was_written() -> None:
    """EX_2.1-1260."""
    content_type, body = write(ROOT, {"d1@x": DOCUMENT, "d2@x": b""}, boundary="b-1", action=ACTION)
    assert read(body, content_type) == Package(ROOT, {"d1@x": DOCUMENT, "d2@x": b""})


def test_the_mime_parser_of_python_reads_what_we_write() -> None:
    content_type, body = write(ROOT, {"d1@x": b"\x00\xff"}, boundary="b-1", action=ACTION)
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(head + body)
    root, document = message.iter_parts()
    assert message.get_param("start") == root["Content-ID"]
    assert root.get_content_type() == "application/xop+xml"
    assert root.get_payload(decode=True) == ROOT
    assert document["Content-ID"] == "<d1@x>"
    assert document.get_payload(decode=True) == b"\x00\xff"


def test_without_attachments_plain_soap_is_written_and_read() -> None:
    content_type, body = write(ROOT, {}, boundary="b-1", action=ACTION)
    assert content_type.startswith("application/soap+xml")
    assert read(body, content_type) == Package(ROOT, {})


@pytest.mark.parametrize("parts", [(ROOT_PART, DOCUMENT_PART), (DOCUMENT_PART, ROOT_PART)])
def test_the_parts_may_come_in_any_order(parts: tuple[bytes, bytes]) -> None:
    assert read(package(*parts)) == Package(ROOT, {"d@x": DOCUMENT})


def test_without_start_the_first_part_is_the_root() -> None:
    content_type = "multipart/related;boundary=MIME_b"
    assert read(package(ROOT_PART, DOCUMENT_PART), content_type).root == ROOT


def test_a_quoted_boundary_with_escapes_is_understood() -> None:
    content_type = r'multipart/related; boundary="M\IME_b"; start="<r@x>"'
    assert read(package(ROOT_PART), content_type).root == ROOT


def test_preamble_epilogue_and_padded_delimiters_are_passed_over() -> None:
    data = (
        b"hello\r\n" + package(ROOT_PART).replace(b"--MIME_b\r\n", b"--MIME_b \t\r\n", 1) + b"bye"
    )
    assert read(data) == Package(ROOT, {})


def test_a_line_that_only_begins_like_the_boundary_is_content() -> None:
    data = b"a\r\n--MIME_bx\r\nb\r\n--MIME_"
    assert read(package(ROOT_PART, part("d@x", "text/plain", data))).attachments["d@x"] == data


def test_folded_headers_are_read() -> None:
    folded = ROOT_PART.replace(b"; charset", b";\r\n\tcharset")
    assert read(package(folded)).root == ROOT


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("binary", DOCUMENT),
        ("8bit", DOCUMENT),
        ("7bit", DOCUMENT),
        ("BASE64", base64.encodebytes(DOCUMENT).replace(b"\n", b"\r\n")),
        ("quoted-printable", quopri.encodestring(DOCUMENT).replace(b"\n", b"\r\n")),
    ],
)
def test_each_transfer_encoding_is_decoded(encoding: str, data: bytes) -> None:
    attached = read(package(ROOT_PART, part("d@x", "text/xml", data, encoding))).attachments["d@x"]
    expected = DOCUMENT if encoding != "quoted-printable" else quopri.decodestring(data)
    assert attached == expected


def test_a_root_in_base64_is_decoded() -> None:
    root = part("r@x", "application/xop+xml", base64.b64encode(ROOT), "base64")
    assert read(package(root)).root == ROOT


@pytest.mark.parametrize(
    ("data", "content_type", "reason"),
    [
        (package(ROOT_PART), "text/xml", "content type is neither"),
        (package(ROOT_PART), "", "content type is neither"),
        (package(ROOT_PART), "multipart/related; start=x", "boundary"),
        (package(ROOT_PART), 'multipart/related; boundary="MIME_b', "cannot be read"),
        (package(ROOT_PART), "multipart/related; boundary=a; boundary=b", "twice"),
        (package(ROOT_PART), f"multipart/related; boundary={'x' * 71}", "boundary"),
        (package(ROOT_PART), 'multipart/related; boundary="é"', "boundary"),
        (ROOT, "application/soap+xml; charset=utf-16", "UTF-8"),
        (package(ROOT_PART), TYPE.replace("r@x", "other"), "start names"),
        (package(ROOT_PART, end=b""), TYPE, "cut short"),
        (package(ROOT_PART, end=b"\r\n--MIME_b"), TYPE, "cut short"),
        (b"", TYPE, "cut short"),
        (b"--MIME_b--", TYPE, "no part"),
        (package(b"no headers"), TYPE, "headers of a part"),
        (package(b"X: " + b"y" * 9000 + b"\r\n\r\n"), TYPE, "headers of a part"),
        (package(b"not a header\r\n\r\n" + ROOT), TYPE, "not one"),
        (package(b"Content-ID: <a>\r\nContent-Id: <b>\r\n\r\n"), TYPE, "repeated"),
        (package(ROOT_PART, DOCUMENT_PART, DOCUMENT_PART), TYPE, "same Content-ID"),
        (package(ROOT_PART, ROOT_PART), TYPE, "same Content-ID"),
        (package(ROOT_PART, b"\r\nx"), TYPE, "no Content-ID"),
        (package(part("r@x", "text/html", ROOT)), TYPE, "root part"),
        (package(part("r@x", "application/xop+xml; charset=latin1", ROOT)), TYPE, "UTF-8"),
        (package(ROOT_PART, part("d", "text/xml", b"*", "base64")), TYPE, "base64"),
        (package(ROOT_PART, part("d", "text/xml", b"x", "x-uuencode")), TYPE, "transfer encoding"),
        (package(ROOT_PART, *[part(f"{n}@x", "a/b", b"") for n in range(300)]), TYPE, "more than"),
    ],
)
def test_a_broken_package_gets_a_sender_fault(data: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(SoapFault, match=reason) as caught:
        read(data, content_type)
    assert caught.value.code == "Sender"


@pytest.mark.parametrize("content_type", [TYPE, "application/soap+xml"])
def test_a_body_over_the_limit_is_refused_without_reading_it_all(content_type: str) -> None:
    stream = BytesIO(b"x" * 5000)
    with pytest.raises(SoapFault, match="exceeds 1000 bytes"):
        mtom.read(content_type, stream, limit=1000)
    assert stream.tell() == 1001


def test_a_body_of_exactly_the_limit_is_read() -> None:
    assert read(ROOT, "application/soap+xml", limit=len(ROOT)).root == ROOT


def test_a_stream_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    class Slow(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 7))

    assert mtom.read(TYPE, Slow(package(ROOT_PART)), limit=LIMIT).root == ROOT


@pytest.mark.parametrize(
    ("attachments", "boundary"),
    [({"d": b"--b-1"}, "b-1"), ({"d": b""}, "b\r\n"), ({"d\r\nX: y": b""}, "b"), ({"": b""}, "b")],
)
def test_what_would_make_a_false_package_is_not_written(
    attachments: dict[str, bytes], boundary: str
) -> None:
    with pytest.raises(ValueError, match=r"Content-ID|boundary"):
        write(ROOT, attachments, boundary=boundary, action=ACTION)


def element(content: str) -> etree._Element:
    return etree.fromstring(f"<Document>{content}</Document>")


@pytest.mark.parametrize("content_id", ["d1@x", "urn:uuid:1+a/b c%20", "é"])
def test_an_include_is_resolved_to_its_attachment(content_id: str) -> None:
    assert resolve(element(f"\n {xop_include(content_id)} "), {content_id: b"1"}) == b"1"


def test_base64_on_several_lines_is_resolved_to_its_bytes() -> None:
    text = base64.encodebytes(DOCUMENT).decode()
    assert resolve(element(f"\n{text}  "), {}) == DOCUMENT


@pytest.mark.parametrize(
    "content",
    [
        xop_include("absent@x"),
        xop_include("d@x") + xop_include("d@x"),
        "AAAA" + xop_include("d@x"),
        xop_include("d@x") + "AAAA",
        "<other/>",
        "<!-- c -->AAAA",
        "é",
        "A",
        "AA==AA==",
        f'<xop:Include xmlns:xop="{mtom.XOP}" href="http://example.invalid/d@x"/>',
        f'<xop:Include xmlns:xop="{mtom.XOP}"/>',
    ],
)
def test_a_document_that_is_not_there_gets_a_sender_fault(content: str) -> None:
    with pytest.raises(SoapFault) as caught:
        resolve(element(content), {"d@x": b"1"})
    assert caught.value.code == "Sender"


names = st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"]), min_size=1).filter(
    lambda text: not set("<>") & set(text) and text != "root@carnet"
)


@given(root=st.binary(), attachments=st.dictionaries(names, st.binary(), min_size=1))
def test_any_bytes_travel_in_a_package(root: bytes, attachments: dict[str, bytes]) -> None:
    content_type, body = write(root, attachments, boundary="=_frontier_=", action=ACTION)
    assert read(body, content_type) == Package(root, attachments)


GOOD = package(ROOT_PART, DOCUMENT_PART, part("e@x", "a/b", b"AAAA", "base64"))


@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 12),
    st.one_of(st.binary(max_size=8), st.sampled_from([b"\r\n", b"--MIME_b", b"\r\n--MIME_b--"])),
)
def test_a_package_changed_anywhere_is_read_or_gets_a_fault(at: int, cut: int, new: bytes) -> None:
    assert outcome(GOOD[:at] + new + GOOD[at + cut :]) in ("read", "Sender")


@given(st.text())
def test_any_content_type_is_read_or_gets_a_fault(text: str) -> None:
    assert outcome(GOOD, text) in ("read", "Sender")
