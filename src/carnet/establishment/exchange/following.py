"""What follows a change of identity, in its own transaction: documents go, wait or are corrected,
subscribed applications are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from carnet.establishment.exchange import attributions, corrections, feeds, outbox, releasing
from carnet.establishment.exchange.configuration import Configuration, configuration
from carnet.establishment.patients.identities import Applied


def after(applied: Applied, settings: Configuration, *, now: datetime, origin: str = "") -> None:
    """Follow one change; `origin` is the MSH-3 of the application that told it, if one did."""
    attributions.after(applied, now=now)
    corrections.after(applied, settings, now=now)
    releasing.after(applied, settings, now=now)
    feeds.after(applied, settings, origin=origin, now=now)


def done(deed: Callable[[], Applied | None], *, now: datetime) -> Applied | None:
    """Do a deed of the desk and all that follows from it, or nothing.

    Raises what it raises, and `outbox.BeingSent` while a worker sends what it moves.
    """
    with outbox.briefly():
        applied = deed()
        if applied is not None:
            after(applied, configuration(), now=now)
    return applied
