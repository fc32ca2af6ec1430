"""`python -m bench.directory`: a million lines brought into the directory, then searches of it.

The extract of activities is imported into an empty directory by `carnet directory import`, then
again as it is, then the extract of mailboxes. Searches are whole requests of the FHIR API to the
web processes, one at a time. Names, places and professions are drawn as in a country: a few are
frequent, most are rare.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final
from urllib.parse import quote

from bench import load, stage
from bench.measure import Meter, Run, median
from bench.stage import CARNET, NATIONAL, Stage
from carnet.ops import wiring
from carnet.standards.directory import extracts

ROWS: Final = 1_000_000
#: Of a hundred professionals, how many have a mailbox.
_WITH_MAILBOX: Final = 30
_BAR_MS: Final = 30.0
_SYLLABLES: Final = tuple(
    f"{begin}{vowel}{end}"
    for begin in ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "ch", "br")
    for vowel in ("a", "e", "i", "o", "u", "ou")
    for end in ("", "r", "n")
)
#: How much more often the first are drawn: the first name is one professional in 350, as is the
#: most frequent name of France; the first town is one in 20, as Paris.
_FAMILIES, _GIVENS, _CITIES = 50, 10, 2
_PROFESSIONS: Final = (("10", 30), ("60", 40), ("70", 10), ("21", 7), ("40", 5), ("50", 3))
_SPECIALTIES: Final = tuple(f"SM{number:02d}" for number in range(1, 55))


def _words(chance: random.Random, count: int, least: int, most: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(chance.choices(_SYLLABLES, k=chance.randint(least, most))).upper()] = None
    return list(made)


class Country:
    """The people of the extracts; the same each time."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        chance = random.Random(11)
        self.families = _words(chance, 60_000, 2, 3)
        self.givens = _words(chance, 2_000, 2, 3)
        self.cities = [f"{word} SUR AUBRE" for word in _words(chance, 8_000, 2, 3)]
        self._places = {city: place for place, city in enumerate(self.cities)}
        self._weights = {
            len(each): list(accumulate(1 / (place + first) for place in range(len(each))))
            for each, first in (
                (self.families, _FAMILIES),
                (self.givens, _GIVENS),
                (self.cities, _CITIES),
            )
        }

    def drawn(self, chance: random.Random, among: Sequence[str], count: int) -> list[str]:
        """So many of these, the first ones more often (Zipf)."""
        return chance.choices(among, cum_weights=self._weights[len(among)], k=count)

    def activities(self) -> Iterator[dict[str, str]]:
        """The lines of Personne_activite: one, two or three for each professional."""
        chance = random.Random(12)
        codes, weights = zip(*_PROFESSIONS, strict=True)
        line = person = 0
        while line < self.rows:
            person += 1
            (family,), (given,) = (
                self.drawn(chance, each, 1) for each in (self.families, self.givens)
            )
            (profession,) = chance.choices(codes, weights)
            for _ in range(min(chance.choices((1, 2, 3), (75, 20, 5))[0], self.rows - line)):
                line += 1
                site = int(chance.paretovariate(0.6)) % 300_000
                yield {
                    "ps_idnat": f"899{person:09d}",
                    "family": family,
                    "given": given,
                    "title": "DR" if profession == "10" else "",
                    "profession": profession,
                    "category": "C",
                    "type": "S" if profession == "10" else "",
                    "code": chance.choice(_SPECIALTIES) if profession == "10" else "",
                    "mode": chance.choice("LS"),
                    **self.site(site),
                }

    def site(self, number: int) -> dict[str, str]:
        """A structure: always the same for a number."""
        chance = random.Random(number)
        (city,) = self.drawn(chance, self.cities, 1)
        (name,) = self.drawn(chance, self.families, 1)
        return {
            "finess": f"99{number:07d}",
            "name": f"{chance.choice(('CABINET', 'HOPITAL', 'PHARMACIE', 'CENTRE'))} {name}",
            "street": f"DU {name}",
            "postal_code": f"{self._places[city] + 10_000:05d}",
            "city": city,
            "sector": f"SA{chance.randint(1, 60):02d}",
        }

    def mailboxes(self) -> Iterator[dict[str, str]]:
        """The lines of Extraction_Correspondance_MSSante."""
        known = ""
        chance = random.Random(13)
        for row in self.activities():
            if row["ps_idnat"] == known or chance.randrange(100) >= _WITH_MAILBOX:
                continue
            known = row["ps_idnat"]
            number = known[-7:]
            yield {
                "kind": "PER",
                "address": f"{row['given']}.{row['family']}{number}@pro.mssante.fr".lower(),
                "ps_idnat": known,
                "structure_type": "1",
                "structure": row["finess"],
            }


def write(path: Path, kind: extracts.Kind, rows: Iterator[Mapping[str, str]]) -> int:
    """An extract with these lines; how many."""
    columns = extracts.columns_of(kind)
    count = 0
    with path.open("w") as file:
        file.write("|".join(columns.values()) + "|\n")
        for row in rows:
            count += 1
            file.write("|".join(row.get(name, "") for name in columns) + "|\n")
    return count


