"""Fixtures of the clients: an S3 service for the session, a shelf of each kind."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from carnet.national.clients.documents.shelves import Bucket, Folder, Shelf
from tests.national.clients import objects

BUCKET = "documents"


@pytest.fixture(scope="session")
def objects_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[objects.Objects]:
    """SeaweedFS."""
    with objects.running(tmp_path_factory.mktemp("seaweedfs"), BUCKET) as service:
        yield service


@pytest.fixture
def bucket_url(objects_service: objects.Objects, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty place in the bucket, with what is needed to reach it."""
    for name, value in objects_service.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{uuid4()}"


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """An empty shelf of each kind."""
    if request.param == "bucket":
        return Bucket(request.getfixturevalue("bucket_url"))
    folder = tmp_path / "shelf"
    folder.mkdir()
    return Folder(folder)
