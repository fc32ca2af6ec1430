import contextlib
import io
import threading

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from carnet.national.doors.space import drawing, paper
from tests.national.doors.space.lives import pdf


def test_a_page_is_a_picture_of_the_size_it_says_with_its_words():
    (page,) = paper.pages(pdf("Bonjour à tous."), 1, 5)
    picture = Image.open(io.BytesIO(page.picture))
    assert picture.format == "PNG"
    assert picture.size == (page.width, page.height)
    assert page.width in range(drawing.WIDTH, drawing.WIDTH + 2)
    assert page.text == "Bonjour à tous."


def test_pages_are_given_from_the_one_asked():
    assert paper.page_count(pdf("x", 3)) == 3
    assert len(paper.pages(pdf("x", 3), 2, 5)) == 2


@pytest.mark.parametrize("size", [(10, 14000), (14000, 10), (14000, 14000), (3, 3)])
def test_a_page_of_any_shape_stays_small(size):
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page(page_size=size)
        document.save(out)
    (page,) = paper.pages(out.getvalue(), 1, 1)
    assert page.width * page.height <= (drawing.WIDTH + 1) ** 2 * drawing.TALLEST


def test_a_pdf_with_a_password_is_said_to_be_unreadable():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    with pytest.raises(paper.UnreadablePdf):
        paper.page_count(out.getvalue())


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200) | st.integers(0, 2000).map(lambda cut: pdf()[:cut]))
def test_damaged_bytes_are_drawn_or_said_to_be_unreadable(data):
    with contextlib.suppress(paper.UnreadablePdf):
        paper.pages(data, 1, 2)


def test_several_readers_at_once_each_get_their_page():
    seen = {}

    def read(number):
        seen[number] = paper.pages(pdf(f"Page de {number}"), 1, 1)[0].text

    threads = [threading.Thread(target=read, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: f"Page de {number}" for number in range(6)}


def bomb(depth=6, times=10):
    """A page of some 2 kB that shows ten times a form that shows ten times another, and so on."""
    with pikepdf.new() as document:
        page = document.add_blank_page(page_size=(200, 200))
        shown, form = b"0 0 m 100 100 l S", None
        for _level in range(depth):
            inner = form
            form = document.make_stream(shown)
            form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
            form.BBox = pikepdf.Array([0, 0, 200, 200])
            if inner is not None:
                form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
            shown = b"/F Do " * times
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=form))
        page.Contents = document.make_stream(shown)
        out = io.BytesIO()
        document.save(out)
    return out.getvalue()


def test_a_pdf_that_takes_days_to_draw_is_given_up_and_the_next_is_drawn(monkeypatch):
    monkeypatch.setattr(drawing, "SECONDS", 0.5)
    with pytest.raises(paper.UnreadablePdf):
        paper.pages(bomb(), 1, 1)
    monkeypatch.undo()
    assert paper.pages(pdf("Bonjour"), 1, 1)[0].text == "Bonjour"
