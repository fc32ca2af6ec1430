"""What the wards write is PDF/A with the words of the letter in it."""

import io
from datetime import date

import pikepdf
import pypdfium2
import pytest

from carnet.ops.region.papers import Paper, discharge, history
from carnet.ops.region.people import population
from carnet.ops.region.ward import french_day, to_pdf

PEOPLE = population()
PAPERS = (
    discharge(PEOPLE[0], admitted=date(2026, 3, 1), discharged=date(2026, 3, 9)),
    *history(PEOPLE, today=date(2026, 3, 10)),
)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: paper.title)
def test_a_paper_is_pdf_a_1b_and_names_its_patient(paper: Paper) -> None:
    data = to_pdf(paper)
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert pdf.open_metadata().pdfa_status == "1B"
        assert "/OutputIntents" in pdf.Root
    document = pypdfium2.PdfDocument(data)
    try:
        text = document[0].get_textpage().get_text_range()
    finally:
        document.close()
    assert paper.patient.birth_name in text
    assert paper.patient.matricule in text


def test_the_same_paper_gives_the_same_bytes() -> None:
    assert to_pdf(PAPERS[0]) == to_pdf(PAPERS[0])


def test_the_first_of_the_month_is_premier() -> None:
    assert french_day(date(2026, 3, 1)) == "1er mars 2026"
    assert french_day(date(2026, 8, 15)) == "15 août 2026"
