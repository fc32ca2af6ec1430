"""Fixtures of the establishment: its papers, and the country it calls."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.establishment.country import (
    Mail,
    Papers,
    Record,
    mail_server,
    make_papers,
    record_server,
)


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """Certificates for the session: keys are slow to make."""
    return make_papers(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def record(papers: Papers, settings: Any) -> Iterator[Record]:
    """A record that answers, and settings that lead to it."""
    with record_server(papers) as found:
        for name, value in papers.settings().items():
            setattr(settings, name, value)
        settings.CARNET_DMP_URL = found.url
        yield found


@pytest.fixture
def mail(papers: Papers, settings: Any) -> Iterator[Mail]:
    """A mail operator that answers, and settings that lead to it."""
    with mail_server(papers) as found:
        for name, value in papers.settings().items():
            setattr(settings, name, value)
        settings.CARNET_MSS_HOST = "localhost"
        settings.CARNET_MSS_PORT = found.port
        yield found
