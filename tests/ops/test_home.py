import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from carnet.ops.home import Home, HomeError, default_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_environment_names_the_folder(tmp_path):
    assert default_folder({"CARNET_HOME": str(tmp_path)}) == tmp_path


def test_the_usual_place_depends_on_being_root():
    usual = default_folder({})
    assert usual == (
        Path("/var/lib/carnet") if os.geteuid() == 0 else Path.home() / ".local/share/carnet"
    )


def test_private_folders_are_entered_by_their_owner_alone(tmp_path):
    with Home(tmp_path / "home") as home:
        private = (home.secrets, home.pki, home.documents, home.sockets, home.logs, home.mail)
        assert {mode(folder) for folder in private} == {0o700}


def test_a_secret_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    with Home(tmp_path) as home:
        path = home.secret("key")
        first = path.read_bytes()
        assert mode(path) == 0o600
        assert home.secret("key").read_bytes() == first
        assert home.secret("other").read_bytes() != first


def test_a_second_process_in_the_same_home_is_refused_by_the_number_of_the_first(tmp_path):
    program = (
        "import sys, pathlib; from carnet.ops.home import Home\n"
        "Home(pathlib.Path(sys.argv[1])).__enter__()"
    )
    with Home(tmp_path):
        second = subprocess.run(
            [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=False
        )
    assert "HomeError: Carnet already runs" in second.stderr
    assert f"process {os.getpid()}" in second.stderr


def test_a_home_that_was_left_can_be_entered_again(tmp_path):
    for _ in range(2):
        with Home(tmp_path) as home:
            assert home.folder == tmp_path


def test_a_folder_that_cannot_be_made_is_refused_by_the_name_of_the_variable(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(HomeError, match="CARNET_HOME"):
        Home(tmp_path / "file" / "home").__enter__()


def test_a_log_that_has_grown_is_set_aside(tmp_path):
    with Home(tmp_path) as home:
        log = home.log("worker")
        with log.open("wb") as file:
            file.truncate(21 * 1024 * 1024)
        assert not home.log("worker").exists()
        assert (home.logs / "worker.log.1").exists()


def test_the_environment_of_a_wing_can_be_read_by_a_shell(tmp_path):
    values = {"NAME": "l'hôpital; $HOME", "SITES": "1=a b;2=c"}
    with Home(tmp_path) as home:
        home.write_environment("national", values)
        file = home.folder / "national.env"
        assert mode(file) == 0o600
    said = subprocess.run(
        ["sh", "-c", f'. "{file}"; printf "%s|%s" "$NAME" "$SITES"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "|".join(values.values())
