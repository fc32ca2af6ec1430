"""Files that change while the process runs."""

import os
from pathlib import Path

import pytest

from carnet.national.clients.watched import Watched


def number(path: Path) -> Watched[int]:
    def load(last: int | None) -> int:
        new = int(path.read_text())
        if last is not None and new < last:
            raise ValueError("older")
        return new

    return Watched([path], load)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "number"
    path.write_text("1")
    return path


def write(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)
    os.utime(path, ns=(0, len(text) * 1000 + int(text[0] == "x")))


def test_a_changed_file_is_read_again(path: Path) -> None:
    watched = number(path)
    assert watched.current() == 1
    write(path, "20")
    assert watched.current() == 20


@pytest.mark.parametrize("bad", ["x", "0"])
def test_a_bad_file_keeps_the_last_good_value(path: Path, bad: str) -> None:
    watched = number(path)
    write(path, bad)
    assert watched.current() == 1
    write(path, "300")
    assert watched.current() == 300


def test_a_missing_file_keeps_the_last_good_value(path: Path) -> None:
    watched = number(path)
    path.unlink()
    assert watched.current() == 1


def test_there_must_be_a_good_value_to_begin_with(path: Path) -> None:
    path.write_text("x")
    with pytest.raises(ValueError, match="invalid literal"):
        number(path)
