"""`carnet record export|import`: what is printed, and that no half file is left."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django
import pytest

from carnet.national.record import actions as record
from carnet.national.record.models import Document
from carnet.ops import archive, serve
from tests.national import world
from tests.national.world import HOSPITAL_SYSTEM, NOW

pytestmark = pytest.mark.django_db

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    settings.CARNET_DOCUMENTS_URL = tmp_path / "documents"
    settings.CARNET_DOCUMENTS_URL.mkdir()
    monkeypatch.setattr(serve, "use_settings", lambda _wing: None)
    # It would log from then on to the output that this test reads, closed afterwards.
    monkeypatch.setattr(django, "setup", lambda: None)
    parser = argparse.ArgumentParser()
    archive.add_to(parser.add_subparsers())

    def run(*arguments: Any) -> int:
        given = parser.parse_args([str(each) for each in arguments])
        return int(given.run(given))

    return run


def publish() -> UUID:
    patient_id, ins = world.make_patient()
    record.publish(HOSPITAL_SYSTEM, world.request(ins), patient=ins, now=NOW)
    return patient_id


def test_an_archive_is_written_for_its_holder_alone(run: Run, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "dossier.zip"
    assert run("export", publish(), file) == 0
    assert capsys.readouterr().out == f"1 documents dans {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("export", "--whole", publish(), file) == 2  # it is never written over


def test_an_export_that_fails_leaves_no_file(run: Run, tmp_path: Path, settings: Any) -> None:
    file = tmp_path / "dossier.zip"
    assert run("export", uuid4(), file) == 1
    assert not file.exists()
    patient_id = publish()
    for path in settings.CARNET_DOCUMENTS_URL.rglob("*"):
        if path.is_file():
            path.unlink()
    assert run("export", patient_id, file) == 1
    assert not file.exists()


def test_what_cannot_be_imported_is_told(run: Run, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "dossier.zip"
    patient_id = publish()
    run("export", patient_id, file)
    assert run("import", file) == 1
    assert "already has a record" in capsys.readouterr().err
    assert run("import", tmp_path / "none") == 1
    assert Document.objects.count() == 1
