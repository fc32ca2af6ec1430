"""One conversation, and the files that came with it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.document import hand_over
from carnet.national.doors.space.visit import Visit
from carnet.national.messaging import actions
from carnet.national.messaging import queries as messaging


@open_to(Visitor.CITIZEN)
@require_safe
def conversation(request: HttpRequest, visit: Visit, conversation_id: UUID) -> HttpResponse:
    """The messages, oldest first; showing them makes them read."""
    who = (visit.actor, visit.patient_id)
    view = messaging.conversation(*who, conversation_id)
    if any(not message.is_read for message in view.messages):
        actions.mark_read(*who, conversation_id, now=visit.now)
    return frame.show(request, visit, "conversation.html", place="messages", conversation=view)


@open_to(Visitor.CITIZEN)
@require_safe
def attachment(
    _request: HttpRequest,
    visit: Visit,
    message_id: UUID,
    index: int,
) -> HttpResponse:
    """A file that came with a message."""
    found = messaging.attachment(visit.actor, visit.patient_id, message_id, index)
    return hand_over(found.filename, found.media_type, found.data)
