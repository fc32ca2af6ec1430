"""The WSDL 1.1 of each service, made from the tables of its operations (spec dmp §1.1, §2.1).

Document/literal over SOAP 1.2 with the actions of WS-Addressing. The messages of the DMP itself are
described element by element; those of ebRS and of HL7 v3, whose schemas their publishers hold, are
left open. Sources: WSDL 1.1, SOAP 1.2 binding (W3C); WS-Addressing 1.0 metadata (W3C).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from carnet.standards.gdp import patient_query, registration, td05
from carnet.standards.gdp.messages import HL7, Reason
from carnet.standards.habilitations.forms import (
    FORMS,
    HABILITATIONS,
    OPERATIONS,
    PATIENTS,
    Element,
    Time,
)
from carnet.standards.xds import iti18, iti41, iti42, iti43, iti44, iti57, iti62, iti86
from carnet.standards.xds.ebrim import LCM, QUERY, RS, XDSB
from carnet.standards.xml import escape

WSDL: Final = "http://schemas.xmlsoap.org/wsdl/"
SOAP12: Final = "http://schemas.xmlsoap.org/wsdl/soap12/"
WSAM: Final = "http://www.w3.org/2007/05/addressing/metadata"
XS: Final = "http://www.w3.org/2001/XMLSchema"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a service: its messages, (namespace, name), and their actions."""

    name: str
    request: tuple[str, str]
    answer: tuple[str, str]
    action: str
    answer_action: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service: `path` under the base of the server, `namespace` of its contract."""

    path: str
    name: str
    namespace: str
    operations: tuple[Operation, ...]


def _dmp(namespace: str) -> tuple[Operation, ...]:
    return tuple(
        Operation(
            one.name,
            (namespace, one.name),
            (namespace, f"{one.name}Response"),
            one.action,
            one.answer_action,
        )
        for one in OPERATIONS
        if one.namespace == namespace
    )


def _hl7(question: str, answer: str) -> Operation:
    return Operation(
        question,
        (HL7, question),
        (HL7, answer),
        registration.action(question),
        registration.action(answer),
    )


def _registration(reason: Reason) -> Operation:
    """What refuses is another element, that WSDL 1.1 cannot tell beside this one."""
    interactions = registration.INTERACTIONS_OF[reason]
    return _hl7(interactions.request, interactions.accepted)


_RESPONSE: Final = (RS, "RegistryResponse")
_QUERY: Final = Operation(
    "RegistryStoredQuery",
    (QUERY, "AdhocQueryRequest"),
    (QUERY, "AdhocQueryResponse"),
    iti18.ACTION,
    iti18.RESPONSE_ACTION,
)
_QUERY_SEVERAL: Final = Operation(
    "MultiPatientStoredQuery",
    _QUERY.request,
    _QUERY.answer,
    iti18.MULTI_PATIENT_ACTION,
    iti18.MULTI_PATIENT_RESPONSE_ACTION,
)
_REGISTER: Final = Operation(
    "RegisterDocumentSet-b",
    (LCM, "SubmitObjectsRequest"),
    _RESPONSE,
    iti42.ACTION,
    iti42.RESPONSE_ACTION,
)
_UPDATE: Final = Operation(
    "UpdateDocumentSet",
    (LCM, "SubmitObjectsRequest"),
    _RESPONSE,
    iti57.ACTION,
    iti57.RESPONSE_ACTION,
)
_REMOVE_METADATA: Final = Operation(
    "DeleteDocumentSet",
    (LCM, "RemoveObjectsRequest"),
    _RESPONSE,
    iti62.ACTION,
    iti62.RESPONSE_ACTION,
)
_PROVIDE: Final = Operation(
    "ProvideAndRegisterDocumentSet-b",
    (XDSB, "ProvideAndRegisterDocumentSetRequest"),
    _RESPONSE,
    iti41.ACTION,
    iti41.RESPONSE_ACTION,
)
_RETRIEVE: Final = Operation(
    "RetrieveDocumentSet",
    (XDSB, "RetrieveDocumentSetRequest"),
    (XDSB, "RetrieveDocumentSetResponse"),
    iti43.ACTION,
    iti43.RESPONSE_ACTION,
)
_REMOVE_DOCUMENTS: Final = Operation(
    "RemoveDocuments",
    (iti86.RMD, "RemoveDocumentsRequest"),
    _RESPONSE,
    iti86.ACTION,
    iti86.RESPONSE_ACTION,
)


def _fed(interaction: str) -> Operation:
    return Operation(
        interaction,
        (HL7, interaction),
        (HL7, iti44.ACKNOWLEDGED),
        iti44.action(interaction),
        iti44.action(iti44.ACKNOWLEDGED),
    )


SERVICES: Final = (
    Service(
        "patients",
        "GestionDossierPatientPartage",
        "asip:ci-sis:gdp:2010",
        (
            _hl7(patient_query.QUESTION, patient_query.ANSWER),
            _registration(Reason.CREA_RD),
            _registration(Reason.MODIF_DATA),
        ),
    ),
    Service(
        "patientsPDQ",
        "PatientDemographicsQuery",
        "urn:ihe:iti:pdqv3:2007",
        (_hl7(td05.QUESTION, td05.ANSWER),),
    ),
    Service("patientsSpecific", "PatientSpecific", PATIENTS, _dmp(PATIENTS)),
    Service("habilitations", "Habilitations", HABILITATIONS, _dmp(HABILITATIONS)),
    Service("registry", "DocumentRegistry", XDSB, (_QUERY, _UPDATE)),
    Service("repository", "DocumentRepository", XDSB, (_PROVIDE, _RETRIEVE)),
)
#: Those of profile `ihe`, under a base of their own.
IHE_SERVICES: Final = (
    Service(
        "registry",
        "DocumentRegistry",
        XDSB,
        (_QUERY, _QUERY_SEVERAL, _REGISTER, _UPDATE, _REMOVE_METADATA),
    ),
    Service("repository", "DocumentRepository", XDSB, (_PROVIDE, _RETRIEVE, _REMOVE_DOCUMENTS)),
    Service(
        "patients",
        "PatientIdentityFeed",
        "urn:ihe:iti:pixv3:2007",
        (_fed(iti44.ADDED), _fed(iti44.REVISED)),
    ),
)


def write(service: Service, location: str) -> bytes:
    """The WSDL of `service`, which answers at the URL `location`."""
    elements = {
        element
        for operation in service.operations
        for element in (operation.request, operation.answer)
    }
    namespaces = sorted({namespace for namespace, _ in elements})
    prefixes = {namespace: f"m{number}" for number, namespace in enumerate(namespaces, start=1)}
    declared = "".join(f' xmlns:{prefix}="{name}"' for name, prefix in prefixes.items())
    schemas = "".join(
        _schema(namespace, sorted(name for of, name in elements if of == namespace))
        for namespace in namespaces
    )
    messages = "".join(
        f'<wsdl:message name="{operation.name}{end}"><wsdl:part name="body"'
        f' element="{prefixes[element[0]]}:{element[1]}"/></wsdl:message>'
        for operation in service.operations
        for end, element in (("Request", operation.request), ("Answer", operation.answer))
    )
    name = service.name
    return (
        f'<wsdl:definitions name="{name}" targetNamespace="{service.namespace}"'
        f' xmlns:tns="{service.namespace}" xmlns:wsdl="{WSDL}" xmlns:soap12="{SOAP12}"'
        f' xmlns:wsam="{WSAM}" xmlns:xs="{XS}"{declared}>'
        f"<wsdl:types>{schemas}</wsdl:types>{messages}"
        f'<wsdl:portType name="{name}PortType">{"".join(map(_operation, service.operations))}'
        f'</wsdl:portType><wsdl:binding name="{name}Binding" type="tns:{name}PortType">'
        '<soap12:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f"{''.join(map(_bound, service.operations))}</wsdl:binding>"
        f'<wsdl:service name="{name}Service"><wsdl:port name="{name}Port"'
        f' binding="tns:{name}Binding"><soap12:address location="{escape(location)}"/>'
        "</wsdl:port></wsdl:service></wsdl:definitions>"
    ).encode()


def _operation(operation: Operation) -> str:
    return (
        f'<wsdl:operation name="{operation.name}"><wsdl:input message="tns:{operation.name}Request"'
        f' wsam:Action="{operation.action}"/><wsdl:output message="tns:{operation.name}Answer"'
        f' wsam:Action="{operation.answer_action}"/></wsdl:operation>'
    )


def _bound(operation: Operation) -> str:
    body = '<soap12:body use="literal"/>'
    return (
        f'<wsdl:operation name="{operation.name}">'
        f'<soap12:operation soapAction="{operation.action}"/>'
        f"<wsdl:input>{body}</wsdl:input><wsdl:output>{body}</wsdl:output></wsdl:operation>"
    )


# The schemas


def _schema(namespace: str, elements: list[str]) -> str:
    owned = [one for one in OPERATIONS if one.namespace == namespace]
    if owned:
        described = "".join(
            f'<xs:element name="{one.name}" type="tns:{one.request.__name__}"/>'
            f'<xs:element name="{one.name}Response"><xs:complexType><xs:sequence>'
            f'<xs:element name="output" type="tns:{one.answer.__name__}"/>'
            "</xs:sequence></xs:complexType></xs:element>"
            for one in owned
        )
        roots = [make for one in owned for make in (one.request, one.answer)]
        described += "".join(map(_type, _with_parts(roots)))
    else:
        described = "".join(f'<xs:element name="{name}" type="tns:Open"/>' for name in elements)
        described += (
            '<xs:complexType name="Open" mixed="true"><xs:sequence>'
            '<xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence>'
            '<xs:anyAttribute processContents="skip"/></xs:complexType>'
        )
    return (
        f'<xs:schema targetNamespace="{namespace}" xmlns:tns="{namespace}"'
        f' elementFormDefault="qualified">{described}</xs:schema>'
    )


def _with_parts(makes: list[type[Any]]) -> list[type[Any]]:
    """These types and those of their elements, each once."""
    found: dict[type[Any], None] = {}
    for make in makes:
        parts = [form.type for form in FORMS[make] if form.type in FORMS]
        found |= dict.fromkeys([make, *_with_parts(parts)])
    return [*found]


def _type(make: type[Any]) -> str:
    elements = "".join(map(_element, FORMS[make]))
    return (
        f'<xs:complexType name="{make.__name__}"><xs:sequence>{elements}</xs:sequence>'
        "</xs:complexType>"
    )


def _element(form: Element) -> str:
    lowest = "" if form.required else ' minOccurs="0"'
    highest = ' maxOccurs="unbounded"' if form.many else ""
    opened = f'<xs:element name="{form.name}"{lowest}{highest}'
    if form.type in FORMS:
        return f'{opened} type="tns:{form.type.__name__}"/>'
    if form.type in (str, bool):
        return f'{opened} type="xs:{"boolean" if form.type is bool else "string"}"/>'
    facets = '<xs:pattern value="[0-9]{14}"/>' if form.type is Time else _values(form.type)
    return (
        f'{opened}><xs:simpleType><xs:restriction base="xs:string">{facets}</xs:restriction>'
        "</xs:simpleType></xs:element>"
    )


def _values(allowed: type[StrEnum]) -> str:
    return "".join(f'<xs:enumeration value="{value}"/>' for value in allowed)
