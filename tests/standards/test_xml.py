"""The door through which XML enters."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.xml import XmlError, escape, parse, serialize


def test_well_formed_xml_is_read_and_written_back() -> None:
    assert serialize(parse("<a b='é'>x<c/></a>".encode())) == '<a b="é">x<c/></a>'.encode()


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
        b"<!DOCTYPE a><a/>",
    ],
)
def test_a_document_type_declaration_is_refused(data: bytes) -> None:
    with pytest.raises(XmlError):
        parse(data)


def test_entities_that_grow_are_refused_before_they_grow() -> None:
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    with pytest.raises(XmlError):
        parse(f'<!DOCTYPE a [<!ENTITY l0 "lol">{lines}]><a>&l9;</a>'.encode())


def test_a_document_larger_than_the_limit_is_refused() -> None:
    with pytest.raises(XmlError, match="exceeds"):
        parse(b"<a>" + b"x" * 100 + b"</a>", limit=50)


@pytest.mark.parametrize(
    "data", [b"<s:a/>", b'<a s:b="1"/>', b"<a><s:b/></a>", b'<a:b:c xmlns:a="urn:x"/>', b"<:a/>"]
)
def test_a_prefix_that_nothing_declares_is_refused(data: bytes) -> None:
    with pytest.raises(XmlError, match="not well-formed"):
        parse(data)


def test_a_very_deep_document_is_refused() -> None:
    with pytest.raises(XmlError):
        parse(b"<a>" * 100_000 + b"</a>" * 100_000)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(XmlError):
        parse(data)


@given(st.text())
def test_an_escaped_text_reads_back_the_same_in_an_attribute(text: str) -> None:
    try:
        safe = escape(text)
    except XmlError:
        return
    assert parse(f'<a b="{safe}">{safe}</a>'.encode()).get("b") == text
