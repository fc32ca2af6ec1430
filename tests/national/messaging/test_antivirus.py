"""Mail before an antivirus."""

from collections.abc import Iterator
from typing import Any

import pytest

from carnet.national.messaging import actions
from carnet.national.messaging.models import Message
from carnet.standards.mss.message import Attachment, MessageError
from tests.national import messages, world
from tests.national.clients import viruses
from tests.national.clients.viruses import VIRUS
from tests.national.world import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(viruses.KINDS))
def kind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, settings: Any
) -> Iterator[str]:
    with viruses.KINDS[request.param](tmp_path_factory.mktemp("clamd")) as address:
        settings.CARNET_CLAMD = address
        yield request.param


def receive(**changes: Any) -> None:
    patient_id, ins = world.make_patient()
    actions.open_citizen_mailbox(world.TESTS, patient_id, now=NOW)
    raw = messages.message(ins, **changes)
    actions.receive(raw, messages.WARD.address, [messages.address(ins)], peer="CN=mail", now=NOW)


@pytest.mark.usefixtures("kind")
def test_a_clean_message_is_received() -> None:
    receive()
    assert Message.objects.count() == 1


def test_a_message_that_the_antivirus_knows_is_refused_for_good(kind: str) -> None:
    changes: list[dict[str, Any]] = [{"body_text": VIRUS.decode()}]
    if kind == "real":
        # It also looks inside what is attached.
        changes.append({"pdfs": (Attachment("a.pdf", "application/pdf", VIRUS),)})
    for change in changes:
        with pytest.raises(MessageError) as refused:
            receive(**change)
        assert refused.value.reply.startswith("554 5.7.1")
    assert not Message.objects.exists()


def test_without_a_judgement_the_sender_is_to_try_again(settings: Any) -> None:
    settings.CARNET_CLAMD = "127.0.0.1:9"
    with pytest.raises(OSError, match="antivirus"):
        receive()
    assert not Message.objects.exists()
