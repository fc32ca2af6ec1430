"""« Flux » : what came in, one message, and its bytes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.exchange import actions, queries
from carnet.establishment.patients.actors import Operator

#: The filters in their order, as the page names them.
FILTERS: Final = (
    ("tous", _("Tous")),
    ("rejetes", _("Rejetés")),
    ("attente", _("En attente d’identité")),
    ("bloques", _("Bloqués")),
    ("envoi", _("À envoyer")),
    ("refuses", _("Non envoyés par règle")),
    ("livres", _("Livrés")),
)
#: A field longer than this holds a document, or the text of one.
_LONG: Final = re.compile(r"[^|\r\n]{200,}")
_MATRICULE: Final = re.compile(r"(?<!\d)([12]\d{2})\d{2}[\dAB]{2}\d{6}\d{2}(?!\d)")


@open_to(Visitor.OPERATOR)
def flow(request: HttpRequest, operator: Operator) -> HttpResponse:
    """The latest messages, by filter and search."""
    kept = request.GET.get("etat", "tous")
    search = request.GET.get("q", "").strip()[:100]
    page = queries.flow(operator, kept=kept, search=search, before=moment(request.GET.get("avant")))
    return render(
        request,
        "desk/flow.html",
        {
            "operator": operator,
            "place": "flow",
            "page": page,
            "filters": FILTERS,
            "kept": kept,
            "search": search,
        },
    )


def moment(text: str | None) -> datetime | None:
    """The time a link gives; anything else begins at the latest message."""
    try:
        found = parse_datetime(text or "")
    except ValueError:
        return None
    return found if found and found.tzinfo else None


@open_to(Visitor.OPERATOR)
def message(request: HttpRequest, operator: Operator, message_id: UUID) -> HttpResponse:
    """Where each document of a message went, and why it is stuck."""
    return render(
        request,
        "desk/message.html",
        {
            "operator": operator,
            "place": "flow",
            "message": queries.message(operator, message_id),
        },
    )


@open_to(Visitor.OPERATOR)
def raw(request: HttpRequest, operator: Operator, message_id: UUID) -> HttpResponse:
    """The message and its answer as they were, documents and numbers hidden unless asked for."""
    shown = request.GET.get("contenu") == "1"
    if shown:
        came, answered = actions.open_content(operator, message_id, now=timezone.now())
    else:
        came, answered = queries.raw(operator, message_id)
    return render(
        request,
        "desk/raw.html",
        {
            "operator": operator,
            "place": "flow",
            "message_id": message_id,
            "came": _text(came, shown=shown),
            "answered": _text(answered, shown=shown),
            "shown": shown,
            "openings": queries.openings(operator, message_id),
        },
    )


def _text(data: bytes, *, shown: bool) -> str:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if shown:
        return text
    hidden = _LONG.sub(lambda found: f"[… {len(found[0])} caractères …]", text)
    return _MATRICULE.sub(r"\1…", hidden)
