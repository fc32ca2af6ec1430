"""The guided fuzzer itself: it runs every target, and tells what it breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="Atheris has no wheel for this Python or this system")

PLANTED = """
import sys
import atheris
from tests.fuzz import guided
from tests.fuzz.mutations import spoil_bytes
from tests.fuzz.target import Target

@atheris.instrument_func
def read(data):
    if data[:2] == b"ok" and len(data) > 2 and data[2] > 127:
        raise ArithmeticError("planted")
    raise ValueError("refused")

planted = Target("planted", lambda: [b"ok-"], read, (ValueError,), spoil_bytes)
sys.exit(guided.main(["--runs", "20000", *sys.argv[1:]], [planted]))
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=800,
        cwd=Path(__file__).parents[2],
    )


def test_no_target_breaks(tmp_path: Path) -> None:
    done = run("-m", "tests.fuzz.guided", "--runs", "60", "--keep", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == len(list(tmp_path.iterdir()))


def test_what_is_planted_is_found_and_kept(tmp_path: Path) -> None:
    done = run("-c", PLANTED, "--keep", str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "planted: BROKEN" in done.stdout
    assert "ArithmeticError" in done.stdout
    (kept,) = (tmp_path / "planted").glob("crash-*")
    assert kept.read_bytes().startswith(b"ok")


def test_a_target_that_is_not_there_is_said() -> None:
    done = run("-c", PLANTED, "--target", "nothing")
    assert done.returncode == 2
    assert "there are: planted" in done.stderr
