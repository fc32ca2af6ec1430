"""Publishing by the room, searching by the door."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from carnet.national.record import actions as record
from carnet.standards.ids import Ins
from tests.national import world
from tests.national.doors.fhir.conftest import Answer, Call, identifier


def publish(ins: Ins, *letters: bytes, at: datetime = world.NOW, **options: Any) -> list[UUID]:
    """Documents by the room itself, as SOAP publishes them."""
    request = world.request(ins, *letters, **options)
    published = record.publish(world.HOSPITAL_SYSTEM, request, patient=ins, now=at)
    return [UUID(published.entry_uuids[each.unique_id]) for each in request.submission.documents]


def search(call: Call, ins: Ins, reader: dict[str, Any], **parameters: Any) -> Answer:
    said = {"patient.identifier": identifier(ins), "status": "current", **parameters}
    pairs = [(k.replace("__", ":").replace("_dot_", "."), v) for k, v in said.items() if v]
    return call("GET", f"/DocumentReference?{urlencode(pairs)}", **reader)


def search_lists(call: Call, ins: Ins, reader: dict[str, Any], **parameters: str) -> Answer:
    pairs = {"patient.identifier": identifier(ins), **parameters}
    return call("GET", f"/List?{urlencode(pairs)}", **reader)
