"""What comes by MLLP, by mail, by scanner: HL7 v2, MIME, XDM, datamatrix, numbers."""

from __future__ import annotations

from carnet.standards.hl7v2 import build, er7, header, mllp, reading
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.ids import IdentifierError, Ins, PatientId, luhn_valid
from carnet.standards.ins import datamatrix
from carnet.standards.ins.matricule import synthetic_ins
from carnet.standards.ins.traits import Sex
from carnet.standards.mss import addresses, xdm
from carnet.standards.mss import message as mss
from tests.fuzz.mutations import any_of, spoil_bytes, spoil_er7, spoil_zip
from tests.fuzz.target import Target
from tests.fuzz.targets.services import INS, lot
from tests.national import messages
from tests.standards.hl7v2 import perfect as hl7

SEPARATORS = ("<GS>", "^]", "\x1d")
LIMIT = 5_000


def hl7_seeds() -> list[bytes]:
    return [
        build.adt(hl7.admission(), hl7.ENVELOPE),
        build.mdm(hl7.letter(), hl7.ENVELOPE),
        build.oru(hl7.letter(), hl7.ENVELOPE),
    ]


def read_er7(data: bytes) -> None:
    """What is read is written, and reads back the same."""
    header.peek(data)
    message = er7.read(data)
    assert er7.read(er7.write(message)) == message
    for segment in message.segments:
        for number in range(len(segment.fields)):
            for field in segment.repetitions(number):
                field.text(1, 2)
                assert field.delimiters.unescape(field.delimiters.escaped(field.whole)) == (
                    field.whole
                )
    reading.read_event(message)


def deframe(data: bytes) -> None:
    """However the bytes are cut, the same frames; never more held than the limit."""
    whole, cut = mllp.Framer(limit=LIMIT), mllp.Framer(limit=LIMIT)
    found = [
        part for at in range(0, len(data), 97) for part in cut.feed(data[at : at + 97])
    ] + cut.finish()
    frames = [part.data for part in whole.feed(data) + whole.finish() if _is_frame(part)]
    assert [part.data for part in found if isinstance(part, mllp.Frame)] == frames
    assert all(len(each) <= LIMIT for each in frames)


def _is_frame(part: object) -> bool:
    return isinstance(part, mllp.Frame)


def read_mail(data: bytes) -> None:
    """What is read can be stored and shown: nothing that a database or a page cannot hold."""
    message = mss.read(data)
    texts = (message.subject, message.body_text, *(each.filename for each in message.attachments))
    for text in texts:
        text.encode()
        assert "\x00" not in text


def read_datamatrix(data: bytes) -> None:
    """What is read, when it can be written, reads back the same."""
    found = datamatrix.read(data.decode("utf-8", "surrogateescape"), separators=SEPARATORS)
    assert datamatrix.read(datamatrix.write(found.ins, found.traits)) == found


def read_matricule(data: bytes) -> None:
    """A form is an INS or is none; what its key says of it is what the rule says."""
    text = data.decode("utf-8", "surrogateescape")
    luhn_valid(text)
    ins = Ins.from_cx(text)
    assert Ins.from_cx(ins.cx) == ins
    assert ins.key_valid in (True, False)
    assert ins.matricule not in repr(ins)


def read_patient_id(data: bytes) -> None:
    found = PatientId.from_cx(data.decode("utf-8", "surrogateescape"))
    assert PatientId.from_cx(found.cx) == found
    repr(found)


def read_address(data: bytes) -> None:
    """An address is the same when it is written and read again."""
    found = addresses.Address.parse(data.decode("utf-8", "surrogateescape"))
    assert addresses.Address.parse(str(found)) == found
    assert addresses.Address.parse(found.key).key == found.key


MESSAGES = (
    Target(
        "hl7v2",
        hl7_seeds,
        read_er7,
        (Hl7Error,),
        any_of(spoil_bytes, spoil_er7, spoil_er7),
        ("hl7v2/*/*.er7", "hl7v2/*/*.hl7"),
    ),
    Target(
        "mllp",
        lambda: [b"".join(mllp.frame(each) for each in hl7_seeds()[:2])],
        deframe,
        (),
        spoil_bytes,
    ),
    Target(
        "xdm",
        lambda: [messages.package(lot())],
        xdm.read,
        (xdm.XdmError,),
        any_of(spoil_bytes, spoil_zip, spoil_zip),
    ),
    Target("mail", lambda: [messages.message(INS)], read_mail, (mss.MessageError,), spoil_bytes),
    Target(
        "address",
        lambda: [
            b"cardiologie@ch-exemple.mssante.fr",
            "x@hôpital.fr.".encode(),
            INS.matricule.encode() + b"@patient.mssante.fr",
        ],
        read_address,
        (addresses.AddressError,),
        spoil_bytes,
    ),
    Target(
        "datamatrix",
        lambda: [
            (
                f"{datamatrix.HEADER}S1{INS.matricule}S2{INS.oid}\x1dS3DOMINIQUE MARIE\x1d"
                "S4PAT-TROIS\x1dS5FS628-03-1979S751215"
            ).encode()
        ],
        read_datamatrix,
        (datamatrix.DatamatrixError,),
        spoil_bytes,
    ),
    Target(
        "matricule",
        lambda: [
            INS.cx.encode(),
            synthetic_ins(Sex.FEMININE, 1979, 3, "2A004", 12).cx.encode(),
        ],
        read_matricule,
        (IdentifierError,),
        spoil_bytes,
    ),
    Target(
        "patient id",
        lambda: [b"IPP-0042^^^&1.2.250.1.999.4&ISO"],
        read_patient_id,
        (IdentifierError,),
        spoil_bytes,
    ),
)
