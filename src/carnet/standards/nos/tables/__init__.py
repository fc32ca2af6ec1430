"""The value sets, read once from the tab-separated files beside this module.

A file starts with `# ` and its source, then a header line, then one concept a line with at least
`code`, `system` and `display`. Sources: ANS, NOS (spec dmp §3.9 names each value set and its OID).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

LOINC: Final = "2.16.840.1.113883.6.1"
TYPE_DOC_COMPLEMENTAIRE: Final = "1.2.250.1.213.1.1.4.12"  #: TRE_A05
CLASS_SYSTEM: Final = "1.2.250.1.213.1.1.4.1"  #: TRE_A03

#: Names of code systems as HL7 v2 messages write them, and their OIDs.
SYSTEM_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LN": LOINC,
        "LOINC": LOINC,
        "TRE_A05": TYPE_DOC_COMPLEMENTAIRE,
        "TRE_A05-TypeDocComplementaire": TYPE_DOC_COMPLEMENTAIRE,
    }
)

#: The concept files; `template_formats` is a map, not a value set.
VALUE_SETS: Final = (
    "access_modes",
    "activity_sectors",
    "administrative_genders",
    "author_roles",
    "author_specialties",
    "body_regions",
    "class_codes",
    "confidentiality_codes",
    "content_types",
    "encounter_types",
    "facility_types",
    "format_codes",
    "functions",
    "imaging_modalities",
    "patient_relations",
    "practice_settings",
    "professional_titles",
    "professions",
    "reference_id_types",
    "specialties",
    "subject_roles",
    "type_codes",
)


class UnknownCode(LookupError):  # noqa: N818 - the name says what happened, as LookupError does
    """A code is not in the table where it was sought; `code` and `table` name both."""

    def __init__(self, table: str, code: str) -> None:
        super().__init__(f"{code!r} is not in {table}")
        self.table = table
        self.code = code


@dataclass(frozen=True, slots=True)
class Concept:
    """One code of a value set: `code` in `system` (an OID), with its French `display`."""

    code: str
    system: str
    display: str


@dataclass(frozen=True, slots=True)
class DocumentType(Concept):
    """A typeCode. `class_code` is empty when no class is published nor proposed for it."""

    class_code: str = ""
    dmp: bool = False  #: in JDV_J66, so accepted by the DMP


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Concepts in their published order; `source` names the official table and its edition."""

    name: str
    source: str
    concepts: tuple[Concept, ...]
    by_code: Mapping[str, tuple[Concept, ...]] = field(repr=False, compare=False)

    def __iter__(self) -> Iterator[Concept]:
        return iter(self.concepts)

    def __len__(self) -> int:
        return len(self.concepts)

    def find(self, code: str, system: str = "") -> Concept | None:
        """The concept `code` (of `system` when given), or None."""
        system = system_oid(system)
        found = self.by_code.get(code, ())
        return next((concept for concept in found if system in ("", concept.system)), None)

    def __contains__(self, code: object) -> bool:
        return code in self.by_code


def system_oid(name: str) -> str:
    """The OID of a code system that may be given by its HL7 v2 name (`LN`, `TRE_A05`)."""
    return SYSTEM_NAMES.get(name, name)


def value_set_names() -> tuple[str, ...]:
    """The names that `value_set` knows."""
    return VALUE_SETS


@cache
def value_set(name: str) -> ValueSet:
    """The value set `name` (see `VALUE_SETS`). Raises `UnknownCode` for any other name."""
    if name not in VALUE_SETS:
        raise UnknownCode("the value sets", name)
    source, rows = _read(name)
    make = _document_type if name == "type_codes" else _concept
    concepts = tuple(make(row) for row in rows)
    by_code: dict[str, tuple[Concept, ...]] = {}
    for concept in concepts:
        by_code[concept.code] = (*by_code.get(concept.code, ()), concept)
    return ValueSet(name, source, concepts, MappingProxyType(by_code))


def display(system: str, code: str) -> str:
    """The French label of `code` in `system` (an OID, or a name as `LN`); empty when we hold none.

    The label is the published one, so that a page shows the same words whatever the sender wrote;
    when it is empty, show the label that the document carries.
    """
    return _labels().get((system_oid(system), code), "")


def document_type(type_code: str) -> DocumentType:
    """The document type `type_code`. Raises `UnknownCode`."""
    try:
        return _types()[type_code]
    except KeyError:
        raise UnknownCode("JDV_J07-XdsTypeCode-CISIS", type_code) from None


def class_of_type(type_code: str) -> Concept:
    """The classCode of a typeCode (ASS_X16-CorrespondanceType-Classe; spec dmp §3.4).

    Raises `UnknownCode` when the type is unknown, or when no class is published nor proposed.
    """
    class_code = document_type(type_code).class_code
    found = value_set("class_codes").find(class_code)
    if found is None:
        raise UnknownCode("ASS_X16-CorrespondanceType-Classe", type_code)
    return found


def format_of_template(template: str) -> Concept | None:
    """The formatCode of the CDA model `template` (an OID); None when the map does not hold it."""
    format_code = _template_formats().get(template)
    return value_set("format_codes").find(format_code) if format_code else None


def _read(name: str) -> tuple[str, list[dict[str, str]]]:
    text = files(__name__).joinpath(f"{name}.tsv").read_text("utf-8")
    source, header, *lines = text.splitlines()
    columns = header.split("\t")
    return source.removeprefix("# "), [
        dict(zip(columns, line.split("\t"), strict=True)) for line in lines
    ]


def _concept(row: dict[str, str]) -> Concept:
    return Concept(row["code"], row["system"], row["display"])


def _document_type(row: dict[str, str]) -> DocumentType:
    return DocumentType(
        row["code"], row["system"], row["display"], row["class"], row["dmp"] == "yes"
    )


@cache
def _types() -> dict[str, DocumentType]:
    return {c.code: c for c in value_set("type_codes") if isinstance(c, DocumentType)}


@cache
def _template_formats() -> dict[str, str]:
    return {row["template"]: row["format"] for row in _read("template_formats")[1]}


@cache
def _labels() -> dict[tuple[str, str], str]:
    labels: dict[tuple[str, str], str] = {}
    for name in VALUE_SETS:
        for concept in value_set(name):
            if concept.display:
                labels.setdefault((concept.system, concept.code), concept.display)
    return labels
