"""The framer survives any peer and loses no good frame."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.hl7v2.mllp import HEAD, Frame, Framer, FramingError, FramingFault, frame

F = FramingFault
payloads = st.binary(min_size=1, max_size=60).map(
    lambda data: data.replace(b"\x0b", b"v").replace(b"\x1c", b"f")
)


def frames(found: list[Frame | FramingError]) -> list[bytes]:
    return [part.data for part in found if isinstance(part, Frame)]


def faults(found: list[Frame | FramingError]) -> list[FramingFault]:
    return [part.fault for part in found if isinstance(part, FramingError)]


def test_a_frame_gives_its_message() -> None:
    assert Framer().feed(b"\x0bMSH|\x1c\r") == [Frame(b"MSH|")]


def test_frames_in_one_packet_are_told_apart() -> None:
    assert frames(Framer().feed(frame(b"one") + b"\r\n" + frame(b"two"))) == [b"one", b"two"]


def test_a_lone_end_byte_ends_a_frame() -> None:
    assert Framer().feed(b"\x0bone\x1c\x0btwo\x1c") == [Frame(b"one"), Frame(b"two")]


def test_a_message_without_start_byte_is_reported_with_its_head() -> None:
    (error,) = Framer().feed(b"MSH|^~\\&|A\x1c\r")
    assert error == FramingError(F.NO_START, 10, b"MSH|^~\\&|A")


def test_garbage_before_a_frame_is_reported_and_the_frame_kept() -> None:
    assert Framer().feed(b"GET / HTTP/1.1\r\n" + frame(b"good")) == [
        FramingError(F.NO_START, 16, b"GET / HTTP/1.1\r\n"),
        Frame(b"good"),
    ]


def test_a_frame_cut_by_another_is_reported() -> None:
    found = Framer().feed(b"\x0bhalf" + frame(b"good"))
    assert found == [FramingError(F.TRUNCATED, 4, b"half"), Frame(b"good")]


def test_an_empty_frame_is_reported() -> None:
    assert faults(Framer().feed(b"\x0b\x1c\r")) == [F.EMPTY]


def test_the_end_of_the_stream_inside_a_frame_is_reported() -> None:
    framer = Framer()
    assert framer.feed(b"\x0bhalf") == []
    assert framer.finish() == [FramingError(F.TRUNCATED, 4, b"half")]


def test_the_end_of_the_stream_between_frames_is_nothing() -> None:
    framer = Framer()
    framer.feed(frame(b"good"))
    assert framer.finish() == []


@pytest.mark.parametrize("chunk", [1, 7, 5000])
def test_a_huge_frame_is_dropped_without_being_held_and_the_next_is_read(chunk: int) -> None:
    framer = Framer(limit=2000)
    stream = b"\x0b" + b"A" * 4000 + b"\x1c\r" + frame(b"good")
    found = [
        part for i in range(0, len(stream), chunk) for part in framer.feed(stream[i : i + chunk])
    ]
    assert found == [FramingError(F.TOO_LARGE, 4000, b"A" * HEAD), Frame(b"good")]


def test_endless_garbage_is_reported_and_not_held() -> None:
    framer = Framer(limit=100)
    found = [part for _ in range(50) for part in framer.feed(b"x" * 10)]
    assert faults(found) == [F.NO_START] * 5


def test_a_frame_of_exactly_the_limit_is_taken() -> None:
    assert frames(Framer(limit=4).feed(frame(b"four"))) == [b"four"]
    assert faults(Framer(limit=4).feed(frame(b"fives"))) == [F.TOO_LARGE]


@pytest.mark.parametrize("byte", [b"\x0b", b"\x1c"])
def test_a_message_that_holds_a_framing_byte_cannot_be_framed(byte: bytes) -> None:
    with pytest.raises(ValueError):
        frame(b"a" + byte)


@given(st.lists(st.binary(max_size=50)))
def test_no_stream_of_bytes_makes_it_raise_or_lose_count(chunks: list[bytes]) -> None:
    framer = Framer(limit=40)
    found = [part for chunk in chunks for part in framer.feed(chunk)] + framer.finish()
    told = sum(len(p.data) if isinstance(p, Frame) else p.size for p in found)
    assert told <= sum(map(len, chunks))


@given(st.binary(max_size=80), st.lists(payloads, max_size=4))
def test_no_well_formed_frame_is_lost_after_garbage(garbage: bytes, good: list[bytes]) -> None:
    framer = Framer()
    framer.feed(garbage)
    assert frames(framer.feed(b"".join(map(frame, good)))) == good


@given(st.binary(max_size=200), st.data())
def test_packets_do_not_matter(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    framer = Framer(limit=50)
    bounds = [0, *cuts, len(stream)]
    cut = [part for a, b in pairwise(bounds) for part in framer.feed(stream[a:b])]
    assert frames(cut) == frames(Framer(limit=50).feed(stream))
