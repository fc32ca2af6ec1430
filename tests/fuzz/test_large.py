"""Nothing costs more than its size deserves: what grows by its square, or bursts, is found here."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO

import pytest

from carnet.standards.soap.envelope import SOAP
from tests.fuzz.targets import TARGETS
from tests.fuzz.targets.messages import hl7_seeds
from tests.fuzz.targets.services import BOUNDARY, envelopes, lot
from tests.national import messages
from tests.standards.cda import letters

READERS = {target.name: target for target in TARGETS}
#: Seconds of the processor for such a message: what is linear takes a fiftieth, a square far more.
MOST = 10.0
SIZE = 1 << 18


def field(text: bytes) -> bytes:
    """A letter with this in OBX-5."""
    return hl7_seeds()[1] + b"NTE|1||" + text + b"\r"


def part(head: bytes, body: bytes = b"") -> bytes:
    return b"From: a@b.fr\r\nMessage-ID: <a@b>\r\n" + head + b"\r\n\r\n" + body


def slots(count: int) -> bytes:
    slot = b'<Slot name="x"><ValueList><Value>1</Value></ValueList></Slot>'
    seed = READERS["ebrim"].seeds()[0]
    end = seed.rindex(b"</")
    return (
        seed[:end] + b'<ExtrinsicObject id="a">' + slot * count + b"</ExtrinsicObject>" + seed[end:]
    )


def burst() -> bytes:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("IHE_XDM/SUBSET01/METADATA.XML", bytes(800 * SIZE))
    return made.getvalue()


LARGE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "escapes": ("hl7v2", lambda: field(b"\\E\\" * (SIZE // 3))),
    "escapes that close nothing": ("hl7v2", lambda: field(b"\\" * SIZE)),
    "hexadecimal escape": ("hl7v2", lambda: field(b"\\X" + b"41" * (SIZE // 2) + b"\\")),
    "repetitions": ("hl7v2", lambda: field(b"~" * 20_000)),
    "components of the header": (
        "hl7v2",
        lambda: hl7_seeds()[0].replace(b"MSH|^~\\&|", b"MSH|^~\\&|" + b"^" * (SIZE // 4), 1),
    ),
    "components": ("hl7v2", lambda: field(b"^" * SIZE)),
    "segments": ("hl7v2", lambda: hl7_seeds()[0] + b"ZZZ|1\r" * (SIZE // 8)),
    "line ends": ("hl7v2", lambda: hl7_seeds()[0] + b"\r" * SIZE),
    "starts of frames": ("mllp", lambda: b"\x0b" * (SIZE // 4)),
    "ends of frames": ("mllp", lambda: b"\x1c" * (SIZE // 4)),
    "bytes outside frames": ("mllp", lambda: b"x" * SIZE),
    "groups": ("rtf", lambda: b"{\\rtf1 " + b"{}" * (SIZE // 2) + b"}"),
    "open groups": ("rtf", lambda: b"{\\rtf1 " + b"{" * SIZE),
    "characters by number": ("rtf", lambda: b"{\\rtf1 " + b"\\u233?" * (SIZE // 6) + b"}"),
    "backslashes": ("rtf", lambda: b"{\\rtf1 " + b"\\" * SIZE),
    "multiparts in multiparts": (
        "mail",
        lambda: (
            part(b"Content-Type: multipart/mixed; boundary=b")
            + b"".join(
                b"--b\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
                for n in range(2000)
            )
        ),
    ),
    "parts": (
        "mail",
        lambda: part(b"Content-Type: multipart/mixed; boundary=b", b"--b\r\n\r\nx\r\n" * 100_000),
    ),
    "folded field": ("mail", lambda: part(b"Subject: x" + b"\r\n =?utf-8?q?x?=" * 12_000)),
    "encoded words": ("mail", lambda: part(b"Subject: " + b"=?utf-8?q?=C3?= " * 12_000)),
    "recipients": ("mail", lambda: part(b"To: " + b"a@b.fr, " * 20_000)),
    "comments": ("mail", lambda: part(b"To: " + b"(" * 100_000)),
    "parameters": ("mail", lambda: part(b"Content-Type: text/plain" + b"; a*0=b" * 20_000)),
    "markup": ("mail", lambda: part(b"Content-Type: text/html", b"<div>" * (SIZE // 5))),
    "references": ("mail", lambda: part(b"References: " + b"<a@b> " * 30_000)),
    "a package that bursts": ("xdm", burst),
    "boundaries": ("mtom", lambda: (b"\r\n--" + BOUNDARY.encode() + b"x") * (SIZE // 12)),
    "half boundaries": ("mtom", lambda: b"\r\n--" * (SIZE // 4)),
    "headers of a part": (
        "mtom",
        lambda: b"--" + BOUNDARY.encode() + b"\r\n" + b"A: b\r\n" * (SIZE // 6),
    ),
    "quotes": ("content-type", lambda: b'multipart/related; a="' + b"\\" * 100_000),
    "parameters of a type": ("content-type", lambda: b"multipart/related" + b"; a=b" * 50_000),
    "slots": ("ebrim", lambda: slots(15_000)),
    "header blocks": (
        "soap",
        lambda: (
            b'<s:Envelope xmlns:s="%s"><s:Header>' % SOAP.encode()
            + b"<a/>" * (SIZE // 4)
            + b"</s:Header><s:Body><a/></s:Body></s:Envelope>"
        ),
    ),
    "namespaces": (
        "soap",
        lambda: b"<a " + b" ".join(b'xmlns:n%d="urn:%d"' % (n, n) for n in range(20_000)) + b"/>",
    ),
    "attributes": ("xml", lambda: b"<a " + b" ".join(b'a%d=""' % n for n in range(60_000)) + b"/>"),
    "sections": (
        "cda",
        lambda: letters.structured(
            "<component><section><title>x</title><text>y</text></section></component>" * 5_000
        ),
    ),
    "a table": (
        "cda",
        lambda: letters.narrative(
            "<table><tbody>" + "<tr><td>x</td></tr>" * 20_000 + "</tbody></table>"
        ),
    ),
    "a long word": ("plain", lambda: b"a" * SIZE),
    "dots and digits": ("plain", lambda: b"1." * (SIZE // 2)),
    "letters and dots": ("plain", lambda: b"a." * (SIZE // 2)),
    "dates": ("plain", lambda: b"12/03/" * (SIZE // 6)),
    "hyphens at line ends": ("plain", lambda: b"ab-\n" * (SIZE // 4)),
    "spaces": ("plain", lambda: b" \n" * (SIZE // 2)),
    "separators": ("datamatrix", lambda: b"<GS>" * (SIZE // 4)),
    "at signs": ("address", lambda: b"@" * SIZE),
    "dots of a domain": ("address", lambda: b"a@" + b"a." * (SIZE // 2)),
    "letters of no domain": ("address", lambda: b"a@" + "é".encode() * (SIZE // 2)),
    "dots of a name": ("distinguished name", lambda: b"1" + b".1" * 2000 + b"=x"),
    "escapes of a name": ("distinguished name", lambda: b"CN=" + b"\\C3" * 1300),
    "deep resource": ("fhir bundle", lambda: b'{"a":' * 100_000),
    "entries": (
        "fhir bundle",
        lambda: json.dumps(
            {"resourceType": "Bundle", "type": "transaction", "entry": [{}] * 100_000}
        ).encode(),
    ),
    "escaped commas": ("fhir search", lambda: b"type=" + b"%5C," * 2_000),
    "alternatives": ("directory search", lambda: b"family=" + b"a," * 2_000),
    "parameters of a search": ("fhir search", lambda: b"type=a&" * 50_000),
    "anything": ("validate", lambda: b"<" * SIZE),
    "an envelope of spaces": ("validate", lambda: envelopes()[0] + b" " * (4 * SIZE)),
    "a package and more": ("validate", lambda: messages.package(lot()) + bytes(4 * SIZE)),
}


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_is_read_or_refused_soon(name: str) -> None:
    target_name, make = LARGE[name]
    target, data = READERS[target_name], make()
    begun = time.thread_time()
    with suppress(*target.refusals):
        target.read(data)
    taken = time.thread_time() - begun
    assert taken < MOST, f"{taken:.1f} s for {len(data)} bytes"
