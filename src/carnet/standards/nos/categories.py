"""What a document is, in the words of the person it is about.

XDS classes are made for archivists: "Compte rendu" holds a blood test and an operation. A citizen
looks for "Analyses" or "Vaccins". The type decides when it says more than its class; the class
decides otherwise; nothing is ever left without a category (R-066).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from carnet.standards.nos.tables import UnknownCode, class_of_type


@dataclass(frozen=True, slots=True)
class Category:
    """A group of documents: `slug` is stable (URLs, storage), the rest is French."""

    slug: str
    title: str
    explanation: str

    def __str__(self) -> str:
        return self.title


#: In the order in which a page shows them; the last one takes what nothing else names.
CATEGORIES: Final = (
    Category(
        "syntheses",
        "Synthèses médicales",
        "L’essentiel de votre santé, résumé par un professionnel : maladies et traitements.",
    ),
    Category(
        "comptes-rendus",
        "Comptes rendus",
        "Ce qu’un professionnel a constaté ou fait : consultation, opération, séjour, examen.",
    ),
    Category(
        "courriers",
        "Lettres entre professionnels",
        "Les lettres qui accompagnent votre parcours : sortie d’hôpital, transfert, adressage.",
    ),
    Category(
        "biologie",
        "Analyses et laboratoire",
        "Les résultats d’analyses : prise de sang, urines, prélèvements, examens au microscope.",
    ),
    Category(
        "imagerie",
        "Imagerie",
        "Les radiographies, scanners, IRM, échographies et leurs comptes rendus.",
    ),
    Category(
        "ordonnances",
        "Ordonnances et demandes d’examens",
        "Ce qui vous a été prescrit : médicaments, soins, examens, arrêt de travail.",
    ),
    Category(
        "medicaments",
        "Médicaments délivrés ou administrés",
        "Ce que la pharmacie vous a remis, ce qui vous a été donné, et les bilans de traitement.",
    ),
    Category(
        "vaccins",
        "Vaccinations",
        "Vos vaccins : notes et attestations de vaccination, historique.",
    ),
    Category(
        "plans-de-soins",
        "Plans et protocoles de soins",
        "Ce qui est prévu pour vous soigner ou vous accompagner, et avec qui.",
    ),
    Category(
        "certificats",
        "Certificats et déclarations",
        "Les papiers qui attestent de votre état de santé, remis par un professionnel.",
    ),
    Category(
        "volontes",
        "Mes volontés et mes droits",
        "Ce que les soignants doivent savoir et respecter, comme vos directives anticipées.",
    ),
    Category(
        "mes-documents",
        "Mes documents",
        "Ce que vous, ou un proche qui vous aide, avez ajouté vous-même.",
    ),
    Category(
        "remboursements",
        "Remboursements",
        "Les soins et produits que l’Assurance maladie vous a remboursés.",
    ),
    Category(
        "administratif",
        "Papiers administratifs",
        "Attestations de droits, autorisations, consentements et autres papiers de démarches.",
    ),
    Category(
        "autres",
        "Autres documents",
        "Les documents qui n’entrent dans aucune autre rubrique, dont les fichiers techniques.",
    ),
)

_CLASSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "10": "comptes-rendus",
        "11": "syntheses",
        "31": "imagerie",
        "42": "ordonnances",
        "43": "medicaments",
        "44": "plans-de-soins",
        "45": "medicaments",
        "52": "certificats",
        "60": "remboursements",
        "90": "mes-documents",
        "95": "administratif",
        "99": "autres",
        "urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1": "autres",
    }
)

#: Types that say more than their class, or that have none.
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "11490-0": "courriers",
        "83981-1": "courriers",
        "96349-6": "courriers",
        "18761-7": "courriers",
        "88348-8": "courriers",
        "74207-2": "courriers",
        "60280-5": "courriers",
        "78341-5": "courriers",
        "75496-0": "ordonnances",
        "11502-2": "biologie",
        "60568-3": "biologie",
        "51969-4": "biologie",
        "96173-0": "biologie",
        "DOCPAT05": "biologie",
        "56445-0": "medicaments",
        "80820-4": "medicaments",
        "78601-2": "medicaments",
        "93024-8": "medicaments",
        "11369-6": "vaccins",
        "87273-9": "vaccins",
        "96874-3": "vaccins",
        "EXPPAT_1": "volontes",
        "EXPPAT_3": "volontes",
        "34876-3": "comptes-rendus",
        "68814-3": "comptes-rendus",
        "96163-1": "comptes-rendus",
        "97694-4": "comptes-rendus",
        "100967-9": "comptes-rendus",
        "84067-8": "syntheses",
        "83963-9": "syntheses",
        "51851-4": "administratif",
        "56446-8": "administratif",
        "FICHE-CONTACTS": "administratif",
        "PIECE-IDENTITE": "administratif",
        "55751-2": "certificats",
    }
)


@cache
def _by_slug() -> dict[str, Category]:
    return {found.slug: found for found in CATEGORIES}


def category(slug: str) -> Category:
    """The category named `slug`. Raises `UnknownCode`."""
    try:
        return _by_slug()[slug]
    except KeyError:
        raise UnknownCode("the categories", slug) from None


def category_of_class(class_code: str) -> Category:
    """The category of a classCode; "Autres documents" for a class that we do not know."""
    return category(_CLASSES.get(class_code, "autres"))


def category_of(type_code: str, class_code: str = "") -> Category:
    """The category of a document: by its type when that says more, else by its class.

    Without `class_code` the class is the one of the type. Unknown codes are "Autres documents".
    """
    if type_code in _TYPES:
        return category(_TYPES[type_code])
    if not class_code:
        try:
            class_code = class_of_type(type_code).code
        except UnknownCode:
            return category("autres")
    return category_of_class(class_code)
