"""What comes after DATA, however it is cut on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.national.doors.smtp import data

MOST = 1024 * 1024
LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x.", b"\r.", b".\n", b"texte"]))


def taken(pieces: Sequence[bytes], most: int = MOST) -> tuple[bytes, bytes]:
    """The message that these pieces hold, and what they leave for the next command."""

    async def read() -> tuple[bytes, bytes]:
        reader = asyncio.StreamReader(limit=64)

        async def send() -> None:
            for piece in pieces:
                reader.feed_data(piece)
                await asyncio.sleep(0)
            reader.feed_eof()

        sending = asyncio.create_task(send())
        try:
            return await data.read(reader, most), await reader.read()
        finally:
            await sending

    return asyncio.run(read())


def stuffed(message: bytes) -> bytes:
    """As a client sends it."""
    return (b"\r\n" + message).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


@given(LINES, st.lists(st.integers(min_value=1, max_value=40)))
def test_a_message_is_what_was_sent_however_it_was_cut(
    lines: list[bytes], sizes: list[int]
) -> None:
    message = b"".join(line + b"\r\n" for line in lines)
    wire, pieces = stuffed(message) + b"NOOP\r\n", []
    for size in sizes:
        pieces.append(wire[:size])
        wire = wire[size:]
    assert taken([*pieces, wire]) == (message, b"NOOP\r\n")


def test_a_message_larger_than_the_buffer_is_whole() -> None:
    message = b"x" * 300 + b"\r\n" + b"y" * 76 + b"\r\n"
    assert taken([stuffed(message * 50)])[0] == message * 50


def test_the_bound_is_that_of_the_message_itself() -> None:
    message = (b"x" * 8 + b"\r\n") * 30
    assert taken([stuffed(message)], len(message))[0] == message
    with pytest.raises(data.DataError, match=r"^552"):
        taken([stuffed(message)], len(message) - 1)


def test_a_line_is_as_long_as_the_standard_lets_it_be() -> None:
    message = b"a\r\n" + b"x" * 999 + b"\r\n"
    assert taken([stuffed(message)])[0] == message
    with pytest.raises(data.DataError, match=r"^500"):
        taken([stuffed(message.replace(b"x", b"xx", 1))])


def test_what_is_refused_is_read_to_its_end() -> None:
    async def read() -> bytes:
        reader = asyncio.StreamReader(limit=64)
        reader.feed_data(stuffed(b"x" * 500 + b"\r\n") + b"NOOP\r\n")
        with pytest.raises(data.DataError):
            await data.read(reader, 100)
        return await reader.readline()

    assert asyncio.run(read()) == b"NOOP\r\n"
