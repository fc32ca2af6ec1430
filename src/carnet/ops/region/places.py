"""Structures and professionals of the Val d'Aubre."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from carnet.standards.ids import Finess, PsIdNat, Rpps, StructIdNat, luhn_valid

#: Mail domain of the hospitals, and of the practices served by the regional operator.
HOSPITAL_DOMAIN: Final = "valdaubre.mssante.fr"
REGION_DOMAIN: Final = "pro.valdaubre.mssante.fr"


def _with_luhn(body: str) -> str:
    return next(body + key for key in "0123456789" if luhn_valid(body + key))


def finess(order: int) -> Finess:
    """The `order`-th FINESS number of the region: département 99 does not exist."""
    return Finess(_with_luhn(f"9900{order:04d}"))


def rpps(order: int) -> Rpps:
    """The `order`-th RPPS number of the region: real ones start with 10."""
    return Rpps(_with_luhn(f"99{order:08d}"))


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure: `parent` is its legal entity when it is a geographic site."""

    key: str
    name: str
    finess: Finess
    kind: str  #: EJ (legal entity) or EG (geographic entity)
    sector: str  #: TRE_R02, SAxx
    setting: str  #: cadre d'exercice for practiceSettingCode (JDV_J04)
    address: str
    parent: str = ""
    mailbox: str = ""

    @property
    def idnat(self) -> StructIdNat:
        """The national identifier: 1 and the FINESS number."""
        return StructIdNat(f"1{self.finess}")


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional: `profession` in TRE_G15, `specialty` in TRE_R38/R01 or empty."""

    key: str
    rpps: Rpps
    family: str
    given: str
    civility: str
    profession: str
    specialty: str
    structure: str
    mailbox: str

    @property
    def idnat(self) -> PsIdNat:
        """The national identifier: 8 and the RPPS number."""
        return PsIdNat(f"8{self.rpps}")

    @property
    def title(self) -> str:
        """How a letter names this person."""
        return f"{self.civility} {self.given} {self.family}"


STRUCTURES: Final[tuple[Structure, ...]] = (
    Structure(
        "ght",
        "Centre hospitalier du Val d'Aubre",
        finess(1),
        "EJ",
        "SA01",
        "ETABLISSEMENT",
        "1 avenue de l'Aubre, 99000 Aubreville",
        mailbox=f"echanges@{HOSPITAL_DOMAIN}",
    ),
    Structure(
        "aurore",
        "Hôpital Sainte-Aurore",
        finess(2),
        "EG",
        "SA01",
        "ETABLISSEMENT",
        "1 avenue de l'Aubre, 99000 Aubreville",
        parent="ght",
        mailbox=f"sainte-aurore@{HOSPITAL_DOMAIN}",
    ),
    Structure(
        "montbrelan",
        "Hôpital de Montbrelan",
        finess(3),
        "EG",
        "SA01",
        "ETABLISSEMENT",
        "12 rue des Carmes, 99120 Montbrelan",
        parent="ght",
        mailbox=f"montbrelan@{HOSPITAL_DOMAIN}",
    ),
    Structure(
        "labo",
        "Laboratoire Aubre-Bio",
        finess(4),
        "EG",
        "SA25",
        "AMBULATOIRE",
        "8 place du Marché, 99000 Aubreville",
        mailbox=f"aubre-bio@{REGION_DOMAIN}",
    ),
    Structure(
        "pharmacie",
        "Pharmacie des Tilleuls",
        finess(5),
        "EG",
        "SA33",
        "AMBULATOIRE",
        "3 place des Tilleuls, 99000 Aubreville",
        mailbox=f"pharmacie-tilleuls@{REGION_DOMAIN}",
    ),
    Structure(
        "cabinet",
        "Maison de santé du Pont-Vieux",
        finess(6),
        "EG",
        "SA08",
        "AMBULATOIRE",
        "5 rue du Pont-Vieux, 99000 Aubreville",
        mailbox=f"pont-vieux@{REGION_DOMAIN}",
    ),
)

#: Columns: key, names, civility, profession (TRE_G15), savoir-faire (TRE_R38), structure.
_STAFF: Final = (
    ("cardio", "ARNOUX", "Hélène", "Dr", "10", "SM04", "aurore"),
    ("medecine", "BELLANGER", "Marc", "Dr", "10", "SM26", "aurore"),
    ("chirurgie", "CASTAING", "Isabelle", "Dr", "10", "SM05", "aurore"),
    ("urgences", "DELMAS", "Youssef", "Dr", "10", "SM26", "aurore"),
    ("radio", "ESTRADE", "Paul", "Dr", "10", "SM44", "aurore"),
    ("pediatrie", "FERRIER", "Nadia", "Dr", "10", "SM40", "aurore"),
    ("geriatrie", "GARNIER", "Luc", "Dr", "10", "SM18", "montbrelan"),
    ("pneumo", "HUGON", "Sylvie", "Dr", "10", "SM41", "montbrelan"),
    ("sagefemme", "IMBERT", "Clara", "Mme", "50", "", "aurore"),
    ("infirmier", "JOUBERT", "Antoine", "M.", "60", "", "aurore"),
    ("infirmiere", "KERAVEL", "Lucie", "Mme", "60", "", "montbrelan"),
    ("biologiste", "LACHAUD", "Odile", "Dr", "10", "SM03", "labo"),
    ("pharmacien", "MARCHAND", "Pierre", "M.", "21", "", "pharmacie"),
    ("generaliste", "NOGARET", "Émilie", "Dr", "10", "SM26", "cabinet"),
    ("generaliste2", "OLLIVIER", "Karim", "Dr", "10", "SM26", "cabinet"),
    ("dentiste", "PRADEL", "Agnès", "Dr", "40", "", "cabinet"),
    ("kine", "QUENTIN", "Hugo", "M.", "70", "", "cabinet"),
)


def _mailbox(family: str, given: str, structure: str) -> str:
    domain = HOSPITAL_DOMAIN if structure in {"aurore", "montbrelan"} else REGION_DOMAIN
    plain = str.maketrans("éèêëàâçîïôöûü", "eeeeaaciioouu")
    return f"{given.lower().translate(plain)}.{family.lower()}@{domain}"


PROFESSIONALS: Final[tuple[Professional, ...]] = tuple(
    Professional(
        key,
        rpps(order),
        family,
        given,
        civility,
        profession,
        specialty,
        structure,
        _mailbox(family, given, structure),
    )
    for order, (key, family, given, civility, profession, specialty, structure) in enumerate(
        _STAFF, start=1
    )
)


def structure(key: str) -> Structure:
    """The structure of this key. Raises `KeyError`."""
    return _STRUCTURES_BY_KEY[key]


def professional(key: str) -> Professional:
    """The professional of this key. Raises `KeyError`."""
    return _PROFESSIONALS_BY_KEY[key]


_STRUCTURES_BY_KEY: Final = {place.key: place for place in STRUCTURES}
_PROFESSIONALS_BY_KEY: Final = {person.key: person for person in PROFESSIONALS}
