"""The WSDL of each service, read as a client reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree

from carnet.standards import xml
from carnet.standards.gdp import patient_query, td05
from carnet.standards.habilitations import OPERATIONS, write_answer, write_request
from carnet.standards.soap import wsdl
from carnet.standards.soap.wsdl import SERVICES, SOAP12, WSAM, WSDL, XS, Operation, Service
from carnet.standards.xds import iti18, iti41, iti43, iti57
from tests.standards.habilitations.perfect import ANSWERS, REQUESTS

LOCATION = "https://dmp.example/si-dmp-server/v2/services/x?a=1&b=2"
each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.path)


def named(root: etree._Element, kind: str, qname: str, holder: etree._Element) -> etree._Element:
    """The definition that `qname` refers to, through the prefixes in scope where it stands."""
    prefix, name = qname.split(":")
    assert holder.nsmap[prefix] == root.get("targetNamespace")
    (found,) = (one for one in root.iterfind(f"{{{WSDL}}}{kind}") if one.get("name") == name)
    return found


def element_of(root: etree._Element, reference: etree._Element) -> tuple[str, str]:
    """The element of the message of an input or output, which a schema of the WSDL declares."""
    message = named(root, "message", reference.get("message", ""), reference)
    (part,) = message.iterfind(f"{{{WSDL}}}part")
    prefix, name = part.get("element", "").split(":")
    namespace = part.nsmap[prefix]
    schemas = root.iterfind(f"{{{WSDL}}}types/{{{XS}}}schema")
    (schema,) = (one for one in schemas if one.get("targetNamespace") == namespace)
    assert [one for one in schema.iterfind(f"{{{XS}}}element") if one.get("name") == name]
    return str(namespace), name


def operations(root: etree._Element) -> Iterator[Operation]:
    """The operations that a client finds, from the port of the service down to the messages."""
    (port,) = root.iterfind(f"{{{WSDL}}}service/{{{WSDL}}}port")
    binding = named(root, "binding", port.get("binding", ""), port)
    kind = named(root, "portType", binding.get("type", ""), binding)
    abstract = {one.get("name"): one for one in kind.iterfind(f"{{{WSDL}}}operation")}
    for bound in binding.iterfind(f"{{{WSDL}}}operation"):
        operation = abstract.pop(bound.get("name"))
        asked, answered = operation
        soap = bound.find(f"{{{SOAP12}}}operation")
        action = asked.get(f"{{{WSAM}}}Action")
        assert soap is not None
        assert soap.get("soapAction") == action
        yield Operation(
            bound.get("name", ""),
            element_of(root, asked),
            element_of(root, answered),
            action or "",
            answered.get(f"{{{WSAM}}}Action", ""),
        )
    assert not abstract, "an operation is not bound"


def schemas(root: etree._Element) -> Iterator[etree.XMLSchema]:
    for schema in root.iterfind(f"{{{WSDL}}}types/{{{XS}}}schema"):
        yield etree.XMLSchema(etree.fromstring(xml.serialize(schema)))


@each_service
def test_a_client_finds_every_operation_with_its_action(service: Service) -> None:
    assert tuple(operations(xml.parse(wsdl.write(service, LOCATION)))) == service.operations


@each_service
def test_the_service_says_where_it_answers(service: Service) -> None:
    root = xml.parse(wsdl.write(service, LOCATION))
    (address,) = root.iter(f"{{{SOAP12}}}address")
    assert address.get("location") == LOCATION


@each_service
def test_the_schemas_are_schemas(service: Service) -> None:
    assert all(schemas(xml.parse(wsdl.write(service, LOCATION))))


def test_every_action_that_the_readers_know_is_in_a_wsdl() -> None:
    told = {one.action for service in SERVICES for one in service.operations}
    assert told >= {
        iti18.ACTION,
        iti41.ACTION,
        iti43.ACTION,
        iti57.ACTION,
        patient_query.ACTION,
        td05.ACTION,
        "urn:hl7-org:v3:PRPA_IN201314UV02",
        *(operation.action for operation in OPERATIONS),
    }


def of_the_dmp() -> list[etree.XMLSchema]:
    paths = ("habilitations", "patientsSpecific")
    chosen = (service for service in SERVICES if service.path in paths)
    return [
        schema for service in chosen for schema in schemas(xml.parse(wsdl.write(service, LOCATION)))
    ]


@pytest.mark.parametrize(
    "payload", [*map(write_request, REQUESTS), *map(write_answer, ANSWERS)], ids=len
)
def test_what_we_write_is_what_the_wsdl_describes(payload: bytes) -> None:
    assert sum(schema.validate(etree.fromstring(payload)) for schema in of_the_dmp()) == 1


def test_what_the_wsdl_does_not_describe_is_not_valid() -> None:
    good = write_request(REQUESTS[0])
    for bad in (
        good.replace(b"AJOUT", b"AUTRE"),
        good.replace(b"<action>AJOUT</action>", b""),
        good.replace(b"<role>", b"<x/><role>"),
    ):
        assert bad != good
        assert not any(schema.validate(etree.fromstring(bad)) for schema in of_the_dmp())
