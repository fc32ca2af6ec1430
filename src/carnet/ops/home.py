"""The folder where the embedded mode keeps everything (`CARNET_HOME`)."""

import base64
import fcntl
import os
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

HOME_VARIABLE = "CARNET_HOME"
_AS_ROOT = Path("/var/lib/carnet")
_AS_USER = Path(".local/share/carnet")
_LARGEST_LOG = 20 * 1024 * 1024


class HomeError(Exception):
    """The folder cannot be used; the sentence says why and what to do."""


def default_folder(environment: Mapping[str, str]) -> Path:
    """`CARNET_HOME`, else `~/.local/share/carnet`; as root `/var/lib/carnet`, since PostgreSQL
    then runs under another account, which must be able to reach it."""
    if named := environment.get(HOME_VARIABLE):
        return Path(named).expanduser().absolute()
    return _AS_ROOT if os.geteuid() == 0 else Path.home() / _AS_USER


@dataclass
class Home:
    """The layout of the folder. As a context manager: makes it and holds its lock.

    Secrets, sockets, documents and certificates lie in folders that only their owner enters.
    """

    folder: Path
    _lock: int | None = None

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets"

    @property
    def pki(self) -> Path:
        return self.folder / "pki"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def documents(self) -> Path:
        return self.folder / "documents"

    @property
    def mail(self) -> Path:
        """Where the notices that citizens would receive by ordinary e-mail are written."""
        return self.folder / "mail"

    @property
    def audit(self) -> Path:
        """Where the signed roots of the journal are written, a file a day."""
        return self.folder / "audit"

    @property
    def front(self) -> Path:
        return self.folder / "front"

    @property
    def sockets(self) -> Path:
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def whitelist(self) -> Path:
        return self.folder / "whitelist.xml"

    @property
    def signin_clients(self) -> Path:
        """The software that may use the stand-in providers of identity."""
        return self.folder / "signin-clients.json"

    def __enter__(self) -> Self:
        """Raises `HomeError` if the folder cannot be made or another process holds it."""
        try:
            # Root's PostgreSQL runs under another account: it may pass through, not look around.
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
            for part in (self.secrets, self.pki, self.documents, self.mail, self.audit, self.front):
                part.mkdir(mode=0o700, exist_ok=True)
            for part in (self.sockets, self.logs):
                part.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise HomeError(
                f"{self.folder} cannot be used ({error.strerror}): set {HOME_VARIABLE} to a "
                "folder that you may write"
            ) from error
        self._take_the_lock()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _take_the_lock(self) -> None:
        path = self.folder / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise HomeError(
                f"Carnet already runs in {self.folder} (process {holder}): stop it, or set "
                f"{HOME_VARIABLE} to another folder"
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode("ascii"))
        self._lock = descriptor

    def secret(self, name: str) -> Path:
        """The file of a secret of 32 random bytes in base64, made if it is not there."""
        path = self.secrets / name
        if not path.exists():
            aside = path.with_suffix(".new")
            aside.unlink(missing_ok=True)
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(32)))
                os.fsync(file.fileno())
            aside.rename(path)
        return path

    def write_environment(self, wing: str, values: Mapping[str, str]) -> None:
        """Write `<wing>.env`, which a shell can read: `set -a; . national.env; carnet manage…`."""
        lines = [f"{name}={shlex.quote(value)}\n" for name, value in values.items()]
        path = self.folder / f"{wing}.env"
        path.touch(mode=0o600)
        path.write_text("".join(lines), encoding="utf-8")

    def log(self, name: str) -> Path:
        """The log file of a process; one that has grown is set aside, and one such is kept."""
        path = self.logs / f"{name}.log"
        if path.exists() and path.stat().st_size > _LARGEST_LOG:
            path.rename(path.with_suffix(".log.1"))
        return path
