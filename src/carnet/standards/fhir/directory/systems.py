"""Code systems of the directory, by the name of their table (TRE) in the NOS of the ANS."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from carnet.standards.fhir import systems
from carnet.standards.fhir.data_types import Resource
from carnet.standards.ids import PS_AUTHORITY, STRUCT_AUTHORITY

IDNAT_PS: Final = f"urn:oid:{PS_AUTHORITY}"
IDNAT_STRUCT: Final = f"urn:oid:{STRUCT_AUTHORITY}"
RPPS_RANG: Final = "https://rppsrang.esante.gouv.fr"
ARHGOS: Final = "https://arhgos.ars.sante.fr"
#: LEGAL-ENTITY, GEOGRAPHICAL-ENTITY, of fr-core.
ORGANIZATION_TYPE: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-3307"
FR_CORE: Final = "https://hl7.fr/ig/fhir/core/StructureDefinition"
ANNUAIRE: Final = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition"
SEARCH_PARAMETER: Final = "https://interop.esante.gouv.fr/ig/fhir/annuaire/SearchParameter"


def _nos(name: str) -> str:
    return f"https://mos.esante.gouv.fr/NOS/{name}/FHIR/{name.replace('_', '-', 1)}"


#: Table, OID: empty when no source gives it.
_TABLES: Final = (
    ("TRE_G15-ProfessionSante", "1.2.250.1.71.1.2.7"),
    ("TRE_R02-SecteurActivite", "1.2.250.1.71.4.2.4"),
    ("TRE_R04-TypeSavoirFaire", "1.2.250.1.213.1.6.1.16"),
    ("TRE_R06-SectionTableauCNOP", ""),
    ("TRE_R09-CategorieProfessionnelle", "1.2.250.1.213.1.6.1.10"),
    ("TRE_R13-Commune", ""),
    ("TRE_R14-TypeDiplome", ""),
    ("TRE_R21-Fonction", "1.2.250.1.213.1.6.1.17"),
    ("TRE_R22-GenreActivite", "1.2.250.1.213.1.6.1.19"),
    ("TRE_R23-ModeExercice", "1.2.250.1.213.1.6.1.18"),
    ("TRE_R38-SpecialiteOrdinale", "1.2.250.1.213.2.28"),
    ("TRE_R48-DiplomeEtatFrancais", ""),
    ("TRE_R66-CategorieEtablissement", ""),
    ("TRE_R72-FinessStatutJuridique", "1.2.250.1.213.1.6.1.44"),
    ("TRE_R73-ESPIC", ""),
    ("TRE_R75-InseeNAFrev2Niveau5", ""),
    ("TRE_R209-TypeActivite", "1.2.250.1.213.2.2"),
    ("TRE_R256-TypeMessagerie", ""),
    ("TRE_R257-TypeBAL", ""),
    ("TRE_R272-EquipementMaterielLourd", ""),
    ("TRE_R276-FormeActivite", ""),
)
_URLS: Final[Mapping[str, str]] = MappingProxyType(
    {name.partition("-")[0]: _nos(name) for name, _oid in _TABLES}
)
_BY_OID: Final[Mapping[str, str]] = MappingProxyType(
    {f"urn:oid:{oid}": _nos(name) for name, oid in _TABLES if oid}
)
#: Systems of savoir-faire by their type (TRE_R04); spec valuesets, JDV_J107.
_SAVOIR_FAIRE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "S": _URLS["TRE_R38"],
        "C": "urn:oid:1.2.250.1.213.2.29",
        "CEX": "urn:oid:1.2.250.1.213.2.30",
        "OP": "urn:oid:1.2.250.1.213.2.31",
        "DNQ": "urn:oid:1.2.250.1.213.2.32",
        "CAPA": "urn:oid:1.2.250.1.213.2.33",
        "PAC": "urn:oid:1.2.250.1.213.2.34",
        "FQ": "urn:oid:1.2.250.1.213.2.35",
        "SST": "urn:oid:1.2.250.1.213.2.76",
        "DEC": "urn:oid:1.2.250.1.213.1.6.1.111",
    }
)


def url(table: str) -> str:
    """The system of a table, named `TRE_R02`. Raises `KeyError`."""
    return _URLS[table]


def savoir_faire(type_code: str) -> str:
    """The system of the savoir-faire of a type; of specialties when the type is not known."""
    return _SAVOIR_FAIRE.get(type_code, _URLS["TRE_R38"])


def savoir_faire_types(system: str) -> tuple[str, ...]:
    """The types of savoir-faire whose codes are of this system."""
    return tuple(kind for kind, known in _SAVOIR_FAIRE.items() if known == system)


def canonical(system: str) -> str:
    """A system as this API writes it, however a caller wrote it: by URL or by OID."""
    return _BY_OID.get(system, system)


def identifier(system: str, value: str, kind: str = "", *, official: bool = True) -> Resource:
    """An Identifier; `kind` is its type of fr-core."""
    made: Resource = {"use": "official"} if official else {}
    if kind:
        made["type"] = {"coding": [{"system": systems.IDENTIFIER_TYPES, "code": kind}]}
    return {**made, "system": system, "value": value}
