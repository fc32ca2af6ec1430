"""A publisher's software that is not ours, through the TLS front; what the sandbox says of it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import requests
import zeep

from carnet.ops import wiring
from carnet.ops.region.people import population
from carnet.standards import xml
from carnet.standards.gdp import td02
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.soap.wsdl import SERVICES, SOAP12
from carnet.standards.vihf import sign
from tests.national import certificates
from tests.national.doors.soap.test_gdp import QUERY_ID, frame
from tests.national.doors.soap.test_wsdl import WithVihf, ask
from tests.system.conftest import Ecosystem, Scene


def session(scene: Scene) -> requests.Session:
    """Mutual TLS with the certificate of the establishment."""
    held = scene.stage.certificates
    found = requests.Session()
    found.trust_env = False
    found.verify = str(held.authority.ca_path)
    client = held.establishment_client
    found.cert = (str(client.chain_path), str(client.key_path))
    return found


def exchanges(scene: Scene, *arguments: str) -> Any:
    """What `carnet exchanges` says, in the environment of the national wing."""
    ended = subprocess.run(
        wiring.carnet_command("exchanges", *arguments, "--json"),
        env=dict(scene.stage.services["national-web"].environment),
        capture_output=True,
        check=False,
    )
    assert ended.stdout, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_zeep_calls_through_the_front_and_the_exchange_is_explained(ecosystem: Ecosystem) -> None:
    with ecosystem() as scene, session(scene) as connected:
        base = scene.stage.addresses.services
        for service in SERVICES:
            described = connected.get(f"{base}/{service.path}?wsdl")
            (address,) = xml.parse(described.content).iter(f"{{{SOAP12}}}address")
            assert address.get("location") == f"{base}/{service.path}"
        citizen = population()[0]
        vihf = certificates.vihf(citizen.ins, structure=wiring.ESTABLISHMENT.idnat)
        signer = scene.stage.certificates.establishment_signature
        signed = sign(vihf, key_pem=signer.key_pem, certificate_pem=signer.cert_pem)
        client = zeep.Client(
            f"{base}/patients?wsdl",
            wsse=WithVihf(signed),
            transport=zeep.Transport(session=connected),
        )
        answer = ask(client, td02.write_query(PatientQuery(frame(), QUERY_ID, citizen.ins)))
        assert td02.read_answer(answer).status == "active"

        (line,) = exchanges(scene, "list", "--service", "patients")
        assert line["outcome"] == "DMPFound"
        (told,) = exchanges(scene, "show", line["id"])
        assert told["request"]["findings"] == told["answer"]["findings"] == []
        assert told["vihf"]["Identifiant_Structure"] == wiring.ESTABLISHMENT.idnat
        assert citizen.ins.matricule not in json.dumps(told)
