"""Reading the exchange log: for whoever runs the sandbox, the only one that the pages let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from carnet.national.exchanges.models import Exchange
from carnet.national.exchanges.sealing import SealedByAnotherKey, unseal

__all__ = ["ExchangeNotFound", "Exchanged", "Line", "SealedByAnotherKey", "exchange", "lines"]


class ExchangeNotFound(LookupError):  # noqa: N818 - says what is the case
    """No exchange has this id, or it was pruned."""


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange as a list tells it."""

    id: UUID
    at: datetime
    service: str
    action: str
    message_id: str
    caller: str
    status: int
    outcome: str
    milliseconds: float
    correlation: str
    size: int


@dataclass(frozen=True, slots=True)
class Exchanged:
    """An exchange whole: bytes as they were on the wire, with their Content-Type."""

    line: Line
    request_type: str
    request: bytes
    answer_type: str
    answer: bytes


_COLUMNS = tuple(Line.__dataclass_fields__)


def lines(*, service: str = "", before: datetime | None = None, limit: int = 50) -> Sequence[Line]:
    """The latest exchanges, newest first, of one service when it is named."""
    found = Exchange.objects.order_by("-at", "-id")
    if service:
        found = found.filter(service=service)
    if before:
        found = found.filter(at__lt=before)
    return [Line(*values) for values in found.values_list(*_COLUMNS)[:limit]]


def exchange(id_: UUID) -> Exchanged:
    """One exchange. Raises `ExchangeNotFound`, `SealedByAnotherKey`."""
    found: Any = Exchange.objects.filter(id=id_).first()
    if found is None:
        raise ExchangeNotFound
    return Exchanged(
        Line(*(getattr(found, name) for name in _COLUMNS)),
        found.request_type,
        unseal(id_, "request", bytes(found.request)),
        found.answer_type,
        unseal(id_, "answer", bytes(found.answer)),
    )
