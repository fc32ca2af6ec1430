"""What no log of any process may hold: a matricule, a name, a word of a document, a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from carnet.ops.home import Home
from carnet.ops.region.papers import discharge
from carnet.ops.region.people import REFERENCE_DAY, population

#: Words that only a document or a message holds (papers of the region, mails that carry them).
_HEALTH = (
    *("Lettre de liaison", "Compte rendu", "Ordonnance", "cardiologie,", "fibrillation"),
    *("hospitalisé", "insuffisance", "ionogramme", "pneumologie"),
)
_KEYS = ("PRIVATE KEY", "BEGIN CERTIFICATE", "saml:Assertion", "<ClinicalDocument", "MSH|", "PID|")
#: Only these are nobody's name in French.
_SHORTEST_NAME = 6


def assert_silent(home: Home) -> None:
    """Look through every log of every process of this home."""
    forbidden = re.compile("|".join(map(re.escape, sorted(_forbidden(home)))))
    looked_at = 0
    for path in logs(home):
        text = path.read_text(encoding="utf-8", errors="replace")
        looked_at += len(text)
        found = forbidden.search(text)
        if found:
            line = text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0]
            raise AssertionError(f"{path.name} tells {found[0]!r}: {line[:400]}")
    assert looked_at, "nothing is logged"


def logs(home: Home) -> Iterator[Path]:
    """The logs: of our processes, of the TLS front, of PostgreSQL."""
    yield from sorted(home.logs.iterdir())
    yield home.postgres / "server.log"


def _forbidden(home: Home) -> Iterator[str]:
    yield from (*_HEALTH, *_KEYS)
    for person in population():
        yield person.matricule
        yield person.matricule[:13]
        if len(person.birth_name) >= _SHORTEST_NAME:
            yield person.birth_name
    days = {"admitted": REFERENCE_DAY, "discharged": REFERENCE_DAY}
    yield discharge(population()[0], **days).title
    for secret in home.secrets.iterdir():
        yield secret.read_text(encoding="latin-1").strip()
