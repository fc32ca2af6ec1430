"""Typed reading of the environment: every wrong or missing variable is told, all at once."""

import base64
import binascii
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import psycopg
from cryptography.x509 import Name
from psycopg.conninfo import conninfo_to_dict

from carnet.standards.xds import affinity_domain
from carnet.standards.xds.affinity_domain import AffinityDomainError

_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_MOST_PORT = 65535
_HIDDEN = "(not shown)"


class ConfigurationError(Exception):
    """One or several variables of the environment are wrong; each is named."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the configuration is wrong:\n" + "\n".join(f"- {p}" for p in problems))


@dataclass
class Environment:
    """Reads variables and collects what is wrong; `refuse_if_wrong` ends the reading.

    Each reader takes the variable's name, an optional default (no default: the variable must be
    set) and, where the type does not say it, `expects`: what the value is, in a few words.
    Until `refuse_if_wrong` has been called, what a reader gives for a wrong value means nothing.
    """

    values: Mapping[str, str]
    problems: list[str] = field(default_factory=list)

    def refuse_if_wrong(self) -> None:
        """Raises `ConfigurationError` naming every variable that was wrong or missing."""
        if self.problems:
            raise ConfigurationError(self.problems)

    def text(self, name: str, default: str | None = None, *, expects: str = "a text") -> str:
        value = self.values.get(name, "").strip()
        if value:
            return value
        if default is None:
            self.problems.append(f"{name} is not set: it expects {expects}")
            return ""
        return default

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        expects = "one of " + ", ".join(choices)
        value = self.text(name, default, expects=expects)
        if value and value not in choices:
            self._wrong(name, value, expects)
        return value

    def boolean(self, name: str, default: bool | None = None) -> bool:
        expects = "yes or no"
        value = self.text(
            name, None if default is None else ("no", "yes")[default], expects=expects
        )
        if value and value.lower() not in _YES_NO:
            self._wrong(name, value, expects)
        return _YES_NO.get(value.lower(), False)

    def integer(self, name: str, default: int | None = None, *, least: int, most: int) -> int:
        expects = f"a whole number from {least} to {most}"
        value = self.text(name, None if default is None else str(default), expects=expects)
        if not value:
            return least
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            self._wrong(name, value, expects)
            return least
        return int(value)

    def port(self, name: str, default: int | None = None) -> int:
        return self.integer(name, default, least=1, most=_MOST_PORT)

    def oid(self, name: str, default: str | None = None) -> str:
        expects = "an object identifier such as 1.2.250.1.213"
        value = self.text(name, default, expects=expects)
        if value and not _OID.fullmatch(value):
            self._wrong(name, value, expects)
        return value

    def words(self, name: str, default: Sequence[str] | None = None) -> list[str]:
        given = None if default is None else ",".join(default)
        value = self.text(name, given, expects="words separated by commas")
        return [word.strip() for word in value.split(",") if word.strip()]

    def words_among(self, name: str, known: Collection[str], default: Sequence[str]) -> list[str]:
        """Words separated by commas, each of which is `known`."""
        found = self.words(name, default)
        if strangers := [word for word in found if word not in known]:
            self._wrong(name, ", ".join(strangers), f"words among {', '.join(sorted(known))}")
        return found

    def places(self, name: str) -> dict[str, tuple[str, int]]:
        """`name=host:port` separated by semicolons; none is a good value."""
        expects = "applications and where they listen: name=host:port;name=host:port"
        found = {}
        for key, value in self.pairs(name, expects=expects).items():
            host, _, port = value.rpartition(":")
            if host and port.isascii() and port.isdigit() and 1 <= int(port) <= _MOST_PORT:
                found[key] = (host, int(port))
            else:
                self._wrong(name, value, expects)
        return found

    def pairs(self, name: str, *, expects: str) -> dict[str, str]:
        """`key=value` pairs separated by semicolons; none is a good value."""
        found = {}
        for pair in filter(str.strip, self.values.get(name, "").split(";")):
            key, equal, value = (part.strip() for part in pair.partition("="))
            if not (key and equal and value):
                self._wrong(name, pair.strip(), expects)
            found[key] = value
        return found

    def file(self, name: str, *, expects: str) -> Path:
        """The absolute path of a file that exists and can be read."""
        value = self.text(name, expects=f"the path of {expects}")
        path = Path(value)
        if value and not path.is_absolute():
            self._wrong(name, value, f"the absolute path of {expects}")
        elif value and not path.is_file():
            self._wrong(name, value, f"the path of {expects}, but there is no such file")
        return path

    def affinity_domain(self, name: str) -> Path | None:
        """The file of codes of an affinity domain, which can be read; none when it is not set."""
        if not self.values.get(name, "").strip():
            return None
        path = self.file(name, expects="the codes of the affinity domain (XML)")
        if path.is_file():
            try:
                affinity_domain.read(path.read_bytes())
            except (AffinityDomainError, OSError) as error:
                self.problems.append(f"{name} describes no affinity domain: {error}")
        return path

    def distinguished_names(self, name: str) -> frozenset[str] | None:
        """The DN of a file, one a line (RFC 4514), `#` for a comment; none when it is not set."""
        if not self.values.get(name, "").strip():
            return None
        expects = "a file of distinguished names, one a line (RFC 4514)"
        path = self.file(name, expects=expects)
        try:
            lines = path.read_text("utf-8").splitlines() if path.is_file() else ()
            given = [line for line in map(str.strip, lines) if line and not line.startswith("#")]
            found = frozenset(Name.from_rfc4514_string(each).rfc4514_string() for each in given)
        except (OSError, ValueError) as error:
            self.problems.append(f"{name} is not {expects}: {error}")
            return frozenset()
        if path.is_file() and not found:
            self.problems.append(f"{name} names nobody: it expects {expects}")
        return found

    def folder(self, name: str) -> Path:
        """The absolute path of a folder that exists, bare or as a file: URL."""
        expects = "the absolute path of a folder that exists (or its file:/// URL)"
        value = self.text(name, expects=expects)
        parts = urlsplit(value)
        path = Path(unquote(parts.path)) if parts.scheme == "file" else Path(value)
        if value and not (path.is_absolute() and path.is_dir()):
            self._wrong(name, value, expects)
        return path

    def address(self, name: str, default: str | None = None, *, schemes: Sequence[str]) -> str:
        """The URL of a service: scheme, host, port; no final slash is kept."""
        expects = f"a URL that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}"
        value = self.text(name, default, expects=expects).rstrip("/")
        if value:
            try:
                parts = urlsplit(value)
                good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
            except ValueError:
                good = False
            if not good:
                self._wrong(name, value, expects)
        return value

    def optional_address(self, name: str, *, schemes: Sequence[str]) -> str:
        """The URL of a service that may not be there: empty when the variable is not set."""
        return self.address(name, schemes=schemes) if self.values.get(name, "").strip() else ""

    def secret(self, name: str) -> str:
        """A secret from the file named by `<name>_FILE`, else from `<name>` itself.

        The file is the better way: the environment of a process is easily printed.
        """
        expects = "a secret of 32 characters or more"
        value = self._secret_text(name, expects)
        if value and len(value) < 32:
            self._wrong(name, _HIDDEN, expects)
        return value

    def _secret_text(self, name: str, expects: str) -> str:
        file = self.values.get(f"{name}_FILE", "")
        if not file:
            return self.text(name, expects=f"{expects} (or {name}_FILE: the path of its file)")
        try:
            return Path(file).read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError):
            self.problems.append(f"{name}_FILE expects the path of a readable file: {file!r}")
            return ""

    def keys(self, name: str, size: int = 32) -> tuple[bytes, ...]:
        """Secret keys in base64, as `secret` reads them, a line each: the present one first."""
        expects = f"{size} bytes in base64, the former keys after the present one"
        value = self._secret_text(name, expects)
        found = []
        for line in filter(None, re.split(r"[\s,]+", value)):
            try:
                found.append(base64.b64decode(line, validate=True))
            except binascii.Error:
                found.append(b"")
        if value and any(len(key) != size for key in found):
            self._wrong(name, _HIDDEN, expects)
        return tuple(found)

    def folder_or_bucket(self, name: str) -> Path | str:
        """A folder as `folder` reads it, or the `s3://bucket/prefix` URL of an object service."""
        value = self.text(name, expects="a folder that exists, or s3://bucket/prefix")
        if not value.startswith("s3://"):
            return self.folder(name) if value else Path()
        parts = urlsplit(value)
        if not parts.netloc or parts.query or parts.fragment:
            self._wrong(name, value, "s3://bucket/prefix")
        return value

    def socket(self, name: str) -> str:
        """Where a service of this network listens, `unix:/its/socket` or `host:port`; or none."""
        value = self.text(name, "")
        kind, _, rest = value.rpartition(":")
        good = Path(rest).is_absolute() if kind == "unix" else bool(kind) and rest.isdigit()
        if value and not good:
            self._wrong(name, value, "unix:/the/path/of/a/socket or host:port")
        return value

    def database(self, name: str = "DATABASE_URL", *, pool: bool = True) -> dict[str, Any]:
        """Django's entry for a PostgreSQL URL, as `database_entry` makes it."""
        expects = "a URL such as postgresql://role:password@host:5432/database"
        value = self.text(name, expects=expects)
        parts: dict[str, Any] = {}
        if value.startswith(("postgresql://", "postgres://")):
            try:
                parts = conninfo_to_dict(value)
            except psycopg.ProgrammingError:
                parts = {}
        if value and not parts.get("dbname"):
            # Not shown: it may hold a password.
            self._wrong(name, _HIDDEN, expects)
        return database_entry(parts, pool=pool)

    def _wrong(self, name: str, value: str, expects: str) -> None:
        self.problems.append(f"{name} is {value!r}: it expects {expects}")


#: In seconds.
_LIFE_OF_A_CONNECTION: Final = 600


def database_entry(parts: Mapping[str, Any], *, pool: bool = True) -> dict[str, Any]:
    """The entry of `DATABASES` for libpq's connection keywords: bound and prepared by the server.

    With `pool` the threads of a process share connections, each for as long as it works. Without,
    a thread keeps its own, made anew now and then: its plans are those of tables as they were.
    """
    known = {"host", "port", "dbname", "user", "password"}
    options: dict[str, Any] = {
        **{name: value for name, value in parts.items() if name not in known},
        "server_side_binding": True,
        "prepare_threshold": 5,
    }
    if pool:
        # Never more than the threads of a process: 12 are for many receiving applications.
        options["pool"] = {"min_size": 1, "max_size": 12, "timeout": 10}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "NAME": parts.get("dbname", ""),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "CONN_MAX_AGE": 0 if pool else _LIFE_OF_A_CONNECTION,
        "OPTIONS": options,
    }
