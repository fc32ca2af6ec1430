"""A mailbox of an operator in the directory: published on request, gone when it closes."""

import pytest

from carnet.national.directory import models as directory
from carnet.national.messaging import actions
from tests.national import world
from tests.national.world import NOW, SITE, TESTS

pytestmark = pytest.mark.django_db

ADDRESS = "accueil@ch.mssante.fr"


@pytest.fixture(autouse=True)
def mailbox() -> None:
    world.make_hospital()
    actions.open_professional_mailbox(TESTS, ADDRESS, kind="ORG", structure=SITE, now=NOW)


def test_a_mailbox_is_published_on_request_only() -> None:
    assert not directory.Mailbox.objects.exists()
    actions.publish_mailbox(TESTS, ADDRESS.upper(), description="Accueil", now=NOW)
    held = directory.Mailbox.objects.get()
    assert (held.address, held.kind, held.structure_id, held.description) == (
        ADDRESS,
        "ORG",
        SITE,
        "Accueil",
    )


def test_a_mailbox_that_closes_leaves_the_directory() -> None:
    actions.publish_mailbox(TESTS, ADDRESS, now=NOW)
    actions.close_mailbox(TESTS, ADDRESS, now=NOW)
    assert not directory.Mailbox.objects.get().is_active
    with pytest.raises(LookupError):
        actions.publish_mailbox(TESTS, ADDRESS, now=NOW)


def test_the_mailbox_of_a_citizen_is_never_published() -> None:
    patient_id, _ins = world.make_patient()
    address = actions.open_citizen_mailbox(TESTS, patient_id, now=NOW)
    with pytest.raises(LookupError):
        actions.publish_mailbox(TESTS, address, now=NOW)


def test_a_holder_that_the_directory_does_not_know_is_refused() -> None:
    actions.open_professional_mailbox(
        TESTS, "x@ch.mssante.fr", kind="PER", ps_idnat="899900009999", now=NOW
    )
    with pytest.raises(LookupError, match="professional"):
        actions.publish_mailbox(TESTS, "x@ch.mssante.fr", now=NOW)
    assert not directory.Mailbox.objects.exists()
