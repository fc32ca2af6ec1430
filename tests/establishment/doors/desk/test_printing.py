"""What is printed is read back by a camera, and says nothing that the status does not allow."""

from dataclasses import replace
from uuid import uuid4

import pytest

from carnet.establishment.clients.symbols import LIMIT, Unreadable, read_symbols
from carnet.establishment.doors.desk.printing import label, symbol
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.hl7v2.messages import Consultation, Feeding
from carnet.standards.ins import Status, datamatrix
from tests.establishment.people import INS

LOUISE = LocalPatient(
    id=uuid4(),
    status=Status.QUALIFIEE,
    attributes=(),
    birth_name="D'ALMEIDA",
    first_given_name="ANNE-LAURE",
    given_names="ANNE-LAURE MARIE",
    used_name="CARRIERE",
    used_given_name="ANNE",
    birth_date="19810412",
    sex="F",
    birth_place="63220",
    ins=INS,
    local_ids=(),
    feeding=Feeding.NOT_COLLECTED,
    consultation=Consultation.NOT_COLLECTED,
    lack=None,
)


def read(data: bytes) -> datamatrix.Datamatrix:
    (found,) = read_symbols(data)
    return datamatrix.read(found.decode("ascii"))


def test_the_picture_says_the_ins_and_its_traits() -> None:
    picture = symbol(LOUISE)
    assert picture is not None
    said = read(picture)
    assert said.ins == INS
    assert said.traits.birth_name == "D'ALMEIDA"
    assert said.traits.given_names == "ANNE-LAURE MARIE"


def test_the_label_is_a_pdf_that_says_the_same() -> None:
    written = label(LOUISE)
    assert written.startswith(b"%PDF-")
    assert read(written).ins == INS


def test_an_identity_that_is_not_qualified_has_no_symbol() -> None:
    provisional = replace(LOUISE, ins=None, status=Status.VALIDEE)
    assert symbol(provisional) is None
    assert read_symbols(label(provisional)) == []


def test_an_ins_without_the_list_of_given_names_is_not_written() -> None:
    assert symbol(replace(LOUISE, given_names="")) is None


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not a picture",
        b"%PDF-1.7 broken",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        # a header that claims 60000 x 60000 pixels
        b"BM" + bytes(12) + b"(\0\0\0" + b"\x60\xea\0\0" * 2 + b"\1\0\x18\0" + bytes(24),
    ],
)
def test_a_hostile_file_is_refused(hostile: bytes) -> None:
    with pytest.raises(Unreadable):
        read_symbols(hostile)


def test_a_file_too_large_is_not_even_opened() -> None:
    with pytest.raises(Unreadable):
        read_symbols(bytes(LIMIT + 1))
