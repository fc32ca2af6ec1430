import contextlib
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.mss.message import Attachment, Limits, MessageError, Party, read


def letter(*fields, body="Bonjour"):
    """A plain message: the fields given, the usual ones where they are not."""
    names = {field.split(":")[0].lower() for field in fields}
    usual = ["From: a@b.mssante.fr", "To: c@d.mssante.fr", "Subject: Bonjour", "Message-ID: <1@b>"]
    head = [*fields, *(f for f in usual if f.split(":")[0].lower() not in names)]
    return "\r\n".join([*head, "", body]).encode()


def mixed(*parts, subject="Bonjour"):
    """A message of several parts, each (its fields, its text)."""
    body = "".join(
        "--B\r\n" + "\r\n".join(fields) + "\r\n\r\n" + text + "\r\n" for fields, text in parts
    )
    return letter(
        f"Subject: {subject}", "Content-Type: multipart/mixed; boundary=B", body=body + "--B--\r\n"
    )


def attached(filename, media_type, data=b"PK\x05\x06"):
    return (
        [
            f"Content-Type: {media_type}",
            "Content-Transfer-Encoding: base64",
            f"Content-Disposition: attachment; {filename}",
        ],
        b64encode(data).decode(),
    )


def refusal(raw, limits=None):
    with pytest.raises(MessageError) as caught:
        read(raw, limits)
    assert caught.value.reply.isascii()
    return f"{caught.value.code} {caught.value.enhanced}"


# What is said --------------------------------------------------------------------------------


def test_a_plain_letter_is_read():
    message = read(letter())
    assert message.sender == Party("a@b.mssante.fr")
    assert message.recipients == (Party("c@d.mssante.fr"),)
    assert (message.subject, message.body_text) == ("Bonjour", "Bonjour")
    assert message.date is None
    assert message.xdm is None
    assert message.ins_complete is None


def test_lines_that_end_with_lf_are_read():
    assert read(letter(body="a\r\nb").replace(b"\r\n", b"\n")).body_text == "a\nb"


