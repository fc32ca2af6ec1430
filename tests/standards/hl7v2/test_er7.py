"""ER7 is read as written, whatever the line ends, the separators and the character set."""

from __future__ import annotations

from pathlib import Path

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.hl7v2 import er7
from carnet.standards.hl7v2.errors import Condition, Hl7Error

MSH = b"MSH|^~\\&|A|B|C|D|20240101||ADT^A28^ADT_A05|1|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_ends_a_segment(end: bytes) -> None:
    message = er7.read(MSH + end + b"PID|1||2" + end + b"PV1|1|I" + end)
    assert [part.name for part in message.segments] == ["MSH", "PID", "PV1"]
    assert message.get("PV1-2") == "I"


def test_mixed_line_ends_are_read() -> None:
    message = er7.read(MSH + b"\r\nPID|1\rPV1|1|I\n")
    assert message.get("PV1-2") == "I"


def test_folded_base64_stays_in_its_field_when_carriage_returns_end_segments() -> None:
    message = er7.read(MSH + b"\rOBX|1|ED|x||^TEXT^XML^Base64^QUJD\nREVG||\r")
    assert message.get("OBX-5.5") == "QUJD\nREVG"


def test_a_header_alone_is_a_message() -> None:
    assert er7.read(MSH).get("MSH-10") == "1"


def test_fields_of_the_header_keep_their_numbers() -> None:
    message = er7.read(MSH)
    assert message.msh.raw(1) == "|"
    assert message.msh.raw(2) == "^~\\&"
    assert message.get("MSH-9.2") == "A28"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("PID-3", "a"),
        ("PID-3.4.2", "x"),
        ("PID-3[2].1", "b"),
        ("PID-3[3]", ""),
        ("PID-9", ""),
        ("NK1-1", ""),
    ],
)
def test_a_path_leads_to_a_text(path: str, expected: str) -> None:
    assert er7.read(MSH + b"\rPID|1||a^^^N&x&ISO^PI~b").get(path) == expected


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(KeyError):
        er7.read(MSH).get("PID.3")


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ("\\F\\\\S\\\\T\\\\R\\\\E\\", "|^&~\\"),
        ("a\\.br\\b", "a\nb"),
        ("\\X0D0A\\", "\r\n"),
        ("\\XC3A9\\", "é"),
        ("\\H\\gras\\N\\", "gras"),
        ("C:\\dossier", "C:\\dossier"),
        ("\\Zdd\\", "\\Zdd\\"),
        ("\\XZZ\\", "\\XZZ\\"),
        ("a\\S\\b\\E", "a^b\\E"),
        ("\\XFF\\", "\\XFF\\"),
        ("\\X00\\", "\\X00\\"),
        ("", ""),
    ],
)
def test_escapes_are_read_and_unknown_ones_kept(wire: str, text: str) -> None:
    assert er7.STANDARD.unescape(wire) == text


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
    ],
)
def test_each_character_set_is_read(name: str, codec: str) -> None:
    raw = MSH.replace(b"UNICODE UTF-8", name.encode()) + "\rPID|1||Élodie".encode(codec)
    assert er7.read(raw).get("PID-3") == "Élodie"


def test_the_euro_sign_tells_8859_15_from_8859_1() -> None:
    raw = MSH.replace(b"UNICODE UTF-8", b"8859/15") + b"\rPID|1||\xa4"
    assert er7.read(raw).get("PID-3") == "€"


def test_the_published_tilde_that_is_no_tilde_separates() -> None:
    raw = MSH.replace(b"~", "˜".encode()) + "\rPID|1||a˜b".encode()
    assert er7.read(raw).get("PID-3[2]") == "b"


def test_other_separators_are_read() -> None:
    message = er7.read(b"MSH$*~\\&$A$B\rPID$1$$a*b")
    assert message.get("PID-3.2") == "b"


