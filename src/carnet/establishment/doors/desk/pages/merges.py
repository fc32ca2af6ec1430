"""Two files of one person, and two persons in one file: merged, parted, each document its own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from carnet.establishment.doors.desk import deeds
from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.places import back_to, patient_at
from carnet.establishment.exchange import attributions, outbox, queries
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.queries import MessageNotFound
from carnet.establishment.patients import merges, vigilance
from carnet.establishment.patients.actors import Operator
from carnet.establishment.patients.merges import MergeTold


@open_to(Visitor.OPERATOR)
def merge(
    request: HttpRequest, operator: Operator, patient_id: UUID, merged_id: UUID
) -> HttpResponse:
    """Merge two files: shown side by side, confirmed once."""
    kept, gone = patient_at(patient_id), patient_at(merged_id)
    if request.method != "POST":
        return render(
            request,
            "desk/merge.html",
            {"operator": operator, "place": "vigilance", "kept": kept, "gone": gone},
        )
    done = deeds.do(
        request,
        lambda now: vigilance.merge(operator, kept.id, gone.id, now=now),
        _("Les dossiers sont fusionnés."),
    )
    return back_to("patient", kept.id) if done else back_to("vigilance")


@open_to(Visitor.OPERATOR)
def separation(request: HttpRequest, operator: Operator, merge_id: UUID) -> HttpResponse:
    """What undoing a merge will do; once it is done, what it did and what is left to say."""
    told = _merge(merge_id)
    return render(
        request,
        "desk/separation.html",
        {
            "operator": operator,
            "place": "vigilance",
            "merge": told,
            "separation": queries.separation(operator, told),
        },
    )


@open_to(Visitor.OPERATOR)
@require_POST
def unmerge(request: HttpRequest, operator: Operator, merge_id: UUID) -> HttpResponse:
    """Undo a merge."""
    told = _merge(merge_id)
    deeds.do(
        request,
        lambda now: vigilance.unmerge(operator, told.id, now=now),
        _("La fusion est annulée : chacun des deux dossiers est de nouveau ce qu’il était."),
    )
    return back_to("separation", told.id)


@open_to(Visitor.OPERATOR)
@require_POST
def attribute(
    request: HttpRequest, operator: Operator, merge_id: UUID, attribution_id: UUID
) -> HttpResponse:
    """Say whose a document is that came while two files were one."""
    gives = request.POST.get("to") == "other"
    try:
        attributions.decide(
            operator, attribution_id, configuration(), gives=gives, now=timezone.now()
        )
    except attributions.NotToAttribute:
        messages.error(request, _("Ce n’est plus possible : ce document a changé de place."))
    except outbox.BeingSent:
        messages.error(request, str(deeds.BEING_SENT))
    else:
        messages.success(request, _("C’est noté : le document est dans le bon dossier."))
    return back_to("separation", merge_id)


@open_to(Visitor.OPERATOR)
@require_POST
def give_stay(request: HttpRequest, operator: Operator, merge_id: UUID) -> HttpResponse:
    """Give a stay that began meanwhile to the other file."""
    deeds.do(
        request,
        lambda now: vigilance.give_stay(
            operator,
            merge_id,
            request.POST.get("domain", ""),
            request.POST.get("visit", ""),
            now=now,
        ),
        _("C’est noté : la venue est dans l’autre dossier."),
    )
    return back_to("separation", merge_id)


def _merge(merge_id: UUID) -> MergeTold:
    found = merges.told(merge_id)
    if found is None:
        raise MessageNotFound(merge_id)
    return found
