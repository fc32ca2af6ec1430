import io

import pytest
from PIL import Image

from carnet.national.doors.space import viewer
from carnet.national.record.queries import StoredDocument
from tests.national.doors.space.lives import pdf


def look(media_type, data):
    return viewer.look(StoredDocument(media_type, data, "fichier"))


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "JPEG")
    return out.getvalue()


def test_a_pdf_is_shown_by_its_pages():
    shown = look("application/pdf", pdf("x", 3))
    assert shown.page_count == 3
    assert [leaf.number for leaf in viewer.leaves(shown, 2, 5)] == [2, 3]


def test_plain_words_are_shown_as_words():
    assert look("text/plain", "Été\nhiver".encode()).words == "Été\nhiver"


def test_words_in_another_encoding_are_shown_with_marks_rather_than_lost():
    assert look("text/plain", "Été".encode("latin-1")).words == "\ufffdt\ufffd"


def test_a_picture_is_shown_in_place():
    assert look("image/jpeg", jpeg()).picture.startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize("media_type", ["image/tiff", "text/rtf"])
def test_what_browsers_do_not_show_is_offered_as_a_file(media_type):
    shown = look(media_type, b"octets")
    assert shown.carried.data == b"octets"
    assert (shown.page_count, shown.words, shown.picture) == (0, "", "")


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/zip"])
def test_a_kind_that_we_do_not_know_is_only_the_original_file(media_type):
    assert look(media_type, b"<script>").carried is None


def test_a_cda_that_cannot_be_read_is_only_the_original_file():
    shown = look("text/xml", b"<nothing/>")
    assert shown.carried is None
    assert shown.narrative is None


def test_nothing_is_drawn_of_what_is_not_a_pdf():
    assert viewer.leaves(look("text/plain", b"x"), 1, 4) == ()
