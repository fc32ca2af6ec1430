"""The icon and the state, drawn as the design system says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple
from urllib.parse import urlencode

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from carnet.establishment.doors.desk import words
from carnet.establishment.exchange.queries import DeliveryView
from carnet.establishment.patients.files import File
from carnet.standards.ins import BirthDate, TraitError, birth_places
from carnet.standards.ins.insi import Notice, Step, TraitsQuery
from carnet.standards.ins.lexical import Trait

register = template.Library()

#: How each state of a delivery is drawn: a shape and a word, never a colour alone.
_SHAPES: Final = {
    "waiting": "",
    "ready": " state--moving",
    "delivered": " state--done",
    "stuck": " state--failed",
    "refused": " state--stopped",
    "cancelled": " state--stopped",
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon, hidden from screen readers: a word is always beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag
def state(code: str, label: str) -> SafeString:
    """Where a delivery stands."""
    return format_html('<span class="state{}">{}</span>', _SHAPES.get(code, ""), label)


@register.simple_tag
def querystring_of(**parameters: str) -> str:
    """A query string of what is not empty."""
    return urlencode({name: value for name, value in parameters.items() if value})


#: Where a document goes, in a word.
_PLACES: Final = {
    "record": _("dossier"),
    "professional": _("professionnel"),
    "patient": _("patient"),
}


class Fate(NamedTuple):
    """Where some of the deliveries of a document stand, and where they go."""

    state: str
    label: str
    places: str  #: "dossier, professionnel × 2"


@register.filter
def fates(deliveries: Iterable[DeliveryView]) -> list[Fate]:
    """A line for each state of these deliveries."""
    states: dict[tuple[str, str], Counter[str]] = {}
    for each in deliveries:
        counted = states.setdefault((each.state, each.state_label), Counter())
        counted[str(_PLACES[each.destination])] += 1
    return [
        Fate(*state, ", ".join(f"{p} × {n}" if n > 1 else p for p, n in places.items()))
        for state, places in states.items()
    ]


@register.filter
def when(value: datetime) -> SafeString:
    """The day and the minute; today is said so."""
    at = timezone.localtime(value)
    day = _("aujourd’hui") if at.date() == timezone.localdate() else f"{at:%d/%m/%Y}"
    return format_html('<time datetime="{}">{} {}</time>', at.isoformat(), day, f"{at:%H:%M}")


@register.filter
def birth_day(value: str) -> str:
    """A birth date of HL7 as it is displayed: JJ/MM/AAAA (RNIV 1)."""
    try:
        return BirthDate.parse(value[:8]).french
    except TraitError:
        return value or "–"


#: What changed of an identity, in words.
_CHANGES: Final = {
    "created": _("Identité créée"),
    "status": _("Statut changé"),
    "ins": _("INS changé"),
    "traits": _("Traits stricts changés"),
    "attributes": _("Attributs changés"),
    "identifiers": _("Identifiants changés"),
    "merged": _("Dossiers fusionnés"),
    "unmerged": _("Fusion annulée"),
    "proof": _("Pièce d’identité vérifiée"),
    "wishes": _("Volontés du patient"),
    "stay": _("Venue rendue après une fusion annulée"),
}


@register.filter
def what(code: str) -> str:
    """What changed of an identity."""
    return str(_CHANGES.get(code, code))


@register.filter
def cause(code: str) -> str:
    """What changed an identity: a deed in words; the trigger of a message as it is."""
    return str(words.CAUSES.get(code, code))


@register.filter
def attribute(code: str) -> str:
    """An attribute of an identity."""
    return str(words.ATTRIBUTES.get(code, code))


@register.filter
def trait(code: str) -> str:
    """The name of a trait."""
    return str(words.TRAITS.get(code, code))


#: By the columns of `Patient`.
_TRAITS: Final = {trait.name.lower(): words.TRAITS[trait.value] for trait in Trait}


@register.filter
def told(change: str) -> str:
    """What an identity had or has now, its traits by their names; `∅` when that is nothing."""
    shown = []
    for part in change.split("; "):
        column, _equals, value = part.partition("=")
        if column in _TRAITS:
            read = birth_day(value) if column == Trait.BIRTH_DATE.name.lower() else value or "–"
            shown.append(f"{_TRAITS[column]} {read}")
        else:
            shown.append(part)
    return ", ".join(shown) or "∅"


@register.filter
def device(code: str) -> str:
    """The name of a high-trust device."""
    return str(words.DEVICES.get(code, code))


@register.filter
def notice(code: Notice) -> str:
    """What else to look at in an answer of INSi."""
    return str(words.NOTICES[code])


@register.filter
def step(code: Step) -> str:
    """What a proposed question changes."""
    return str(words.STEPS[code])


@register.filter
def why(reason: str) -> str:
    """Why an INS waits for a person."""
    return str(words.CASES.get(reason) or words.CASES["trait" if ":" in reason else "error"])


@register.filter
def remedy(kind: str) -> str:
    """What to do about an alert."""
    return str(words.REMEDIES.get(kind, ""))


@register.filter
def place_name(code: str, born: str) -> str:
    """The place of birth: its name at that date, and its code."""
    if not code:
        return "–"
    try:
        name = birth_places.name(code, BirthDate.parse(born[:8]))
    except TraitError:
        name = birth_places.name(code)
    return code if name == code else f"{name} ({code})"


@register.filter
def next_question(file: File) -> TraitsQuery | None:
    """What to ask INSi next: what is proposed after the last answer, else the first question."""
    proposal = file.answer.proposal if file.answer else None
    return proposal.query if proposal else file.query
