"""Who comes to the desk in these tests."""

import pytest
from django.test import Client
from django.urls import reverse

from carnet.establishment.patients import operators
from tests.establishment.doors.desk.screens import PASSWORD


@pytest.fixture
def desk(client: Client) -> Client:
    """A client signed in."""
    operators.create("claire", "Claire Martin", PASSWORD)
    client.post(reverse("desk:sign-in"), {"login": "claire", "password": PASSWORD})
    return client
