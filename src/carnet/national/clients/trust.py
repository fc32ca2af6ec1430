"""The authorities that this installation trusts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from carnet.national.clients.watched import Watched
from carnet.standards.certificates import Trust


def trust(ca: Path, crl: Path) -> Trust:
    """The trust held by two PEM files, authorities and revocation lists, as they are now.

    Raises `CertificateError` or `OSError` when they never could be read.
    """
    return _files(ca, crl).current()


@cache
def _files(ca: Path, crl: Path) -> Watched[Trust]:
    def load(_last: Trust | None) -> Trust:
        return Trust([ca.read_bytes()], [crl.read_bytes()])

    return Watched((ca, crl), load)
