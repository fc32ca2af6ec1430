"""Whatever a hospital sends: one acknowledgement a frame, all or nothing done, the next served."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from django.db import connection

from carnet.standards.hl7v2.mllp import frame
from tests.establishment.doors.mllp.test_server import Peer, listening
from tests.establishment.messages import PDF, cda, document, pdf, wire
from tests.establishment.people import INS, QUALIFIED, adt, movement
from tests.fuzz.driving import spoilt
from tests.fuzz.mutations import NASTY, any_of, spoil_bytes, spoil_er7, spoil_xml

pytestmark = pytest.mark.django_db(transaction=True)

NO_FRAME = bytes.maketrans(b"\x0b\x1c", b"??")
ANSWERS = {"AA", "AE", "AR"}


def spoil_escapes(data: bytes, chance: random.Random) -> bytes:
    """Escapes, separators and character sets that lie."""
    segments = data.split(b"\r")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(segments))
        fields = segments[at].split(b"|")
        number = chance.randrange(len(fields))
        fields[number] = chance.choice((*NASTY, *ESCAPES))
        segments[at] = b"|".join(fields)
    if chance.random() < 0.4:
        head = segments[0].split(b"|")
        head[17:18] = [chance.choice(CHARSETS)]
        segments[0] = b"|".join(head)
    return b"\r".join(segments)


ESCAPES = (
    *(
        b"\\",
        b"\\\\",
        b"\\X\\",
        b"\\X0B1C0D\\",
        b"\\XC3\\",
        b"\\XFF\\",
        b"\\.br\\" * 200,
        b"\\E\\" * 500,
    ),
    *(b"~" * 3000, b"^" * 3000, b"&" * 3000, b'""', b'""^""', b"\\H\\\\N\\", b"\\X00\\", b"\\Z1\\"),
)
CHARSETS = (b"", b"ASCII", b"8859/1", b"8859/15", b"UNICODE UTF-8", b"UTF-16", b"8859/1~8859/15")


def spoil_document(_data: bytes, chance: random.Random) -> bytes:
    """The message whole, the document inside spoilt: what OBX-5 carries in base64."""
    if chance.random() < 0.3:
        return wire(document(spoil_bytes(PDF, chance), media_type="application/pdf"))
    letter = cda(f"1.2.250.1.999.7.9.{chance.randrange(1000)}")
    return wire(document(chance.choice((spoil_xml, spoil_bytes))(letter, chance)))


MESSAGES: Mapping[str, tuple[Callable[[], list[bytes]], Callable[..., bytes]]] = {
    "identities": (
        lambda: [wire(adt("A28", QUALIFIED)), wire(adt("A40", replace(QUALIFIED)))],
        any_of(spoil_er7, spoil_er7, spoil_bytes, spoil_escapes),
    ),
    "movements": (
        lambda: [wire(adt("A01", QUALIFIED, movement=movement()))],
        any_of(spoil_er7, spoil_bytes, spoil_escapes),
    ),
    "letters": (
        lambda: [wire(document()), wire(pdf())],
        any_of(spoil_er7, spoil_er7, spoil_bytes, spoil_escapes),
    ),
    "documents": (lambda: [wire(document())], spoil_document),
}


def rows() -> dict[str, int]:
    """The rows of all that messages make, but for the messages themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            " AND (table_name LIKE 'exchange_%' OR table_name LIKE 'patients_%')"
            " AND table_name <> 'exchange_inbound'"
        )
        names = [name for (name,) in cursor.fetchall()]
        counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in names)  # noqa: S608 - ours
        cursor.execute(f"SELECT {counts}")
        return dict(zip(names, cursor.fetchone(), strict=True))


def inbound() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM exchange_inbound")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("kind", MESSAGES)
def test_any_message_is_acknowledged_and_does_all_or_nothing(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    seeds, mutation = MESSAGES[kind]
    with listening() as (port, _):
        peer = Peer(port)
        peer.send(frame(wire(adt("A28", QUALIFIED))))
        assert peer.answer().get("MSA-1") == "AA"
        for data in spoilt(f"mllp-{kind}", seeds(), mutation):
            message = data.translate(NO_FRAME)
            if not message or b"|ACK" in message:  # an acknowledgement is never answered
                continue
            before, kept = rows(), inbound()
            peer.send(frame(message))
            code = peer.answer().get("MSA-1")
            assert code in ANSWERS, message
            assert inbound() - kept in (0, 1)  # none: the same message again
            if code != "AA":
                assert rows() == before, message
        peer.send(frame(wire(adt("A28", QUALIFIED, control_id="LAST"))))
        assert (last := peer.answer()).get("MSA-1") == "AA"
        assert last.get("MSA-2") == "LAST"
        peer.close()
    assert_silent(caplog)


def test_any_bytes_leave_the_next_frame_readable(caplog: pytest.LogCaptureFixture) -> None:
    good = frame(wire(adt("A28", QUALIFIED)))
    with listening() as (port, _):
        for number, data in enumerate(spoilt("mllp-frames", [good, good * 3], spoil_bytes)):
            peer = Peer(port)
            peer.send(data.replace(b"|ACK", b"|ADT"))
            peer.send(frame(wire(adt("A28", QUALIFIED, control_id=f"N{number}"))))
            answer = peer.answer()
            while answer.get("MSA-2") != f"N{number}":
                assert answer.get("MSA-1") in ANSWERS
                answer = peer.answer()
            assert answer.get("MSA-1") == "AA", data
            peer.close()
    assert_silent(caplog)


def assert_silent(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing failed, and nobody is named."""
    assert "not_kept" not in caplog.text
    assert "Traceback" not in caplog.text
    for word in (INS.matricule, "CARRIERE", "LOUISE"):
        assert word not in caplog.text
