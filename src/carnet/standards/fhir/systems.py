"""The code and identifier systems of FHIR and their OIDs, both ways.

A code system without a URL of its own is told as `urn:oid:…`; a coding scheme that is no OID
(ASTM, URN) has no other name and stays as it is. Source: HL7 terminology (THO), NOS of the ANS.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, unquote
from uuid import UUID

from carnet.standards.ids import IdentifierError, Oid

#: System of an identifier that is a URI by itself (HL7 FHIR R4, 2.24.0.2).
URI: Final = "urn:ietf:rfc:3986"
#: Kinds of identifiers, fr-core.
IDENTIFIER_TYPES: Final = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
RPPS: Final = "https://rpps.esante.gouv.fr"
FINESS: Final = "https://finess.esante.gouv.fr"
SIRENE: Final = "https://sirene.fr"

_OID: Final = "urn:oid:"
_UUID: Final = "urn:uuid:"
#: Root under which a UUID is an OID (ITU-T X.667).
_UUID_ROOT: Final = "2.25."


def _nos(name: str) -> str:
    return f"https://mos.esante.gouv.fr/NOS/{name}/FHIR/{name.replace('_', '-', 1)}"


#: OID, the URL that we write, and others that we understand.
_SYSTEMS: Final[tuple[tuple[str, ...], ...]] = (
    ("2.16.840.1.113883.6.1", "http://loinc.org", _nos("TRE_A04-Loinc")),
    ("2.16.840.1.113883.6.96", "http://snomed.info/sct"),
    ("2.16.840.1.113883.6.3", "http://hl7.org/fhir/sid/icd-10"),
    (
        "2.16.840.1.113883.5.25",
        "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
        _nos("TRE_A08-HL7Confidentiality"),
    ),
    ("1.2.840.10008.2.16.4", "http://dicom.nema.org/resources/ontology/DCM"),
    ("1.2.840.10008.2.6.1", _nos("TRE_A09-DICOMuidRegistry")),
    ("1.2.250.1.213.1.1.4.6", _nos("TRE_A00-ProducteurDocNonPS")),
    ("1.2.250.1.213.1.1.4.9", _nos("TRE_A01-CadreExercice")),
    ("1.2.250.1.213.1.1.4.5", _nos("TRE_A02-ProfessionSavFaire-CISIS")),
    ("1.2.250.1.213.1.1.4.1", _nos("TRE_A03-ClasseDocument")),
    ("1.2.250.1.213.1.1.4.12", _nos("TRE_A05-TypeDocComplementaire")),
    ("1.2.250.1.213.1.1.4.2.282", _nos("TRE_A06-FormatCodeComplementaire")),
    (
        "1.2.250.1.213.1.1.4.13",
        _nos("TRE_A07-StatutVisibiliteDocument"),
        # As the examples of PDSm spell it.
        _nos("TRE_A07-StatusVisibiliteDocument"),
    ),
    ("URN", _nos("TRE_A10-NomenclatureURN")),
    (
        "1.3.6.1.4.1.19376.1.2.3",
        "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
        _nos("TRE_A11-IheFormatCode"),
    ),
    ("1.2.250.1.71.4.2.4", _nos("TRE_R02-SecteurActivite")),
    ("1.2.250.1.213.2.2", _nos("TRE_R209-TypeActivite")),
    ("1.2.250.1.71.1.2.7", _nos("TRE_G15-ProfessionSante")),
    ("1.2.250.1.213.1.6.1.17", _nos("TRE_R21-Fonction")),
)
_URLS: Final[Mapping[str, str]] = MappingProxyType({line[0]: line[1] for line in _SYSTEMS})
_SCHEMES: Final[Mapping[str, str]] = MappingProxyType(
    {url: line[0] for line in _SYSTEMS for url in line[1:]}
)


def url_of(scheme: str) -> str:
    """The FHIR system of a codingScheme: an OID, or the name that XDS gives it."""
    known = _URLS.get(scheme)
    if known:
        return known
    return f"{_OID}{scheme}" if _is_oid(scheme) else quote(scheme, safe=":/")


def scheme_of(url: str) -> str:
    """The codingScheme of a FHIR system; one that we do not know stays as it is."""
    if url.startswith(_OID):
        return url.removeprefix(_OID)
    return _SCHEMES.get(url, unquote(url))


def oid_of_uri(uri: str) -> str:
    """The OID of `urn:oid:…`, or of `urn:uuid:…` under 2.25; empty when it is neither."""
    if uri.startswith(_OID):
        oid = uri.removeprefix(_OID)
        return oid if _is_oid(oid) else ""
    if uri.startswith(_UUID):
        try:
            return f"{_UUID_ROOT}{UUID(uri.removeprefix(_UUID)).int}"
        except ValueError:
            return ""
    return ""


def _is_oid(text: str) -> bool:
    try:
        Oid(text)
    except IdentifierError:
        return False
    return True
