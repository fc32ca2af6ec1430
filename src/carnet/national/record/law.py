"""The law in force at a moment: the policy on consent and the matrix, as this server is set."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.national.record.rules.matrix import Matrix, matrix_of, ordered, read, shipped
from carnet.national.record.rules.policies import Policy, policy_named, policy_of

#: A text takes effect at midnight in Paris.
PARIS: Final = ZoneInfo("Europe/Paris")


def policy(now: datetime) -> Policy:
    """The policy that `CARNET_CONSENT_POLICY` names, which may be the one in force at `now`."""
    named = settings.CARNET_CONSENT_POLICY
    return policy_of(now.astimezone(PARIS).date()) if named == "in-force" else policy_named(named)


def matrix(now: datetime) -> Matrix:
    """The matrix in force at `now`. Raises as `matrices`."""
    return matrix_of(now.astimezone(PARIS).date(), matrices())


def matrices() -> tuple[Matrix, ...]:
    """The versions that this server knows, oldest first: `CARNET_MATRICES`, or those shipped.

    Raises `MatrixError`, `OSError`.
    """
    folder = settings.CARNET_MATRICES
    return _read(folder) if folder else shipped()


@cache
def _read(folder: Path) -> tuple[Matrix, ...]:
    return ordered(read(file.read_text("utf-8")) for file in sorted(folder.glob("*.tsv")))
