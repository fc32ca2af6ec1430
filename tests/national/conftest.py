"""Fixtures of the national wing: a store of documents of its own for each test, certificates."""

from pathlib import Path
from typing import Any

import pytest

from tests.national import certificates


@pytest.fixture(autouse=True)
def documents(tmp_path: Path, settings: Any) -> Path:
    """The folder of the document store."""
    folder = tmp_path / "documents"
    folder.mkdir()
    settings.CARNET_DOCUMENTS_URL = folder
    return folder


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> certificates.Papers:
    """The authority and the certificates of the session."""
    return certificates.make(tmp_path_factory.mktemp("papers") / "authority")


@pytest.fixture
def trusting(papers: certificates.Papers, settings: Any) -> certificates.Papers:
    """The papers, trusted by the server."""
    settings.CARNET_TRUST_CA = papers.authority.ca_path
    settings.CARNET_TRUST_CRL = papers.authority.crl_path
    return papers
