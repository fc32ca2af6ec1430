"""The region as the establishment wing knows it before any message: who works at its desk."""

from __future__ import annotations

import secrets
from typing import Final

from carnet.establishment.accounts import prosante
from carnet.establishment.patients import operators
from carnet.ops.region.logins import OPERATOR, PASSWORD
from carnet.ops.region.places import professional, structure

#: Professionals of the hospitals who come by Pro Santé Connect, by their place in the region.
_BY_PROSANTE: Final = ("cardio", "urgences", "sagefemme", "infirmier")


def load() -> None:
    """Let the operator in; one who is there keeps name and password."""
    if not operators.exists(OPERATOR):
        operators.create(OPERATOR, "Camille Vidal", PASSWORD)
    for person in map(professional, _BY_PROSANTE):
        _let_in(person.mailbox.partition("@")[0], person.title, str(person.idnat))
    secretary = f"3{structure('aurore').finess}/00042"
    _let_in("nadege.rivoire", "Nadège RIVOIRE", secretary)


def _let_in(login: str, name: str, idnat: str) -> None:
    """Somebody of the house whom Pro Santé Connect recognises: no password opens their account."""
    if operators.exists(login):
        return
    operator = operators.create(login, name, secrets.token_urlsafe(32))
    prosante.link(operator.account_id, idnat)
