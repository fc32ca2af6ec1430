"""Requests with something altered in them, and what a provider keeps of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.db import connection

from carnet.national.doors.signin.providers import FRANCE_CONNECT, PSC, Provider
from tests.fuzz.driving import COUNT
from tests.fuzz.mutations import NASTY
from tests.national.doors.signin.conftest import Software

BOTH = pytest.mark.parametrize("provider", [PSC, FRANCE_CONNECT], ids=lambda p: p.key)
TABLES = ("session", "code", "refreshtoken", "request", "seenassertion")
Pairs = list[tuple[str, str]]


def altered(good: Mapping[str, str], chance: random.Random) -> Pairs:
    """The parameters with something left out, doubled, emptied, changed, huge or unknown."""
    pairs = list(good.items())
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(pairs))
        name, value = pairs[at]
        nasty = chance.choice(NASTY).decode("utf-8", "replace")
        match chance.randrange(7):
            case 0 if len(pairs) > 1:
                del pairs[at]
            case 1:
                pairs.insert(at, (name, chance.choice((value, nasty))))
            case 2:
                pairs[at] = (name, nasty)
            case 3:
                pairs[at] = (name, value[: chance.randrange(len(value) + 1)] + nasty)
            case 4:
                pairs[at] = (name, value * 3000)
            case 5:
                pairs[at] = (name + chance.choice(("[]", "\x00", " ", ".x")), value)
            case _:
                pairs.append((chance.choice(("request", "client_id", "prompt", "x")), nasty))
    return pairs


def alterations(name: str, good: Mapping[str, str], *, count: int = COUNT) -> Iterator[Pairs]:
    chance = random.Random(name)
    for _ in range(count):
        yield altered(good, chance)


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        counts = ", ".join(
            f"(SELECT count(*) FROM signin_{each})"  # noqa: S608 - ours
            for each in TABLES
        )
        cursor.execute(f"SELECT {counts}")
        return dict(zip(TABLES, cursor.fetchone(), strict=True))


def succeeds(software: Software, provider: Provider) -> dict[str, Any]:
    """The next good request is served: the tokens of somebody who signs in."""
    answer = software.send(
        provider.addresses["token_endpoint"], software.form(software.code(provider))
    )
    assert answer.status_code == 200, answer.content
    return dict(json.loads(answer.content))
