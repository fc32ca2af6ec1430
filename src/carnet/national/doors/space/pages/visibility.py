"""Who sees one document: masked to professionals or not, hidden from those who help me or not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.visit import Visit
from carnet.national.record import actions
from carnet.national.record.actions.updating import LostRace
from carnet.national.record.rules import Act

#: What the buttons send, what it does, what is said once it is done.
DEEDS: Final[Mapping[str, tuple[Act, str | Promise]]] = MappingProxyType(
    {
        "masquer": (Act.MASK, _("Ce document est masqué aux professionnels.")),
        "demasquer": (Act.UNMASK, _("Ce document n’est plus masqué aux professionnels.")),
        "cacher": (
            Act.CONCEAL,
            _("Ce document est caché à vos représentants et à vos aidants."),
        ),
        "montrer": (
            Act.DISCLOSE,
            _("Vos représentants et vos aidants peuvent voir ce document."),
        ),
    }
)
#: What the page of the document says, by the word in `?fait=`.
SAID: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        **{name: said for name, (_act, said) in DEEDS.items()},
        "encore": _("Rien n’est changé : ce document changeait en même temps. Essayez encore."),
    }
)


@open_to(Visitor.CITIZEN)
@require_POST
def visibility(request: HttpRequest, visit: Visit, document_id: UUID) -> HttpResponse:
    """Change who sees a document; the page of the document says what was done."""
    name = request.POST.get("choix", "")
    if name not in DEEDS:
        raise Http404
    act, _said = DEEDS[name]
    try:
        actions.change_visibility(visit.actor, visit.patient_id, document_id, act, now=visit.now)
    except LookupError:
        raise Http404 from None
    except LostRace:
        name = "encore"
    address = reverse("space:document", args=[document_id])
    return HttpResponseRedirect(f"{address}?fait={name}#qui")
