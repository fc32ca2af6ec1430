"""Lines of the public extracts: which extract a file is, and what each line says.

Columns are found by their names, so that one more or in another place is no matter; FINESS's file
has no names and a fixed order. Source: ANS, "Extractions en libre accès" (PS_LibreAcces,
Extraction_Correspondance_MSSante); DREES, etalab cs1100502 (FINESS, établissements).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from carnet.standards.directory.folding import folded


class Kind(StrEnum):
    """The extracts that are known."""

    ACTIVITIES = "activities"
    SAVOIR_FAIRE = "savoir-faire"
    DIPLOMAS = "diplomas"
    MAILBOXES = "mailboxes"
    STRUCTURES = "structures"


class ExtractError(ValueError):
    """A file is none of the extracts, or lacks a column; the sentence says which."""


class LineRefused(ValueError):  # noqa: N818 - says what happened
    """A line cannot be read; the sentence says why, without its content."""


Row = Callable[[str], str]
"""The value of a column of one line, trimmed; empty when the extract has no such column."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the lines of one file are cut: `places` of its columns by name."""

    kind: Kind
    separator: str
    width: int
    places: Mapping[str, int]
    #: Whether the first line names the columns, or tells of the file.
    begin: str = ""

    def cut(self, line: str) -> Sequence[str]:
        """The fields of a line. Raises `LineRefused`."""
        fields = line.split(self.separator)
        if len(fields) != self.width and not (len(fields) == self.width + 1 and not fields[-1]):
            raise LineRefused(f"{len(fields)} columns, {self.width} are expected")
        if self.begin and fields[0] != self.begin:
            raise LineRefused(f"not a line of {self.begin}")
        return fields

    def reader(self, fields: Sequence[str]) -> Row:
        """Asks a line for its columns by name."""
        places = self.places

        def value(name: str) -> str:
            place = places.get(name, -1)
            return fields[place].strip() if place >= 0 else ""

        return value


#: Name in this project, name in the extract (folded); `*` marks what a file must have.
_PERSON: Final = (
    ("ps_idnat*", "identification nationale pp"),
    ("profession*", "code profession"),
)
_COLUMNS: Final[Mapping[Kind, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        Kind.ACTIVITIES: (
            *_PERSON,
            ("family*", "nom d exercice"),
            ("given*", "prenom d exercice"),
            ("title", "code civilite d exercice"),
            ("civility", "code civilite"),
            ("category", "code categorie professionnelle"),
            ("type", "code type savoir faire"),
            ("code", "code savoir faire"),
            ("mode*", "code mode exercice"),
            ("siret*", "numero siret site"),
            ("siren", "numero siren site"),
            ("finess*", "numero finess site"),
            ("legal_finess*", "numero finess etablissement juridique"),
            ("technical", "identifiant technique de la structure"),
            ("name*", "raison sociale site"),
            ("alias", "enseigne commerciale site"),
            ("number", "numero voie coord structure"),
            ("index", "indice repetition voie coord structure"),
            ("way", "libelle type de voie coord structure"),
            ("street", "libelle voie coord structure"),
            ("cedex", "bureau cedex coord structure"),
            ("postal_code*", "code postal coord structure"),
            ("commune", "code commune coord structure"),
            ("city", "libelle commune coord structure"),
            ("phone", "telephone coord structure"),
            ("fax", "telecopie coord structure"),
            ("email", "adresse e mail coord structure"),
            ("sector", "code secteur d activite"),
            ("section", "code section tableau pharmaciens"),
            ("role", "code role"),
            ("activity", "code genre activite"),
        ),
        Kind.SAVOIR_FAIRE: (
            *_PERSON,
            ("type*", "code type savoir faire"),
            ("code*", "code savoir faire"),
        ),
        Kind.DIPLOMAS: (
            ("ps_idnat*", "identification nationale pp"),
            ("type*", "code type diplome obtenu"),
            ("code*", "code diplome obtenu"),
        ),
        Kind.MAILBOXES: (
            ("kind*", "type de bal"),
            ("address*", "adresse bal"),
            ("ps_idnat*", "identification nationale pp"),
            ("structure_type", "type identifiant structure"),
            ("structure*", "identification structure"),
            ("service", "service de rattachement"),
        ),
    }
)
#: What only the header of an extract has.
_SIGNS: Final = (
    (Kind.MAILBOXES, "adresse bal"),
    (Kind.DIPLOMAS, "code diplome obtenu"),
    (Kind.ACTIVITIES, "code mode exercice"),
    (Kind.SAVOIR_FAIRE, "code savoir faire"),
)
_FINESS: Final = (
    *("record", "finess", "legal_finess", "short_name", "name", "more_name", "more_street"),
    *("number", "way", "street", "index", "place", "commune", "department", "department_name"),
    *("delivery", "phone", "fax", "category", "category_name", "group", "group_name", "siret"),
    *("activity", "tariff", "tariff_name", "hospital_service", "hospital_service_name"),
    *("opened_on", "authorised_on", "updated_on"),
)


def recognise(first: str) -> Layout:
    """The extract that a first line begins. Raises `ExtractError`."""
    if first.startswith(("finess;", "structureet;")):
        return Layout(
            Kind.STRUCTURES,
            ";",
            len(_FINESS),
            MappingProxyType({name: place for place, name in enumerate(_FINESS)}),
            begin="structureet",
        )
    names = [folded(name) for name in first.split("|")]
    kind = next((kind for kind, sign in _SIGNS if sign in names), None)
    if kind is None:
        raise ExtractError("this is none of the extracts that are known")
    while names and not names[-1]:
        names.pop()
    places = {}
    for name, column in _COLUMNS[kind]:
        if column in names:
            places[name.removesuffix("*")] = names.index(column)
        elif name.endswith("*"):
            raise ExtractError(f"the extract has no column {column!r}")
    return Layout(kind, "|", len(names), MappingProxyType(places))


def columns_of(kind: Kind) -> Mapping[str, str]:
    """The columns of an extract that are read: their names here, and there (folded)."""
    return MappingProxyType({name.removesuffix("*"): column for name, column in _COLUMNS[kind]})
