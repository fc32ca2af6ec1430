"""The TLS front with a real caddy, and a bare server behind it that shows what it received."""

import base64
import http.client
import json
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from carnet.ops import front, ports, wiring
from carnet.ops.front import Front
from carnet.ops.pki import Authority, Issued, Kind, organisation_name
from carnet.ops.supervisor import Program, Supervisor, answers
from tests.waiting import LONG

# What granian makes of a request, as JSON: the variables of WSGI that name the client, and more.
ECHO = """
import json
def application(environ, start_response):
    body = environ["wsgi.input"].read()
    shown = {name: environ[name] for name in environ if name.startswith("HTTP_X_")}
    shown |= {"path": environ["PATH_INFO"], "bytes": len(body)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(shown).encode()]
"""


@dataclass
class Standing:
    front: Front
    authority: Authority
    client: Issued


@dataclass
class Answer:
    status: int
    shown: dict[str, object] = field(default_factory=dict)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.create(tmp_path_factory.mktemp("pki"), datetime.now(UTC))


def client_certificate(authority: Authority, name: str) -> Issued:
    subject = organisation_name(
        name, struct_idnat="1990000018", organisation="HOPITAL", department="Val d'Aubre (99)"
    )
    return authority.issue(Kind.ORG_AUTH_CLI, subject)


@pytest.fixture(scope="module")
def standing(authority: Authority) -> Iterator[Standing]:
    """The front, up, with the echo behind each socket."""
    folder = Path(tempfile.mkdtemp(prefix="carnet-front-"))
    chosen = ports.choose({"space": 0, "desk": 0, "services": 0, "signin": 0})
    server = authority.issue(
        Kind.SERVER,
        organisation_name(
            "localhost", struct_idnat="10", organisation="CARNET", department="Paris (75)"
        ),
    )
    described = Front(
        space_port=chosen["space"],
        desk_port=chosen["desk"],
        services_port=chosen["services"],
        national_sockets=[folder / "national-1.sock", folder / "national-2.sock"],
        establishment_sockets=[folder / "establishment-1.sock"],
        certificate=server.chain_path,
        key=server.key_path,
        client_authorities=authority.ca_path,
        signin_port=chosen["signin"],
    )
    (folder / "echo.py").write_text(ECHO)
    environment = wiring.inherited() | {"PYTHONPATH": str(folder)}
    echoes = [
        Program(
            path.stem,
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi"),
                *("--uds", path, "echo:application"),
            ],
            environment,
            answers("/", unix=path),
        )
        for path in (*described.national_sockets, *described.establishment_sockets)
    ]
    program = Program(
        "front",
        front.command(front.find_program({}), front.write(described, folder)),
        wiring.inherited() | front.environment(folder / "caddy"),
        answers("/", port=described.space_port),
    )
    with Supervisor(lambda name: folder / f"{name}.log") as supervisor:
        supervisor.start([*echoes, program], lambda _name: None)
        yield Standing(described, authority, client_certificate(authority, "passerelle"))
    shutil.rmtree(folder)


def ask(
    connection: http.client.HTTPConnection,
    path: str = "/",
    *,
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    try:
        connection.request("POST" if body is not None else "GET", path, body, headers or {})
        response = connection.getresponse()
        content = response.read()
        return Answer(response.status, json.loads(content) if response.status == 200 else {})
    finally:
        connection.close()


def plain(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)


def mutual(
    standing: Standing, client: Issued | None, *, host: str = "localhost"
) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=standing.authority.ca_path)
    if client is not None:
        context.load_cert_chain(client.chain_path, client.key_path)
    return http.client.HTTPSConnection(
        host, standing.front.services_port, context=context, timeout=LONG
    )


SERVICE = "/si-dmp-server/v2/services/registry"


def test_the_verified_certificate_is_passed_on(standing: Standing) -> None:
    answer = ask(mutual(standing, standing.client), SERVICE)
    der = base64.b64decode(str(answer.shown["HTTP_X_CLIENT_CERT"]))
    expected = x509.load_pem_x509_certificate(standing.client.cert_pem)
    assert der == expected.public_bytes(Encoding.DER)


FORGED = ("X-Client-Cert", "x-client-cert", "X_Client_Cert", "X-Client_Cert", "X-Client-DN")


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_client_header_is_replaced_on_the_services_listener(
    standing: Standing, name: str
) -> None:
    answer = ask(mutual(standing, standing.client), SERVICE, headers={name: "forged"})
    assert "forged" not in answer.shown.values()


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_client_header_is_removed_on_the_browsers_listeners(
    standing: Standing, name: str
) -> None:
    for port in (standing.front.space_port, standing.front.desk_port):
        answer = ask(plain(port), headers={name: "forged"})
        assert answer.status == 200
        assert not any(key.startswith("HTTP_X_CLIENT") for key in answer.shown)


