"""`carnet audit`: what is printed and the exit code, as an operator and as a citizen meet them."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import psycopg
import pytest
from django.db import connection

from carnet.national.journal import actions, days, receipts, sealing
from carnet.national.journal.signature import Signer
from carnet.ops import signin, wiring
from carnet.ops.home import Home
from carnet.ops.pki import Authority
from carnet.ops.wiring import Addresses, Certificates
from tests.national import world
from tests.national.certificates import Papers
from tests.national.world import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_journal")]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def held(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """The certificates of a demonstration."""
    return wiring.certificates(Authority.create(tmp_path_factory.mktemp("pki"), datetime.now(UTC)))


@pytest.fixture
def carnet(papers: Papers, held: Certificates, tmp_path: Path, deposits: Path) -> Run:
    """Run a command on the database of the tests."""
    base = connection.settings_dict
    database = f"postgresql://carnet@/{base['NAME']}?host={quote(base['HOST'], safe='')}"
    addresses = Addresses(8000, 8010, 8020, 8443, 8025, 2575)
    with Home(tmp_path / "home") as home:
        home.whitelist.touch()
        signin.write_clients(home, addresses)
        environment = wiring.national_environment(home, addresses, held, database) | {
            "CARNET_AUDIT_CERT": str(papers.signature.cert_path),
            "CARNET_AUDIT_KEY": str(papers.signature.key_path),
            "CARNET_AUDIT_FOLDER": str(deposits),
            "LC_ALL": "C.UTF-8",
        }

    def run(*arguments: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            wiring.carnet_command("audit", *map(str, arguments)),
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    return run


def write(patient_id: UUID) -> None:
    actions.record(world.TESTS, "document.read", at=NOW, patient_id=patient_id, outcome="allowed")


@pytest.fixture
def person(signer: Signer) -> tuple[UUID, str]:
    """Somebody whose lines are signed: patient id and matricule."""
    patient_id, ins = world.make_patient()
    write(patient_id)
    sealing.seal(now=NOW)
    sealing.seal(now=NOW + timedelta(days=1))
    days.close_days(signer, register="1.2.250.1.999.1.1.1")
    return patient_id, ins.matricule


def test_what_was_not_touched_is_said_to_be_whole(carnet: Run, person: tuple[UUID, str]) -> None:
    ended = carnet("verify")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("0 lignes en attente de scellement : 0 anomalie(s)\n")


def test_what_was_changed_is_named_and_the_code_tells(
    carnet: Run,
    person: tuple[UUID, str],
    superuser: psycopg.Connection,
) -> None:
    patient_id, matricule = person
    superuser.execute("UPDATE journal_trace SET actor_id = 'x' WHERE action = 'document.read'")
    for arguments in ((), ("--patient", matricule), ("--patient", patient_id)):
        ended = carnet("verify", *arguments)
        assert ended.returncode == 1
        assert f"changed patient {patient_id} line " in ended.stdout
        assert matricule not in ended.stdout


def test_an_unknown_person_is_told(carnet: Run) -> None:
    assert carnet("verify", "--patient", "nobody").returncode == 2


def test_sealing_by_hand_signs_and_deposits_what_is_over(carnet: Run, deposits: Path) -> None:
    patient_id, _ins = world.make_patient()
    sealing.seal(now=NOW)
    write(patient_id)
    ended = carnet("seal")
    assert ended.returncode == 0, ended.stderr
    assert [path.name for path in deposits.iterdir()] == ["2026-03-02.json"]
    assert carnet("verify", "--deposits", deposits).returncode == 0


def test_a_receipt_is_checked_without_a_database(
    carnet: Run, person: tuple[UUID, str], papers: Papers, tmp_path: Path
) -> None:
    patient_id, _matricule = person
    made = receipts.receipt(world.holder(patient_id), patient_id, now=NOW)
    file = tmp_path / "preuve.json"
    file.write_text(json.dumps(made), encoding="utf-8")
    for arguments, code in (
        ((), 0),
        (("--certificate", papers.signature.cert_path), 0),
        (("--certificate", papers.authority.ca_path), 1),
    ):
        ended = carnet("check-receipt", file, *arguments)
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert "signées le 2026-03-02" in ended.stdout
    del made["lines"][0]
    file.write_text(json.dumps(made), encoding="utf-8")
    ended = carnet("check-receipt", file)
    assert (ended.returncode, "line 1 is missing" in ended.stdout) == (1, True)
    file.write_bytes(b"\xff")
    assert carnet("check-receipt", file).returncode == 2
