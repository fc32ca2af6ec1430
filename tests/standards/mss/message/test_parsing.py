"""The quick parser finds what the library's finds, in anything."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import Message
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.mss.message.parsing import Cut

BASE64 = b"QmFzZTY0IGRlIHNvaXhhbnRl"
LINES = st.sampled_from(
    [
        b"",
        b" ",
        b"--b",
        b"--b--",
        b"--a",
        b"--a--",
        b"From: x@y.fr",
        b"From x",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: multipart/mixed; boundary=a",
        b"Content-Type: message/rfc822",
        b"Content-Type: message/delivery-status",
        b"Content-Transfer-Encoding: base64",
        b" suite",
        BASE64,
        BASE64 + b"==",
        b"b",
        "é".encode(),
    ]
)
ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""])


def told(message: Message) -> object:
    """All that the library knows of a message."""
    payload: Any = message.get_payload()
    return (
        message.items(),
        message.preamble,
        message.epilogue,
        [type(defect) for defect in message.defects],
        [told(part) for part in payload] if isinstance(payload, list) else payload,
    )


@given(st.lists(st.tuples(LINES, ENDS), max_size=40))
def test_any_message_is_parsed_as_the_library_parses_it(lines: list[tuple[bytes, bytes]]) -> None:
    raw = b"".join(line + end for line, end in lines)
    compat = policy.compat32
    assert told(Cut(raw).parse(compat)) == told(message_from_bytes(raw, policy=compat))


def test_the_lines_of_a_large_part_are_kept_as_they_came() -> None:
    body = (BASE64 + b"\r\n") * 5000 + b"Qg==\r\n"
    raw = b"Content-Transfer-Encoding: base64\r\n\r\n" + body
    assert Cut(raw).parse(policy.compat32).get_payload() == body.decode()
