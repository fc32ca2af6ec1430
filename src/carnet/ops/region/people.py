"""Two hundred citizens in families, drawn from a fixed seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from carnet.standards.ids import INS_NIR_TEST, Ins, matricule_key

#: How many citizens the region holds, the named ones included.
POPULATION: Final = 200

#: The day the region is seen from: ages are counted to it, so that the seed alone decides.
REFERENCE_DAY: Final = date(2026, 1, 1)

# Birth places: COG code and name. 99351 is Morocco: born abroad.
_PLACES: Final = (
    ("63113", "Clermont-Ferrand"),
    ("69383", "Lyon 3e"),
    ("75112", "Paris 12e"),
    ("13205", "Marseille 5e"),
    ("44109", "Nantes"),
    ("67482", "Strasbourg"),
    ("31555", "Toulouse"),
    ("35238", "Rennes"),
    ("59350", "Lille"),
    ("33063", "Bordeaux"),
    ("2A004", "Ajaccio"),
    ("2B033", "Bastia"),
    ("97411", "Saint-Denis (La Réunion)"),
    ("99350", "Maroc"),
)
_FAMILIES: Final = (
    "ABRIAL", "BASTIDE", "CHAUVET", "D'ARGENSON", "DUBREUIL", "ESPINAS", "FABRE-LENOIR", "GALLAND",
    "HAUTEFORT", "ISNARD", "JARDEL", "KERGUELEN", "LE GOFF", "LAMBERT", "MAZURIER", "NAVARRE",
    "OUDINOT", "PELLERIN", "QUENEAU", "ROUSSEL", "SAINT-ALBAN", "TEYSSIER", "URVOY", "VALLIER",
    "WEISS", "YVETOT", "ZIMMER", "BENHADDOU", "NGUYEN", "DIALLO", "MOREIRA", "COSTA",
)  # fmt: skip
_WOMEN: Final = (
    "JEANNE", "CLAIRE", "ZOÉ", "MARIE-LAURE", "SOLÈNE", "AMINA", "LÉONIE", "FRANÇOISE", "INÈS",
    "MATHILDE", "CÉCILE", "NOÉMIE", "SIMONE", "AGATHE", "YASMINE", "LUCIE", "ÉLISE", "ODETTE",
)  # fmt: skip
_MEN: Final = (
    "PAUL", "JEAN-BAPTISTE", "RENÉ", "THÉO", "MAXIME", "IDRIS", "LÉON", "HUGO", "FRANÇOIS",
    "NICOLAS", "BENOÎT", "SAMUEL", "ÉTIENNE", "MARCEL", "OMAR", "GASPARD", "LOUIS", "VICTOR",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Citizen:
    """A citizen: strict traits as the INS base holds them, and what the space needs."""

    key: str
    number: int  #: place in the region, from 1: the hospitals' local number is made of it
    birth_name: str
    given_names: tuple[str, ...]
    sex: str  #: F or M
    birth_date: date
    birth_place: str  #: COG
    birth_place_name: str
    matricule: str
    used_name: str = ""
    login: str = ""
    children: tuple[str, ...] = field(default=())  #: keys of the minors this citizen represents

    @property
    def ins(self) -> Ins:
        """The INS, under the test OID."""
        return Ins(self.matricule, INS_NIR_TEST)

    @property
    def card_serial(self) -> str:
        """The serial number of the carte Vitale."""
        return f"80250{self.number:05d}"

    @property
    def first_given_name(self) -> str:
        """The first given name at birth."""
        return self.given_names[0]

    @property
    def name(self) -> str:
        """How the person is called: used name when there is one."""
        return f"{self.first_given_name.title()} {self.used_name or self.birth_name}"


def plain(text: str) -> str:
    """`text` in the alphabet of INSi: upper case, no accent, hyphen and apostrophe kept."""
    table = str.maketrans("ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸ", "AAACEEEEIIOOUUUY")
    return text.upper().translate(table)


def _matricule(sex: str, born: date, cog: str, order: int) -> str:
    body = f"{'1' if sex == 'M' else '2'}{born:%y%m}{cog}{order:03d}"
    return body + matricule_key(body)


class _Registry:
    """Draws people one after the other and keeps logins and matricules distinct."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a fixed seed is the point
        self.people: dict[str, Citizen] = {}
        self._orders: dict[str, int] = {}

    def add(
        self,
        family: str,
        given: tuple[str, ...],
        sex: str,
        born: date,
        *,
        used_name: str = "",
        children: tuple[str, ...] = (),
        place: tuple[str, str] | None = None,
    ) -> Citizen:
        cog, place_name = place or self.random.choice(_PLACES)
        stem = f"{sex}{born:%y%m}{cog}"
        self._orders[stem] = self._orders.get(stem, 0) + 1
        login = f"{plain(given[0])}.{plain(used_name or family)}".lower()
        login = login.replace(" ", "-").replace("'", "")
        key = login
        while key in self.people:
            key = f"{login}{sum(name.startswith(login) for name in self.people) + 1}"
        citizen = Citizen(
            key=key,
            number=len(self.people) + 1,
            birth_name=plain(family),
            given_names=tuple(plain(name) for name in given),
            sex=sex,
            birth_date=born,
            birth_place=cog,
            birth_place_name=place_name,
            matricule=_matricule(sex, born, cog, self._orders[stem]),
            used_name=plain(used_name),
            login=key,
            children=children,
        )
        self.people[key] = citizen
        return citizen

    def day(self, youngest: int, oldest: int) -> date:
        """A birth date for an age between the two."""
        year = REFERENCE_DAY.year - 1 - self.random.randint(youngest, oldest)
        return date(year, self.random.randint(1, 12), self.random.randint(1, 28))

    def given(self, sex: str) -> tuple[str, ...]:
        names = _WOMEN if sex == "F" else _MEN
        return tuple(self.random.sample(names, self.random.choice((1, 2, 3))))


