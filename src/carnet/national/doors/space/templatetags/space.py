"""Tags of the space's templates: dates in words, icons."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

register = template.Library()

_BEFORE_SIGN = re.compile(r" (?=[»?!:;])")


def day_in_words(value: datetime, now: datetime) -> str:
    """« hier », else « mardi 3 mars 2026 », in the reader's time zone (EX_3.1-1070)."""
    day, today = timezone.localdate(value), timezone.localdate(now)
    if day == today:
        return gettext("aujourd’hui")
    if day == today - timedelta(days=1):
        return gettext("hier")
    first = day.day == 1 and get_language() == "fr"
    return gettext("{weekday} {day} {month} {year}").format(
        weekday=WEEKDAYS[day.weekday()],
        day="1er" if first else day.day,
        month=MONTHS[day.month],
        year=day.year,
    )


def hour_in_words(value: datetime) -> str:
    """« 14 h 05 »."""
    local = timezone.localtime(value)
    return gettext("{hour} h {minute:02}").format(hour=local.hour, minute=local.minute)


def _time(value: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)


@register.simple_tag(takes_context=True)
def day(context: Context, value: datetime) -> SafeString:
    """The day, in words."""
    return _time(value, day_in_words(value, context["now"]))


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime) -> SafeString:
    """The day and the hour, in words."""
    words = gettext("{day} à {hour}").format(
        day=day_in_words(value, context["now"]), hour=hour_in_words(value)
    )
    return _time(value, words)


@register.simple_tag
def hour(value: datetime) -> SafeString:
    """The hour, in words."""
    return _time(value, hour_in_words(value))


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon beside a word that says the same: hidden from screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def querystring_of(**fields: str | None) -> str:
    """`?a=1&b=2` of the fields that hold something, or nothing."""
    kept = {name: value for name, value in fields.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


#: A kilo-octet is a thousand octets (IEC 80000-13), as on the reader's own device.
_UNITS: Final = (
    (1_000_000_000, gettext_noop("Go")),
    (1_000_000, gettext_noop("Mo")),
    (1_000, gettext_noop("ko")),
)


@register.filter
def size(octets: int) -> str:
    """« 38,6 ko »."""
    for unit, name in _UNITS:
        if octets >= unit:
            return f"{number_format(round(octets / unit, 1), 1)}\N{NO-BREAK SPACE}{gettext(name)}"
    return f"{octets}\N{NO-BREAK SPACE}{ngettext('octet', 'octets', octets)}"


@register.filter
def typeset(text: str | Promise) -> str:
    """French signs kept with their word: no line begins with » ? ! : ; nor ends with «."""
    return _BEFORE_SIGN.sub("\N{NO-BREAK SPACE}", str(text)).replace("« ", "«\N{NO-BREAK SPACE}")
