"""The published HL7 messages get the acknowledgement they deserve (spec identity §5.13)."""

from pathlib import Path

import pytest

from carnet.establishment.exchange import actions
from carnet.establishment.exchange.models import Inbound
from carnet.standards.hl7v2 import er7
from tests.establishment.people import NOW

pytestmark = pytest.mark.django_db

#: Message -> (MSA-1, ERR-5 or ERR-2 of what is wrong); nothing for what is itself an answer.
DESERVED = {
    "ans-exemples/adt_admission.er7": ("AA", ""),
    "ans-exemples/adt_consentement_dmp_1.er7": ("AA", ""),
    "ans-exemples/adt_consentement_dmp_2.er7": ("AA", ""),
    "ans-exemples/mdm_ack.er7": None,
    # The patient is only named by an INS, and PID-5 has no list of given names.
    "ans-exemples/mdm_cr_radio_init.er7": ("AE", "905"),
    "ans-exemples/mdm_cr_radio_rplc_nobody.er7": ("AE", "905"),
    "ans-exemples-more/v1.2_mdm_message.hl7": ("AE", "905"),
    "ans-exemples-more/v2.0_oru_cr_bio_init_nobody.hl7": ("AE", "905"),
    # From a gateway to the software of a practice: not for us.
    "ans-exemples-more/lps_v1.0_mdm_ack.hl7": None,
    "ans-exemples-more/lps_v1.0_mdm_cr_radio_init_nobody.er7": ("AR", "MSH^1^21"),
    "ans-exemples-more/lps_v1.0_mdm_message.hl7": ("AR", "MSH^1^21"),
    "ans-exemples-more/v1.2_mdm_ack.hl7": None,
    "ans-exemples-more/v2.0_oru_ack.hl7": None,
    # Business answers: a gateway sends them, it does not take them.
    "ans-exemples-more/v2.0_zam_z01_reception_dmp.hl7": ("AR", "MSH^1^9"),
    "ans-exemples-more/v2.0_zam_z02_reception_mss.hl7": ("AR", "MSH^1^9"),
    # Published without the document they announce.
    "ans-exemples-more/v2.1_mdm_cr_radio_init_nobody.er7": ("AE", "906"),
    "ans-exemples-more/v2.1_oru_cr_bio_rplc_nobody.er7": ("AE", "906"),
}


@pytest.mark.parametrize("name", DESERVED)
def test_each_published_message_is_answered(examples: Path, name: str) -> None:
    raw = (examples / "hl7v2" / name).read_bytes()
    answer = actions.receive("test", raw, now=NOW)
    assert bytes(Inbound.objects.get().raw) == raw
    deserved = DESERVED[name]
    if deserved is None:
        assert answer == b""
        return
    told = er7.read(answer)
    places = {part.raw(2) for part in told.all("ERR")} | {part.text(5) for part in told.all("ERR")}
    assert told.get("MSA-1") == deserved[0]
    assert not deserved[1] or deserved[1] in places


def test_no_published_message_is_forgotten(examples: Path) -> None:
    folder = examples / "hl7v2"
    found = {p for ending in ("*.er7", "*.hl7") for p in folder.rglob(ending)}
    assert {str(p.relative_to(folder)) for p in found} == set(DESERVED)
