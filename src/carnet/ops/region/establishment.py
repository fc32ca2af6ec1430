"""The region as the establishment wing knows it before any message: its operator."""

from __future__ import annotations

from carnet.establishment.patients import operators
from carnet.ops.region.logins import OPERATOR, PASSWORD


def load() -> None:
    """Let the operator in; one who is there keeps name and password."""
    if not operators.exists(OPERATOR):
        operators.create(OPERATOR, "Camille Vidal", PASSWORD)
