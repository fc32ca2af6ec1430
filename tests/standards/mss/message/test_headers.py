from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.mss.message import headers

FRENCH = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200
)


def raw_value(line):
    message = message_from_bytes(line + b"\r\n", policy=policy.compat32)
    return next(iter(message.raw_items()))[1]


@given(FRENCH)
def test_any_text_folds_and_unfolds(text):
    line = headers.line("Subject", text)

    assert line.isascii()
    assert all(len(part) <= 78 for part in line.split(b"\r\n"))
    assert headers.decoded(raw_value(line)) == text.strip()


@given(FRENCH)
def test_the_standard_library_reads_what_we_write(text):
    read = message_from_bytes(headers.line("Subject", text) + b"\r\n", policy=policy.default)
    assert str(read["Subject"] or "").strip() == text.strip()


@given(FRENCH.map(str.strip))
def test_any_label_beside_an_address_survives(label):
    line = headers.address_line("From", [(label, "a@b.fr"), ("", "c@d.fr")])
    read = message_from_bytes(line + b"\r\n", policy=policy.default)
    assert [a.addr_spec for a in read["From"].addresses] == ["a@b.fr", "c@d.fr"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("=?utf-8?B?w4k=?= =?utf-8?B?dMOp?=", "Été"),
        ("=?utf-8?B?w4l0w6k=?=\r\n =?utf-8?Q?_bleu?=", "Été bleu"),
        # A sender that cuts inside a character.
        ("=?utf-8?B?w4l0ww==?= =?utf-8?B?qQ==?=", "Été"),
        ("=?UTF-8?Q?=C3=89t=C3?= =?UTF-8?Q?=A9?=", "Été"),
        ("=?iso-8859-15?Q?C=BDur_=E9t=E9?=", "Cœur été"),
        ("=?utf-8*fr?Q?=C3=89t=C3=A9?=", "Été"),
        ("=?inconnu?Q?=C3=89t=C3=A9?=", "Été"),
        ("=?utf-8?Q?=E9t=E9?=", "été"),
        ("a =?utf-8?Q?b?= c", "a b c"),
        ("=?utf-8?B?!!!?=", ""),
        ("  trop d'espaces  ", "trop d'espaces"),
        ("XDM/1.0/DDM+a\r\n b", "XDM/1.0/DDM+a b"),
        ("a\0b", "a b"),
        ("", ""),
    ],
)
def test_what_others_write_is_read(raw, text):
    assert headers.decoded(raw) == text


@pytest.mark.parametrize(
    ("data", "text"), [("Été".encode(), "Été"), ("Été".encode("latin-1"), "Été")]
)
def test_bytes_that_came_unencoded_are_read(data, text):
    line = b"Subject: " + data + b"\r\n\r\n"
    assert headers.decoded(raw_value(line)) == text


@given(st.text(max_size=300))
def test_any_raw_header_is_read(text):
    assert isinstance(headers.decoded(text), str)
