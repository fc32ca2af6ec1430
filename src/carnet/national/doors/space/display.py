"""How the reader wants the pages: language and size of text, kept in two cookies."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

LANGUAGES = {"fr": "Français", "en": "English"}
TEXT_SIZES = ("normal", "large")
TEXT_COOKIE = "carnet_text"


def language(request: HttpRequest) -> str:
    """The language chosen; French until another is."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in LANGUAGES else "fr"


def text_size(request: HttpRequest) -> str:
    """`large` or `normal`."""
    chosen = request.COOKIES.get(TEXT_COOKIE, "")
    return chosen if chosen in TEXT_SIZES else "normal"
