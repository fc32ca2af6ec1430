"""A citizen with a small life, and a browser of Django's own, signed in."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.national.doors.space.lives import PASSWORD, live


@pytest.fixture(autouse=True)
def documents_folder(settings, tmp_path):
    settings.CARNET_DOCUMENTS_URL = tmp_path


@pytest.fixture
def now():
    return timezone.now() - timedelta(minutes=5)


@pytest.fixture
def jeanne(db, now):
    return live("jeanne", now=now)


@pytest.fixture
def stranger(db, now):
    return live("lucie", family="AUBERT", given="LUCIE", now=now)


def signed_in(life):
    client = Client()
    answer = client.post("/connexion/", {"login": life.login, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture
def client(jeanne):
    return signed_in(jeanne)
