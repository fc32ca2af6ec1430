"""« Bloqués » : what is stuck for the same reason, sent again together, and what became of it."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carnet.establishment.doors.desk.access import Visitor, open_to
from carnet.establishment.doors.desk.pages.flow import moment
from carnet.establishment.exchange import actions, queries
from carnet.establishment.patients.actors import Operator


@open_to(Visitor.OPERATOR)
def stuck(request: HttpRequest, operator: Operator) -> HttpResponse:
    """By reason; a POST sends a group again, whole or what is ticked of it."""
    if request.method == "POST":
        return _retry(request, operator)
    at, now = moment(request.GET.get("lot")), timezone.now()
    return render(
        request,
        "desk/stuck.html",
        {
            "operator": operator,
            "place": "flow",
            "groups": queries.stuck(operator),
            "retried": queries.retried(operator, at) if at else [],
            "at": at,
            "seen": now.isoformat(),
        },
    )


def _retry(request: HttpRequest, operator: Operator) -> HttpResponse:
    whole = request.POST.get("what") == "whole"
    chosen = _ids(request)
    now, seen = timezone.now(), moment(request.POST.get("seen"))
    done = 0
    if seen is not None:  # what became stuck since was shown to nobody
        done = actions.retry_stuck(
            operator,
            request.POST.get("destination", ""),
            request.POST.get("reason", ""),
            seen=seen,
            only=None if whole else chosen,
            now=now,
        )
    left = 0 if whole else len(chosen) - done
    address = reverse("desk:stuck")
    if done:
        messages.success(
            request,
            ngettext("%(n)d envoi est relancé.", "%(n)d envois sont relancés.", done) % {"n": done},
        )
        address = f"{address}?{urlencode({'lot': now.isoformat()})}"
    if left:
        messages.error(
            request,
            ngettext(
                "%(n)d ne peut plus l’être : il est en cours d’envoi, ou son état a changé.",
                "%(n)d ne peuvent plus l’être : ils sont en cours d’envoi, ou leur état a changé.",
                left,
            )
            % {"n": left},
        )
    if not done and not left:
        messages.error(request, _("Rien n’était choisi."))
    return HttpResponseRedirect(address)


def _ids(request: HttpRequest) -> set[UUID]:
    found = set()
    for text in request.POST.getlist("delivery"):
        try:
            found.add(UUID(text))
        except ValueError:
            continue
    return found
