"""Fixtures of the journal: an empty one whatever other tests left, a tamperer, a signer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from carnet.national.journal.signature import Signer
from carnet.ops.postgres import Server
from tests.national.certificates import Papers

_EMPTY = """
TRUNCATE journal_trace, journal_seal, journal_head, journal_day;
UPDATE journal_progress SET cluster = '', horizon = '0', day = '0001-01-01';
"""


@pytest.fixture
def superuser(postgres: Server, transactional_db: None) -> Iterator[psycopg.Connection]:
    """Whoever owns the server: no trigger and no right stops them."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with psycopg.connect(
        host=str(postgres.socket_folder), user="carnet_admin", dbname=name, autocommit=True
    ) as held:
        held.execute("SET session_replication_role = replica")
        yield held


@pytest.fixture
def empty_journal(superuser: psycopg.Connection) -> Iterator[None]:
    """No line, no seal, no day: before the test and after it."""
    superuser.execute(_EMPTY)
    yield
    superuser.execute(_EMPTY)


@pytest.fixture
def tamper(superuser: psycopg.Connection) -> Callable[..., None]:
    """Run a statement as the superuser."""

    def tamper(statement: str, *values: Any) -> None:
        assert superuser.execute(statement, values).rowcount > 0  # type: ignore[arg-type]

    return tamper


@pytest.fixture(scope="session")
def signer(papers: Papers) -> Signer:
    """Signs the days."""
    return Signer.open(papers.signature.cert_path, papers.signature.key_path)


@pytest.fixture
def deposits(tmp_path: Path) -> Path:
    """The folder where signed days are written."""
    folder = tmp_path / "audit"
    folder.mkdir()
    return folder