def searches(country: Country) -> dict[str, list[str]]:
    """What is asked, by the name of its row."""
    chance = random.Random(14)
    families = country.drawn(chance, country.families, 400)
    givens = country.drawn(chance, country.givens, 400)
    cities = country.drawn(chance, country.cities, 400)
    people = [f"899{chance.randrange(1, country.rows // 2):09d}" for _ in range(400)]
    return {
        "name and city": [
            f"PractitionerRole?practitioner.family={family}"
            f"&organization.address-city={quote(city)}&_include=*"
            for family, city in zip(families, cities, strict=True)
        ],
        "names": [
            f"Practitioner?name={quote(f'{family[:6]} {given[:3]}')}"
            for family, given in zip(families, givens, strict=True)
        ],
        "structure and city": [
            f"Organization?name=pharmacie%20{family[:4]}&address-city={quote(city[:5])}"
            for family, city in zip(families, cities, strict=True)
        ],
        "identifier": [
            f"Practitioner?identifier={name[1:]}&_revinclude=PractitionerRole:practitioner"
            for name in people
        ],
        "mailbox": [
            f"PractitionerRole?mailbox-mss={given.lower()}.{family.lower()}"
            for given, family in zip(givens, families, strict=True)
        ],
        "within a mailbox": [
            f"PractitionerRole?mailbox-mss:contains={family.lower()}" for family in families
        ],
        "specialty of a name": [
            f"Practitioner?family={family[:5]}&qualification-code={chance.choice(_SPECIALTIES)}"
            for family in families
        ],
        "active, by pages": [f"Practitioner?active=true&_cursor={n * 1000}" for n in range(400)],
    }


def measured(ready: Stage, country: Country, seconds: float) -> dict[str, Run]:
    """Each search in turn, for so long."""
    process = ready.postgres.process
    if process is None:
        raise RuntimeError("PostgreSQL does not run")

    def answered(answer: bytes | bytearray) -> bool:
        return answer.startswith(b"HTTP/1.1 200") and b'"searchset"' in answer

    meter = Meter(process.pid, 1, answered, load.http_length)
    found = {}
    with ready.running(*ready.web(CARNET, NATIONAL)):
        for name, asked in searches(country).items():
            requests = [
                f"GET /annuaire/fhir/v2/{each} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
                for each in asked
            ]
            chance = random.Random(15)
            runs = [
                meter.run(
                    name, ready.sockets(CARNET), iter(chance.choices(requests, k=20_000)), seconds
                )
                for _ in range(4)
            ]
            found[name] = median(runs[1:])
    return found


def brought_in(ready: Stage, path: Path) -> tuple[str, str]:
    """Lines a second and MB of the process of an import, as it tells them."""
    done = subprocess.run(
        [str(each) for each in wiring.carnet_command("directory", "import", str(path))],
        env={**ready.environment("national", NATIONAL), "LC_ALL": "fr_FR.UTF-8"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told = re.search(r"([0-9]+) lignes/s, ([0-9]+) Mo", done.stdout)
    if told is None:
        raise RuntimeError(done.stdout)
    return told[1], told[2]


def main() -> int:
    """0 when every search meets its bar."""
    parser = argparse.ArgumentParser(prog="python -m bench.directory", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a run")
    options = parser.parse_args()
    country = Country(options.rows)
    with stage.prepared(_say) as ready:
        folder = ready.home.folder
        lines = ["| import | lines | lines/s | MB, most |", "|---|---|---|---|"]
        first = folder / "activities.txt"
        boxes = folder / "mailboxes.txt"
        count = write(first, extracts.Kind.ACTIVITIES, country.activities())
        others = write(boxes, extracts.Kind.MAILBOXES, country.mailboxes())
        for name, path, size in (
            ("activities, into nothing", first, count),
            ("activities, again", first, count),
            ("mailboxes", boxes, others),
        ):
            rate, memory = brought_in(ready, path)
            lines.append(f"| {name} | {size:,} | {rate} | {memory} |")
            _say(lines[-1])
        with ready.connect(NATIONAL) as connection:
            connection.execute("VACUUM (ANALYZE)")
        found = measured(ready, country, options.seconds)
    lines += ["", "| search | rate/s | p50 ms | p95 ms | p99 ms | bar | met |"]
    lines.append("|---|---|---|---|---|---|---|")
    for name, run in found.items():
        lines.append(
            f"| {name} | {run.rate:.0f} | {run.p50:.1f} | {run.p95:.1f} | {run.p99:.1f}"
            f" | p95 < {_BAR_MS:.0f} ms | {'yes' if run.p95 < _BAR_MS else 'NO'} |"
        )
    others_used = max(run.strangers for run in found.values())
    print(f"{os.cpu_count()} processors; others used {others_used:.2f} of them at most.\n")
    print("\n".join(lines))
    return 0 if all(run.p95 < _BAR_MS for run in found.values()) else 1


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
