"""Documents are read in a process apart, which a hostile one may kill and nothing else."""

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pypdfium2 import PdfDocument

from carnet.national.clients import child, texts
from carnet.national.clients.texts import Reader, ReaderDied
from tests.national.record.finding.letters import pdf


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


def test_a_document_is_read(reader: Reader) -> None:
    found = reader.read("application/pdf", pdf("Fièvre"))
    assert [part.text for part in found.parts] == ["Fièvre"]
    assert found.state == "whole"


def test_a_document_that_cannot_be_read_says_why_and_the_next_is_read(reader: Reader) -> None:
    assert reader.read("application/pdf", b"%PDF-1.7 nothing").state == "unreadable"
    assert reader.read("application/dicom", b"DICM").state == "unknown"
    assert reader.read("text/plain", b"Toux").parts[0].text == "Toux"


def test_a_large_document_passes_through_the_pipe(reader: Reader) -> None:
    found = reader.read("text/plain", b"mot " * 2_000_000)
    assert found.state == "partial"


def test_a_document_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    with Reader(seconds=0.0) as hurried, pytest.raises(ReaderDied):
        hurried.read("text/plain", b"Toux")
    with Reader() as reader:
        reader.read("text/plain", b"Toux")
        process = reader.child.process
        assert process is not None
        process.kill()
        process.wait()
        assert reader.read("text/plain", b"Toux").state == "whole"


def test_a_document_that_fills_the_memory_kills_its_reader_alone() -> None:
    """A picture of 60,000 by 60,000 points in a page of a few bytes, to be recognised."""
    with Reader(recogniser="/bin/true") as reader:
        bomb = (
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R"
            b"/Resources<</XObject<</I 5 0 R>>>>>>endobj\n"
            b"4 0 obj<</Length 21>>stream\n200 0 0 200 0 0 cm /I Do\nendstream endobj\n"
            b"5 0 obj<</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceRGB"
            b"/BitsPerComponent 8/Length 3>>stream\nabc\nendstream endobj\n"
            b"trailer<</Root 1 0 R>>\n"
        )
        with suppress(ReaderDied):
            assert reader.read("application/pdf", bomb).state in {"whole", "partial", "unreadable"}
        assert reader.read("text/plain", b"Toux").state == "whole"


def test_a_reader_is_replaced_after_its_lifetime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "LIFETIME", 1)
    with Reader() as reader:
        reader.read("text/plain", b"Toux")
        assert reader.child.process is None
        assert reader.read("text/plain", b"Toux").state == "whole"


def test_the_child_knows_nothing_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CARNET_MASTER_KEY", "secret")
    with Reader() as reader:
        reader.read("text/plain", b"Toux")
        process = reader.child.process
        assert process is not None
        assert b"secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()


def scanned(typst: str) -> bytes:
    """A PDF of a picture of this page, as a scanner makes it."""
    page = PdfDocument(pdf(typst))[0]
    paper = io.BytesIO()
    page.render(scale=3).to_pil().convert("L").save(paper, "PDF", resolution=216)
    return paper.getvalue()


def test_scans_are_read_by_tesseract() -> None:
    found = texts.recogniser()
    if not found:
        pytest.skip("tesseract is not installed: `make test` does it when it may")
    with Reader(recogniser=found, languages="fra") as reader:
        read = reader.read("application/pdf", scanned("Échographie du genou : épanchement."))
    assert [part.text for part in read.parts] == ["Échographie du genou : épanchement."]
    assert read.state == "whole"


def test_a_recogniser_is_asked_for_the_words_of_a_scan(tmp_path: Path) -> None:
    from tests.standards.texts.test_extraction import scan

    command = tmp_path / "tesseract"
    command.write_text('#!/bin/sh\ncat >/dev/null\necho "Radiographie du poignet $4"\n')
    command.chmod(0o700)
    with Reader(recogniser=str(command), languages="fra") as reader:
        found = reader.read("application/pdf", scan())
    assert [part.text for part in found.parts] == ["Radiographie du poignet fra"]
    assert found.state == "whole"
