"""The mail server as a process: it says when it is ready, and stops when it is told."""

import json
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carnet.ops import ports
from carnet.standards.mss import whitelist
from tests.national.certificates import Papers
from tests.waiting import LONG

SERVE = """
import json, logging, sys, types
import django
django.setup()
from carnet.national.doors.smtp import server
settings = types.SimpleNamespace(**json.loads(sys.argv[1]))
server.serve(settings)
"""


@pytest.fixture
def settings_of_process(papers: Papers, tmp_path: Path) -> dict[str, object]:
    path = tmp_path / "whitelist.xml"
    path.write_bytes(
        whitelist.write(datetime.now(UTC), [whitelist.Entry("a.mssante.fr", "CN=a,C=FR")])
    )
    return {
        "CARNET_SMTP_HOST": "127.0.0.1",
        "CARNET_SMTP_PORT": ports.choose({"smtp": 0})["smtp"],
        "CARNET_SMTP_SHARED": False,
        "CARNET_SMTP_HOSTNAME": "localhost",
        "CARNET_SMTP_CERT": str(papers.server.chain_path),
        "CARNET_SMTP_KEY": str(papers.server.key_path),
        "CARNET_TRUST_CA": str(papers.authority.ca_path),
        "CARNET_TRUST_CRL": str(papers.authority.crl_path),
        "CARNET_WHITELIST": str(path),
        "CARNET_PATIENT_DOMAIN": "patient.mssante.fr",
    }


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_server_says_when_it_is_ready_and_stops_when_told(
    settings_of_process: dict[str, object], told: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, json.dumps(settings_of_process)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        cwd=Path(__file__).parents[4],
    )
    try:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        assert (line["event"], line["port"]) == ("ready", settings_of_process["CARNET_SMTP_PORT"])
        with socket.create_connection(("127.0.0.1", line["port"]), timeout=LONG) as client:
            assert client.recv(100).startswith(b"220 localhost")
            process.send_signal(told)
            assert process.wait(LONG) == 0
    finally:
        process.kill()
        process.communicate()