def test_the_sandbox_of_sign_in_has_a_listener_of_its_own(standing: Standing) -> None:
    assert standing.front.signin_port is not None
    assert ask(plain(standing.front.signin_port), "/bac-a-sable/").status == 200
    assert ask(plain(standing.front.signin_port), "/").status == 302
    assert ask(plain(standing.front.signin_port), "/documents/").status == 404
    assert ask(plain(standing.front.space_port), "/bac-a-sable/").status == 404


def test_without_a_certificate_the_services_listener_refuses(standing: Standing) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(mutual(standing, None), SERVICE)


def test_a_certificate_of_another_authority_is_refused(standing: Standing, tmp_path: Path) -> None:
    stranger = client_certificate(Authority.create(tmp_path, datetime.now(UTC)), "inconnu")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask(mutual(standing, stranger), SERVICE)


def test_a_revoked_certificate_reaches_the_application_which_judges_it(
    standing: Standing,
) -> None:
    revoked = client_certificate(standing.authority, "révoqué")
    standing.authority.revoke(revoked.serial)
    assert ask(mutual(standing, revoked), SERVICE).status == 200


def test_the_services_can_be_asked_by_address_as_well(standing: Standing) -> None:
    assert ask(mutual(standing, standing.client, host="127.0.0.1"), SERVICE).status == 200


@pytest.mark.parametrize("service", [SERVICE, "/lps"])
def test_the_services_are_not_reached_without_tls(standing: Standing, service: str) -> None:
    assert ask(mutual(standing, standing.client), service).status == 200
    assert ask(plain(standing.front.space_port), service).status == 404


def test_the_pages_are_not_reached_on_the_services_listener(standing: Standing) -> None:
    assert ask(mutual(standing, standing.client), "/connexion/").status == 404


def test_tls_older_than_1_2_is_refused(standing: Standing) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: it alone here still speaks TLS 1.1")
    ended = subprocess.run(
        [
            *(openssl, "s_client", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-brief"),
            *("-connect", f"localhost:{standing.front.services_port}"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "protocol version" in ended.stderr


def test_a_body_too_large_for_a_page_is_refused(standing: Standing) -> None:
    for _each in standing.front.national_sockets:
        connection = plain(standing.front.space_port)
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(13 * 1024 * 1024))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()
    assert ask(plain(standing.front.space_port)).status == 200, "no process is blamed for it"


def test_a_document_of_several_megabytes_passes(standing: Standing) -> None:
    answer = ask(mutual(standing, standing.client), SERVICE, body=bytes(20 * 1024 * 1024))
    assert answer.shown["bytes"] == 20 * 1024 * 1024


def test_a_client_that_leaves_in_the_middle_of_its_document_harms_nobody(
    standing: Standing,
) -> None:
    for _each in range(4):
        connection = plain(standing.front.space_port)
        connection.putrequest("POST", "/")
        connection.putheader("Content-Length", str(8 * 1024 * 1024))
        connection.endheaders(bytes(4 * 1024 * 1024))
        connection.close()
        assert {ask(plain(standing.front.space_port)).status for _ in range(20)} == {200}


def test_the_answer_does_not_name_the_programs(standing: Standing) -> None:
    connection = plain(standing.front.space_port)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert {"Server", "Via"}.isdisjoint(response.headers.keys())


def test_the_administration_of_the_front_is_off(standing: Standing) -> None:
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", 2019)) != 0


def test_another_caddy_can_be_named(tmp_path: Path) -> None:
    other = tmp_path / "caddy"
    other.write_text(textwrap.dedent("#!/bin/sh\n"))
    assert front.find_program({"CARNET_CADDY": str(other)}) == other


def test_a_caddy_that_is_not_there_is_refused_by_the_name_of_the_variable(tmp_path: Path) -> None:
    with pytest.raises(front.FrontError, match="CARNET_CADDY"):
        front.find_program({"CARNET_CADDY": str(tmp_path / "none")})


def test_a_web_process_that_does_not_listen_is_passed_over(standing: Standing) -> None:
    socket = standing.front.national_sockets[1]
    aside = socket.rename(socket.with_suffix(".aside"))
    try:
        answers = [
            ask(mutual(standing, standing.client), SERVICE, body=bytes(1000)) for _ in range(6)
        ]
    finally:
        aside.rename(socket)
    assert [answer.status for answer in answers] == [200] * 6
