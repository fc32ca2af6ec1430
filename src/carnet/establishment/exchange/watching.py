"""What the worker does for identities without being asked: INSi, doubles, late corrections.

Everything it does is a row or follows from rows: killed at any moment, it begins again where it
was. INSi that does not answer delays its own rows, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from carnet.establishment.clients.insi import InsiClient
from carnet.establishment.exchange import corrections, following, insi, schedule, successions
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.outbox import GATEWAY
from carnet.establishment.patients import batches, doubles, errands
from carnet.establishment.patients import queries as patients
from carnet.establishment.patients.errands import Asking
from carnet.establishment.patients.policy import policy

#: How often the identities to verify again are looked for, and deliveries that left too late.
EVERY: Final = timedelta(minutes=30)
SWEEP: Final = timedelta(minutes=1)
#: How far back a sweep looks: a delivery lasts minutes.
BACK: Final = timedelta(hours=2)

Attempt = Callable[[], bool]


@contextmanager
def watch(*, clock: Callable[[], datetime], chance: Callable[[], float]) -> Iterator[Attempt]:
    """One round at a time: true when something was done, false when there was nothing to do."""
    client = insi.client()
    rounds = _Rounds(client, clock, chance)
    try:
        yield rounds.attempt
    finally:
        if client is not None:
            client.close()


class _Rounds:
    def __init__(
        self,
        client: InsiClient | None,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._client, self._clock, self._chance = client, clock, chance
        self._prepared: datetime | None = None
        self._swept: datetime | None = None

    def attempt(self) -> bool:
        """Every kind of work once."""
        done = doubles.compare_next(now=self._clock())
        self._sweep()
        if self._client is not None:
            done = self._ask(self._client) or done
        return done

    def _ask(self, client: InsiClient) -> bool:
        chosen = policy()
        asking = Asking(
            actor=GATEWAY,
            client=client,
            policy=chosen,
            clock=self._clock,
            later=lambda attempts: schedule.delay(attempts, self._chance()),
            follow=lambda applied: following.after(applied, configuration(), now=self._clock()),
        )
        now = self._clock()
        if self._prepared is None or now - self._prepared >= EVERY:
            self._prepared = now
            batches.prepare(chosen.verification_years, now=now)
        ran = errands.run_next(asking)
        return batches.run_next(asking) or ran

    def _sweep(self) -> None:
        """Correct what was on its way when its INS went: it arrived after the change."""
        now = self._clock()
        if self._swept is not None and now - self._swept < SWEEP:
            return
        self._swept = now
        with transaction.atomic():
            successions.catch_up(now=now)
        ended = patients.ended_ins(since=now - BACK)
        known = patients.get_many(one.patient_id for one in ended)
        for one in ended:
            holder = known.get(one.patient_id)
            if holder is not None:
                corrections.late(one, holder, configuration(), now=now)
