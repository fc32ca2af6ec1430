"""Homes to start a demonstration in: keys, databases and region are made once for a session."""

import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carnet.ops import wiring
from carnet.ops.demo import running
from carnet.ops.home import Home
from carnet.ops.serve import SERVICES


@contextmanager
def new_home() -> Iterator[Path]:
    """An empty folder that the account of PostgreSQL may enter, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="carnet-home-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def handlers_kept() -> Iterator[None]:
    """A supervisor that ran in this process leaves the signals as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def make(folder: Path) -> None:
    """Load the region in this home, and start none of its services."""
    anywhere = dict.fromkeys(wiring.PORTS, 0)
    with handlers_kept(), running(Home(folder), anywhere, print, apart=(*SERVICES, "front")):
        pass


@contextmanager
def copy_of(home: Path) -> Iterator[Path]:
    """Such a home, for one test: it starts as after a stop."""
    with new_home() as folder:
        # `shutil.copytree` would give root what is the account's of PostgreSQL
        subprocess.run(["cp", "-a", f"{home}/.", folder], check=True)
        yield folder


def processes_of(home: Path) -> dict[int, str]:
    """The numbers and command lines of the processes that work on `home`."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line, environment = ((entry / name).read_bytes() for name in ("cmdline", "environ"))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # gone meanwhile, or another's
        if str(home).encode() in line + environment:
            found[int(entry.name)] = line.replace(b"\0", b" ").decode(errors="replace")
    return found
