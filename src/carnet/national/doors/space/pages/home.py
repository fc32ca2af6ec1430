"""« Quoi de neuf ? »: documents, messages, what was told, who came (R-160)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from carnet.national.accounts import actions
from carnet.national.accounts import queries as accounts
from carnet.national.accounts.rules import Scope
from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.accesses import told_once
from carnet.national.doors.space.visit import Visit
from carnet.national.journal import queries as journal
from carnet.national.messaging import queries as messaging
from carnet.national.record import queries as record

#: How many lines of each kind the home page shows; the whole is one click away.
FEW = 4
#: Acts of others among which the home page tells the last ones, repeats once.
RECENT = 40
#: What the citizens of this space did themselves is no news to them.
OTHERS = ("professional", "establishment", "system")


@open_to(Visitor.CITIZEN)
@require_safe
def home(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What is new in this space, in one look."""
    who = (visit.actor, visit.patient_id)
    return frame.show(
        request,
        visit,
        "home.html",
        place="home",
        record=record.summary(*who),
        inbox=messaging.inbox(*who, limit=FEW),
        notifications=[n for n in accounts.notifications(*who, limit=FEW) if not n.is_read],
        sentences=told_once(
            journal.history(
                *who, limit=RECENT, actor_kinds=OTHERS, concealed=record.concealed(*who)
            )
        )[:FEW],
    )


@open_to(Visitor.CITIZEN, scope=Scope.READ)
@require_POST
def mark_all_read(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Remember that everything told was seen."""
    actions.mark_all_read(visit.actor, visit.patient_id, now=visit.now)
    return HttpResponseRedirect(reverse("space:home"))