@pytest.mark.parametrize(
    ("field", "date"),
    [
        ("Mon, 02 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 09:00:00 -0000", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("2 Mar 2026 09:00 GMT", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("hier", None),
        ("Mon, 99 Mar 2026 09:00:00 +0000", None),
        ("Mon, 02 Mar 99999999999 09:00:00 +0000", None),
    ],
)
def test_a_date_is_read_or_is_not_known(field, date):
    assert read(letter(f"Date: {field}")).date == date


def test_the_mark_is_hidden_and_the_subject_kept():
    message = read(letter("Subject: XDM/1.0/DDM+Lettre B A"))
    assert message.subject == "XDM/1.0/DDM+Lettre B A"
    assert message.subject_shown == "Lettre B A"


def test_the_mark_is_hidden_inside_an_answer_and_a_rejection():
    assert read(letter("Subject: Re: XDM/1.0/DDM+Lettre")).subject_shown == "Re: Lettre"
    rejected = "Subject: [KO Integration systeme !][902] XDM/1.0/DDM+Lettre"
    assert read(letter(rejected)).subject_shown == "[KO Integration systeme !][902] Lettre"


@pytest.mark.parametrize(
    ("field", "final", "fin_all"),
    [
        ("X-MSS-MES: FIN", True, False),
        ("x-mss-mes:  fin ", True, False),
        ("X-MSS-MES: non", False, False),
        ("Subject: [FIN]", False, True),
        ("Subject: [fin]", False, False),
        ("Subject: Re: [FIN]", False, False),
    ],
)
def test_both_ways_to_end_an_exchange_are_read(field, final, fin_all):
    message = read(letter(field))
    assert (message.final, message.fin_all) == (final, fin_all)


def test_labels_are_decoded():
    message = read(letter('From: "=?utf-8?Q?Zo=C3=A9_MARTIN?=" <a@b.fr>'))
    assert message.sender == Party("a@b.fr", "Zoé MARTIN")
    comma = read(letter('From: "MARTIN, Zoe" <a@b.fr>'))
    assert comma.sender == Party("a@b.fr", "MARTIN, Zoe")


def test_recipients_that_are_no_addresses_are_left_out():
    message = read(
        letter("To: a@b.fr, undisclosed-recipients:;, x", "Cc: =?utf-8?Q?=C3=89?= <c@d.fr>")
    )
    assert message.recipients == (Party("a@b.fr"), Party("c@d.fr", "É"))


@pytest.mark.parametrize(
    "fields",
    [
        ["From: "],
        ["From: nobody"],
        ["From: a@b.fr, c@d.fr"],
        ["From: a@b.fr", "From: c@d.fr"],
    ],
)
def test_a_message_without_one_author_is_refused(fields):
    assert refusal(letter(*fields)) == "554 5.6.0"


# Parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filename", "media_type"),
    [
        ('filename="IHE_XDM.zip"', "application/zip"),
        ('filename="ihe_xdm.ZIP"', "application/x-zip-compressed"),
        ("filename=IHE_XDM.ZIP", "application/octet-stream"),
        ("filename*=utf-8''IHE%5FXDM.zip", "application/zip"),
        ('filename="=?utf-8?Q?IHE=5FXDM.zip?="', "application/zip"),
    ],
)
def test_the_package_is_found_however_it_is_named(filename, media_type):
    message = read(mixed(attached(filename, media_type)))
    assert message.xdm == b"PK\x05\x06"
    assert message.attachments == ()


def test_the_only_zip_of_a_marked_message_is_the_package():
    part = attached("filename=docs.zip", "application/zip")
    assert read(mixed(part, subject="XDM/1.0/DDM+Lettre")).xdm is not None
    assert read(mixed(part)).xdm is None
    assert read(mixed(part, part, subject="XDM/1.0/DDM+Lettre")).xdm is None


def test_a_bad_package_does_not_make_the_letter_unreadable():
    part = attached("filename=IHE_XDM.zip", "application/zip", b"not a zip")
    message = read(mixed((["Content-Type: text/plain"], "Bonjour"), part))
    assert message.body_text == "Bonjour"
    assert message.xdm == b"not a zip"


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("filename=" + "lettre.pdf", "lettre.pdf"),
        ("filename*=utf-8''" + quote("Été.pdf"), "Été.pdf"),
        ("filename*=iso-8859-1''" + quote("Été.pdf", encoding="latin-1"), "Été.pdf"),
        ("filename*0*=utf-8''" + quote("Été") + "; filename*1=.pdf", "Été.pdf"),
        ('filename="=?utf-8?B?w4l0w6kucGRm?="', "Été.pdf"),
        ('filename="../../etc/passwd"', "_.._etc_passwd"),
        ('filename="C:\\\\x.exe"', "C:_x.exe"),
        ('filename="a\u202efdp.exe"', "a_fdp.exe"),
        ("x=y", "piece-jointe-1.pdf"),
    ],
)
def test_file_names_are_read_and_cannot_lie(parameter, name):
    message = read(mixed(attached(parameter, "application/pdf", b"%PDF")))
    assert message.attachments == (Attachment(name, "application/pdf", b"%PDF"),)


@pytest.mark.parametrize(
    ("charset", "data"),
    [
        ("utf-8", "Été €"),
        ("iso-8859-15", "Été €"),
        ("windows-1252", "Été €"),
        ("nimporte", "Été €"),
    ],
)
def test_the_charset_of_the_text_is_followed(charset, data):
    encoded = data.encode("utf-8" if charset == "nimporte" else charset)
    raw = letter(f"Content-Type: text/plain; charset={charset}", body="").rstrip() + b"\r\n\r\n"
    assert read(raw + encoded).body_text == data


def test_a_wrong_charset_is_still_read():
    raw = letter("Content-Type: text/plain; charset=utf-8", body="").rstrip() + b"\r\n\r\n"
    assert read(raw + "Été".encode("latin-1")).body_text == "Été"


def test_a_letter_in_html_alone_has_its_words():
    html = (
        "<html><head><title>t</title><style>p{}</style></head><body><p>Été</p><script>x()</script>"
    )
    raw = letter("Content-Type: text/html; charset=utf-8", body=html + "<p>bleu</p>\r\n<!-- c -->")
    message = read(raw)
    assert message.body_text.split() == ["Été", "bleu"] or message.body_text == "Étébleu"
    assert "<script>" in message.body_html


@pytest.mark.parametrize("html", ["", " ", "<", "<!---->", "<html></html>", "\x01"])
def test_empty_html_has_no_words(html):
    assert read(letter("Content-Type: text/html", body=html)).body_text in ("", "<")


