"""The account that PostgreSQL runs under, and what that account can reach."""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from carnet.ops.children import Account

ACCOUNT_VARIABLE = "CARNET_POSTGRES_USER"
_ACCOUNTS_TRIED = ("postgres", "nobody")


class PostgresError(Exception):
    """The embedded PostgreSQL cannot be had; the sentence says what to do."""


def choose_account(environment: Mapping[str, str]) -> Account | None:
    """The account for the server: None (our own) unless we are root, which PostgreSQL refuses.

    As root: `CARNET_POSTGRES_USER`, else `postgres` where it exists, else `nobody`; no account
    is ever created. Raises `PostgresError` if none is there.
    """
    if os.geteuid() != 0:
        return None
    named = environment.get(ACCOUNT_VARIABLE)
    for name in (named,) if named else _ACCOUNTS_TRIED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        "PostgreSQL never runs as root and no other account was found: set "
        f"{ACCOUNT_VARIABLE} to an account of this machine that is not root"
    )


def blocking_folder(path: Path, account: Account) -> Path | None:
    """The first parent of `path` that `account` cannot enter, or None."""
    for folder in reversed(path.resolve().parents):
        if not allows(folder, account, read=False):
            return folder
    return None


def allows(path: Path, account: Account, *, read: bool) -> bool:
    """Whether the mode of `path` lets `account` enter or run it, and read it if asked."""
    facts = path.stat()
    shift = 6 if facts.st_uid == account.uid else 3 if facts.st_gid == account.gid else 0
    wanted = 0o5 if read else 0o1
    return (facts.st_mode >> shift) & wanted == wanted