@pytest.mark.parametrize(
    ("raw", "condition", "place"),
    [
        (b"", Condition.SEGMENT_SEQUENCE, "MSH^1"),
        (b"PID|1", Condition.SEGMENT_SEQUENCE, "MSH^1"),
        (b"MSH|^", Condition.SEGMENT_SEQUENCE, "MSH^1"),
        (b"MSH|^^\\&|A|B", Condition.DATA_TYPE, "MSH^1^2"),
        (b"MSH|^a\\&|A|B", Condition.DATA_TYPE, "MSH^1^2"),
        (b"MSHA^~\\&AB", Condition.DATA_TYPE, "MSH^1^2"),
        (MSH.replace(b"UNICODE UTF-8", b"EBCDIC"), Condition.TABLE_VALUE_NOT_FOUND, "MSH^1^18"),
        (MSH + b"\rPID|1||\xff", Condition.DATA_TYPE, "MSH^1^18"),
        (MSH.replace(b"|UNICODE UTF-8", b"") + b"\rPID|\xc3\xa9", Condition.DATA_TYPE, "MSH^1^18"),
        (MSH + b"\rPID|1||\0", Condition.DATA_TYPE, "MSH^1"),
        (MSH + b"\rpid|1", Condition.SEGMENT_SEQUENCE, "MSH^1"),
        (MSH + b"\rno segment", Condition.SEGMENT_SEQUENCE, "MSH^1"),
        (MSH + b"\r" + MSH, Condition.SEGMENT_SEQUENCE, "MSH^2"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_do(
    raw: bytes, condition: Condition, place: str
) -> None:
    with pytest.raises(Hl7Error) as caught:
        er7.read(raw)
    assert (caught.value.code, caught.value.place, caught.value.ack) == (condition, place, "AE")
    assert " : " in caught.value.reason


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(
    st.lists(st.lists(st.lists(texts, min_size=1, max_size=3), min_size=1, max_size=3), max_size=4)
)
def test_what_is_written_reads_back(fields: list[list[list[str]]]) -> None:
    values: dict[int, er7.Value] = {
        number: [tuple(components) for components in repetitions]
        for number, repetitions in enumerate(fields, start=1)
    }
    message = er7.Message((er7.read(MSH).msh, er7.segment("ZZZ", values)), er7.STANDARD, "UTF-8")
    segment = er7.read(er7.write(message)).segments[-1]
    for number, repetitions in enumerate(fields, start=1):
        written = [c for c in repetitions if any(c)]
        read = segment.repetitions(number)
        assert len(read) == len(written)
        for field, components in zip(read, written, strict=True):
            assert [field.text(n) for n in range(1, len(components) + 1)] == components


def test_a_written_message_ends_each_segment_with_a_carriage_return() -> None:
    assert er7.write(er7.read(MSH + b"\nPID|1\n")) == MSH + b"\rPID|1\r"


def test_the_value_that_empties_a_field_is_written_as_it_is() -> None:
    assert er7.segment("PID", {3: er7.NULL}).raw(3) == '""'


def example_files(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / "hl7v2").rglob("*") if p.suffix in (".er7", ".hl7"))


def test_every_published_message_reads_as_the_hl7_library_reads_it(examples: Path) -> None:
    for path in example_files(examples):
        raw = path.read_bytes()
        ours = er7.read(raw)
        theirs = hl7.parse(raw.decode("utf-8").replace("\n", "\r"))
        assert len(ours.segments) == len(theirs), path.name
        for segment, other in zip(ours.segments, theirs, strict=True):
            assert segment.name == str(other[0]), path.name
            for number in range(1, len(segment.fields)):
                assert segment.raw(number) == str(other[number]), (
                    f"{path.name} {segment.name}-{number}"
                )


def test_every_published_message_is_written_back_byte_for_byte(examples: Path) -> None:
    for path in example_files(examples):
        raw = path.read_bytes()
        lines = [line for line in raw.split(b"\n") if line]
        assert er7.write(er7.read(raw)) == b"\r".join(lines) + b"\r", path.name