def population() -> tuple[Citizen, ...]:
    """The citizens of the region, always the same ones in the same order.

    The first is Jeanne Fabre-Lenoir, 74, whose discharge letter the demo plays; then come her two
    grandchildren and their mother, Claire Roussel, who sees their records too.
    """
    registry = _Registry(seed=20260101)
    registry.add(
        "TEYSSIER",
        ("JEANNE", "MARIE", "CÉCILE"),
        "F",
        date(1951, 3, 14),
        used_name="FABRE-LENOIR",
        place=_PLACES[0],
    )
    kids = tuple(
        registry.add("ROUSSEL", names, sex, born, place=_PLACES[1]).key
        for names, sex, born in (
            (("AGATHE", "JEANNE"), "F", date(2014, 6, 2)),
            (("HUGO", "PAUL"), "M", date(2017, 11, 23)),
        )
    )
    registry.add(
        "FABRE-LENOIR",
        ("CLAIRE", "ODETTE"),
        "F",
        date(1981, 9, 30),
        used_name="ROUSSEL",
        children=kids,
        place=_PLACES[0],
    )
    while len(registry.people) < POPULATION:
        _household(registry)
    return tuple(registry.people.values())[:POPULATION]


def _household(registry: _Registry) -> None:
    """One or two adults, and children for some."""
    draw = registry.random
    family = draw.choice(_FAMILIES)
    if draw.random() < 0.3:
        sex = draw.choice("FM")
        registry.add(family, registry.given(sex), sex, registry.day(19, 94))
        return
    mother_born = registry.day(24, 60)
    kids: tuple[str, ...] = ()
    age = REFERENCE_DAY.year - mother_born.year
    if age < 52:
        kids = tuple(
            registry.add(
                family,
                registry.given(sex),
                sex,
                registry.day(0, max(0, min(16, age - 22))),
            ).key
            for sex in draw.choices("FM", k=draw.randint(0, 3))
        )
    father_born = registry.day(24, 60)
    registry.add(family, registry.given("M"), "M", father_born, children=kids)
    registry.add(
        draw.choice(_FAMILIES),
        registry.given("F"),
        "F",
        mother_born,
        used_name=family,
        children=kids,
    )