def test_an_embedded_message_is_one_attachment():
    inner = letter("Subject: Dedans").decode()
    message = read(mixed((["Content-Type: message/rfc822"], inner)))
    (attachment,) = message.attachments
    assert attachment.media_type == "message/rfc822"
    assert attachment.filename == "piece-jointe-1.eml"
    assert b"Subject: Dedans" in attachment.data


def test_an_embedded_message_keeps_its_bytes():
    inner = letter("Subject: =?utf-8?Q?=C3=89?=\r\n suite", "X: y", body="From moi\r\n\r\nfin")
    raw = mixed((["Content-Type: message/rfc822"], "%s")) % inner
    assert read(raw).attachments[0].data == inner


def test_a_text_file_is_an_attachment_and_not_the_letter():
    part = (
        ["Content-Type: text/plain", "Content-Disposition: attachment; filename=a.txt"],
        "dans le fichier",
    )
    message = read(mixed((["Content-Type: text/plain"], "Bonjour"), part))
    assert message.body_text == "Bonjour"
    assert message.attachments[0].filename == "a.txt"


# Bounds --------------------------------------------------------------------------------------


def test_a_message_over_the_limit_is_refused():
    assert refusal(letter(body="x" * 1000), Limits(size=500)) == "552 5.3.4"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@b.fr\r\n" + b"X: y\r\n" * 100_000,
        letter("Content-Type: multipart/mixed; boundary=B", body="--B\r\n\r\n" * 5_000),
        letter(body="\n" * 1_100_000),
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 1_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 1_000,
    ],
    ids=["headers", "parts", "lines", "nested", "embedded"],
)
def test_what_would_take_too_long_is_refused_before_it_is_parsed(raw):
    assert refusal(raw) == "554 5.6.0"


@pytest.mark.parametrize(
    "field",
    [
        "To: " + "(" * 50_000,
        "To: " + "a@b.fr," * 9_000,
        "To: " + '"' * 60_000,
        "To: " + "<" * 60_000,
        "To: " + "a:" * 30_000,
        "Subject: " + "=?utf-8?Q?" * 20_000,
        "Date: " + "9" * 60_000,
        "References: " + "<" * 60_000,
        'Content-Type: text/plain; x="' + ";" * 200_000,
        "Content-Type: text/plain; charset*" + "9" * 5_000 + "*=x",
        "Content-Disposition: attachment; filename*" + "1" * 5_000 + "*=x",
    ],
    ids=lambda field: field[:30],
)
@pytest.mark.timeout(60)
def test_a_hostile_field_is_read_quickly(field):
    assert read(letter(field)).sender == Party("a@b.mssante.fr")


def test_deep_multiparts_are_refused():
    raw = b"From: a@b.fr\r\n"
    for n in range(20):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
    assert refusal(raw + b"\r\nx") == "554 5.6.0"


def test_too_many_attachments_are_refused():
    part = attached("filename=a.pdf", "application/pdf")
    assert refusal(mixed(*[part] * 101)) == "554 5.6.0"


def test_contradictory_sections_of_a_name_give_no_name():
    message = read(mixed(attached("filename*=a.pdf; filename*0=b.pdf", "application/pdf", b"%PDF")))
    assert message.attachments[0].filename == "piece-jointe-1.pdf"


def test_contradictory_sections_of_a_boundary_are_refused():
    field = "Content-Type: multipart/mixed; boundary*=A; boundary*0=B"
    assert refusal(letter(field, body="--A\r\n\r\nx\r\n--A--\r\n")) == "554 5.6.0"


@given(data=st.binary(max_size=500))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(MessageError):
        read(data)
    with contextlib.suppress(MessageError):
        read(b"From: a@b.fr\r\n" + data)


@given(
    changes=st.lists(
        st.tuples(st.integers(0, 10**6), st.binary(max_size=3)), min_size=1, max_size=6
    )
)
def test_a_message_with_changed_bytes_is_read_or_refused(session_raw, changes):
    data = bytearray(session_raw)
    for place, piece in changes:
        where = place % 3000 if place % 2 else place % len(data)
        data[where : where + 1] = piece
    with contextlib.suppress(MessageError):
        read(bytes(data))


@given(cut=st.integers(0, 10**6))
def test_a_message_cut_short_is_read_or_refused(session_raw, cut):
    with contextlib.suppress(MessageError):
        read(session_raw[: cut % len(session_raw)])
