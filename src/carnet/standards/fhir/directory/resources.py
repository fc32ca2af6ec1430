"""What the directory knows, as resources: profiles as-dp-* of the ANS.

Source: IG-fhir-annuaire 1.2 (AsDpPractitioner, AsDpPractitionerRole, AsDpOrganization,
AsDpHealthcareService…, AsDpDevice, AsMailboxMSS); spec identity §3.4, mssante §9.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from carnet.standards.fhir import systems as fhir
from carnet.standards.fhir.data_types import Resource, instant
from carnet.standards.fhir.directory import systems
from carnet.standards.fhir.directory.held import (
    Device,
    Held,
    Mailbox,
    Organization,
    Practitioner,
    Qualification,
    Role,
    Service,
    resource_of,
    version_of,
)
from carnet.standards.fhir.directory.ids import logical_id
from carnet.standards.fhir.directory.systems import ANNUAIRE, FR_CORE, identifier, url

_ADXP: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP"
_PERIOD: Final = "http://hl7.org/fhir/StructureDefinition/organization-period"
_KINDS: Final = {"EJ": "LEGAL-ENTITY", "EG": "GEOGRAPHICAL-ENTITY"}
#: First digit of a Struct_IdNat that is not FINESS: type of fr-core, system (TRE_G07).
_STRUCTURE_KINDS: Final = {
    "2": ("SIREN", fhir.SIRENE),
    "3": ("SIRET", fhir.SIRENE),
    "4": ("RPPSRG", systems.RPPS_RANG),
}


def write(held: Held) -> Resource:
    """The resource of what is held."""
    match held:
        case Practitioner():
            return _practitioner(held)
        case Role():
            return _role(held)
        case Organization():
            return _organization(held)
        case Service():
            return _service(held)
        case Device():
            return _device(held)


def _begun(held: Held, profile: str, information_system: str) -> Resource:
    kind, id_ = resource_of(held)
    return {
        "resourceType": kind,
        "id": id_,
        "meta": {
            "extension": [
                _extension(
                    "as-ext-data-trace",
                    extension=[{"url": "systeme-information", "valueCode": information_system}],
                )
            ],
            "versionId": version_of(held),
            "lastUpdated": instant(held.last_updated),
            "profile": [f"{ANNUAIRE}/{profile}"],
        },
        "language": "fr",
    }


def _practitioner(held: Practitioner) -> Resource:
    made = _begun(held, "as-dp-practitioner", "RPPS")
    made["identifier"] = [identifier(systems.IDNAT_PS, held.ps_idnat, "IDNPS")]
    if held.ps_idnat[0] == "8":
        made["identifier"].append(identifier(fhir.RPPS, held.ps_idnat[1:], "RPPS"))
    made["active"] = held.is_active
    name: Resource = {"use": "usual", "family": held.family}
    if held.given:
        name["given"] = [held.given]
    if held.civility:
        name["prefix"] = [held.civility]
    if held.title:
        name["suffix"] = [held.title.upper()]
    made["name"] = [name]
    _put(made, telecom=[_mailbox(each) for each in held.mailboxes])
    _put(made, qualification=[{"code": _qualification(each)} for each in held.qualifications])
    return made


def _qualification(held: Qualification) -> Resource:
    match held.kind:
        case "profession":
            codings = [(url("TRE_G15"), held.code), (url("TRE_R09"), held.type_code)]
        case "savoir_faire":
            codings = [
                (systems.savoir_faire(held.type_code), held.code),
                (url("TRE_R04"), held.type_code),
            ]
        case _:
            codings = [(url("TRE_R48"), held.code), (url("TRE_R14"), held.type_code)]
    return {"coding": [{"system": system, "code": code} for system, code in codings if code]}


def _role(held: Role) -> Resource:
    made = _begun(held, "as-dp-practitionerrole", "RPPS")
    made["identifier"] = [identifier(fhir.RPPS, str(held.number), official=False)]
    made["active"] = held.is_active
    _put(made, period=_period(held.started_on, held.ended_on))
    made["practitioner"] = _reference("Practitioner", held.practitioner)
    if held.organization is not None:
        made["organization"] = _reference("Organization", held.organization)
    codes = (
        ("TRE_R22", held.activity),
        ("TRE_R23", held.mode),
        ("TRE_R21", held.role),
        ("TRE_R06", held.section),
    )
    _put(made, code=[_concept(url(table), code) for table, code in codes if code])
    _put(made, telecom=[_mailbox(each) for each in held.mailboxes])
    return made


def _organization(held: Organization) -> Resource:
    finess = held.struct_idnat[0] == "1"
    made = _begun(held, "as-dp-organization", "FINESS" if finess else "RPPS")
    extensions: list[Resource] = []
    if held.licence:
        extensions.append(
            _extension("as-ext-organization-pharmacy-licence", valueString=held.licence)
        )
    if period := _period(held.opened_on, held.closed_on):
        extensions.append({"url": _PERIOD, "valuePeriod": period})
    _put(made, extension=extensions)
    made["identifier"] = [identifier(systems.IDNAT_STRUCT, held.struct_idnat, "IDNST")]
    if finess:
        kind = "FINEJ" if held.kind == "EJ" else "FINEG"
        made["identifier"].append(identifier(fhir.FINESS, held.struct_idnat[1:], kind))
    elif known := _STRUCTURE_KINDS.get(held.struct_idnat[0]):
        made["identifier"].append(identifier(known[1], held.struct_idnat[1:], known[0]))
    if held.siret and held.struct_idnat[0] != "3":
        made["identifier"].append(identifier(fhir.SIRENE, held.siret, "SIRET"))
    made["active"] = held.is_active
    types = (
        ("organizationType", systems.ORGANIZATION_TYPE, _KINDS.get(held.kind, "")),
        ("secteurActiviteRASS", url("TRE_R02"), held.sector),
        ("statutJuridiqueINSEE", url("TRE_R72"), held.legal_status),
        ("sphParticipation", url("TRE_R73"), held.hospital_service),
        ("", url("TRE_R66"), held.category),
        ("", url("TRE_R75"), held.activity),
    )
    _put(made, type=[_type(slice_, system, code) for slice_, system, code in types if code])
    _put(made, name=held.name)
    _put(made, alias=[held.alias] if held.alias else [])
    numbers = (("phone", held.phone), ("fax", held.fax), ("email", held.email))
    telecom = [{"system": system, "value": value} for system, value in numbers if value]
    _put(made, telecom=telecom + [_mailbox(each) for each in held.mailboxes])
    _put(made, address=[address] if (address := _address(held)) else [])
    if held.part_of is not None:
        made["partOf"] = _reference("Organization", held.part_of)
    return made


def _type(slice_: str, system: str, code: str) -> Resource:
    made = _concept(system, code)
    return (
        {"extension": [_extension("as-ext-organization-types", valueCode=slice_)], **made}
        if slice_
        else made
    )


def _address(held: Organization) -> Resource:
    made: Resource = {}
    if held.commune:
        made["extension"] = [
            {
                "url": f"{FR_CORE}/fr-core-address-insee-code",
                "valueCoding": {"system": url("TRE_R13"), "code": held.commune},
            }
        ]
    if held.street:
        made["line"] = [held.street]
        made["_line"] = [
            {"extension": [{"url": f"{_ADXP}-streetNameBase", "valueString": held.street}]}
        ]
    _put(made, city=held.city, postalCode=held.postal_code)
    return made


def _service(held: Service) -> Resource:
    care = held.kind == "care"
    profile = "healthcare-activity" if care else "social-equipment"
    made = _begun(held, f"as-dp-healthcareservice-{profile}", "FINESS")
    _put(made, extension=_authorisation(held))
    if held.authorisation:
        made["identifier"] = [identifier(systems.ARHGOS, held.authorisation, official=False)]
    made["active"] = held.is_active
    made["providedBy"] = _reference("Organization", held.organization)
    if care:
        _put(made, category=[_concept(_MODALITY, held.modality)] if held.modality else [])
    made["type"] = [_concept(_ACTIVITY if care else _DISCIPLINE, held.code, held.label)]
    form = url("TRE_R276") if care else url("TRE_R209")
    if not care and held.modality:
        made["eligibility"] = [{"code": _concept(_PUBLIC, held.modality)}]
    _put(made, characteristic=[_concept(form, held.form)] if held.form else [])
    return made


#: Value sets of the profiles, whose tables no source at hand names.
_JDV: Final = "https://mos.esante.gouv.fr/NOS/JDV_{0}/FHIR/JDV-{0}"
_MODALITY: Final = _JDV.format("J132-ModaliteActivite-RASS")
_ACTIVITY: Final = _JDV.format("J133-ActiviteSanitaireRegulee-RASS")
_DISCIPLINE: Final = (
    "https://smt.esante.gouv.fr/fhir/ValueSet/jdv-j379-activite-sociale-regulee-rass"
)
_PUBLIC: Final = (
    "https://smt.esante.gouv.fr/fhir/ValueSet/jdv-j376-public-activite-smsse-regulee-rass"
)


def _device(held: Device) -> Resource:
    made = _begun(held, "as-dp-device", "FINESS")
    _put(made, extension=_authorisation(held))
    if held.authorisation:
        made["identifier"] = [identifier(systems.ARHGOS, held.authorisation, official=False)]
    made["status"] = "active" if held.is_active else "inactive"
    _put(made, manufacturer=held.manufacturer, serialNumber=held.serial, modelNumber=held.model)
    made["type"] = _concept(url("TRE_R272"), held.code, held.label)
    made["owner"] = _reference("Organization", held.organization)
    return made


def _authorisation(held: Service | Device) -> list[Resource]:
    parts: list[Resource] = []
    if held.authorised_on:
        parts.append({"url": "dateAuthorization", "valueDate": held.authorised_on.isoformat()})
    if period := _period(held.started_on, held.ended_on):
        parts.append({"url": "periodAuthorization", "valuePeriod": period})
    return [_extension("as-ext-authorization", extension=parts)] if parts else []


def _mailbox(held: Mailbox) -> Resource:
    metadata: list[Resource] = [
        {"url": "type", "valueCodeableConcept": _concept(url("TRE_R257"), held.kind)}
    ]
    if held.description:
        metadata.append({"url": "description", "valueString": held.description})
    if held.service:
        metadata.append({"url": "service", "valueString": held.service})
    metadata.append({"url": "listeRouge", "valueBoolean": False})
    return {
        "extension": [
            {
                "url": f"{FR_CORE}/fr-core-contact-point-email-type",
                "valueCoding": {"system": url("TRE_R256"), "code": "MSSANTE"},
            },
            _extension("as-ext-mailbox-mss-metadata", extension=metadata),
        ],
        "system": "email",
        "value": held.address,
    }


def _extension(name: str, **value: Any) -> Resource:
    return {"url": f"{ANNUAIRE}/{name}", **value}


def _concept(system: str, code: str, display: str = "") -> Resource:
    coding = {"system": system, "code": code}
    return {"coding": [{**coding, "display": display} if display else coding]}


def _reference(resource: str, number: int) -> Resource:
    return {"reference": f"{resource}/{logical_id(resource, number)}"}


def _period(start: date | None, end: date | None) -> Resource:
    told = (("start", start), ("end", end))
    return {name: day.isoformat() for name, day in told if day}


def _put(made: Resource, **elements: Any) -> None:
    """FHIR has no empty element."""
    made.update({name: value for name, value in elements.items() if value})
