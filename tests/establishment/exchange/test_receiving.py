"""A message in, an acknowledgement out, and what it leaves in the outbox."""

from dataclasses import replace
from typing import Any

import pytest

from carnet.establishment.exchange import actions, stored
from carnet.establishment.exchange.models import Delivery, Document, Inbound
from carnet.standards.cda import reading
from carnet.standards.hl7v2 import er7
from carnet.standards.hl7v2.messages import Action, Feeding, Flags, Wishes
from tests.establishment.messages import DOCTOR, PDF, cda, document, pdf, wire
from tests.establishment.people import NOW, OTHER_INS, PATIENT, QUALIFIED, adt, ipp

pytestmark = pytest.mark.django_db


def send(*messages: object) -> er7.Message:
    """The last acknowledgement."""
    for message in messages:
        raw = message if isinstance(message, bytes) else wire(message)  # type: ignore[arg-type]
        answer = actions.receive("127.0.0.1:4000", raw, now=NOW)
    return er7.read(answer)


def code(answer: er7.Message) -> str:
    return answer.get("MSA-1")


def deliveries() -> dict[tuple[str, str], tuple[str, str]]:
    """(destination, address) -> (state, reason)."""
    return {
        (d.destination, d.address): (d.state, d.reason)
        for d in Delivery.objects.exclude(document__action="D")
    }


KNOWN = adt("A28", QUALIFIED)
OTHER = replace(QUALIFIED, local_ids=(ipp("IPP2"),), birth_name="AUTRE", ins=OTHER_INS)
UNKNOWN = replace(PATIENT, local_ids=(ipp("IPP9"),))


def test_an_identity_message_is_acknowledged() -> None:
    answer = send(KNOWN)
    assert (code(answer), answer.get("MSA-2")) == ("AA", "M1")


def test_a_letter_goes_to_its_three_destinations() -> None:
    """EX_GEN-1060, R-059, R-082, R-122."""
    assert code(send(KNOWN, document())) == "AA"
    [patient_box] = [a for d, a in deliveries() if d == "patient"]
    assert patient_box.endswith("@patient.mssante.fr")
    assert deliveries() == {
        ("record", ""): ("ready", ""),
        ("professional", DOCTOR): ("ready", ""),
        ("patient", patient_box): ("ready", ""),
    }


def test_a_pdf_alone_is_put_in_a_document() -> None:
    assert code(send(KNOWN, pdf())) == "AA"
    document = Document.objects.get()
    assert not document.is_cda
    kept = stored.Stored(document)
    assert kept.content is not None
    assert reading.embedded_document(kept.content) == kept.embedded == ("application/pdf", PDF)
    assert reading.read(kept.content) == kept.header


def test_the_bytes_are_kept_as_they_came() -> None:
    send(KNOWN)
    assert bytes(Inbound.objects.get().raw) == wire(KNOWN)


def test_the_same_message_twice_gets_the_same_answer_and_is_processed_once() -> None:
    send(KNOWN, document())
    first = actions.receive("x", wire(document()), now=NOW)
    assert actions.receive("y", wire(document()), now=NOW) == first
    assert Document.objects.count() == 1
    assert Delivery.objects.count() == 3


def test_other_bytes_under_the_same_control_id_are_another_message() -> None:
    send(adt("A28"), adt("A31", QUALIFIED))
    assert Inbound.objects.count() == 2


def test_the_same_document_in_another_message_is_delivered_once() -> None:
    send(KNOWN, document())
    assert code(send(document(control_id="D2"))) == "AA"
    assert Delivery.objects.count() == 3


def test_the_same_document_with_a_new_recipient_is_delivered_to_that_one_only() -> None:
    send(KNOWN, document(flags=Flags(to_record=True)))
    send(document(control_id="D2"))
    assert len(deliveries()) == 3


def test_the_same_document_id_with_other_bytes_is_refused() -> None:
    send(KNOWN, document())
    other = document(cda(birth_place="75056"), control_id="D2")
    assert code(send(other)) == "AE"
    assert Document.objects.count() == 1


def test_a_version_already_stored_is_refused() -> None:
    send(KNOWN, document())
    other = document(cda("1.2.250.1.999.7.9.2"), document_id="1.2.250.1.999.7.9.2", control_id="D2")
    answer = send(other)
    assert (code(answer), answer.get("ERR-5")) == ("AE", "900")


def test_an_unknown_patient_makes_the_letter_wait() -> None:
    """R-005."""
    assert code(send(document())) == "AA"
    assert set(deliveries().values()) == {("waiting", "patient_unknown")}


def test_the_identity_releases_the_letter() -> None:
    send(document(), KNOWN)
    assert set(deliveries().values()) == {("ready", "")}


def test_the_identity_releases_a_pdf_and_its_document_is_built() -> None:
    send(pdf(), adt("A28"))
    assert set(deliveries().values()) == {("waiting", "identity_provisional")}
    send(adt("A31", QUALIFIED))
    assert set(deliveries().values()) == {("ready", "")}
    assert Document.objects.get().built


def test_an_identity_that_changes_tells_another_reason() -> None:
    send(adt("A28"), document(), adt("A31", replace(PATIENT, reliability=("VALI",))))
    assert set(deliveries().values()) == {("waiting", "ins_missing")}


def test_the_document_of_another_person_is_stuck() -> None:
    send(adt("A28", replace(QUALIFIED, ins=OTHER_INS)), document())
    assert set(deliveries().values()) == {("stuck", "904")}


def test_a_document_without_ins_is_stuck() -> None:
    send(KNOWN, document(cda(ins=None)))
    assert {reason for _, reason in deliveries().values()} <= {"903"}


def test_a_merge_takes_the_documents_with_it() -> None:
    other = replace(PATIENT, local_ids=(ipp("IPP2"),))
    send(
        adt("A28", other, control_id="M2"),
        document(patient=other),
        KNOWN,
        adt("A40", QUALIFIED, prior_ids=(ipp("IPP2"),), control_id="M4"),
    )
    assert set(deliveries().values()) == {("ready", "")}


def test_an_opposition_forbids_the_record_alone() -> None:
    """R-125."""
    opposed = adt("A28", QUALIFIED, wishes=Wishes(Feeding.OPPOSED))
    send(opposed, document())
    assert deliveries()[("record", "")] == ("refused", "opposed")
    assert deliveries()[("professional", DOCTOR)] == ("ready", "")


def test_a_replacement_waits_for_what_it_replaces() -> None:
    send(KNOWN, document())
    second = "1.2.250.1.999.7.9.2"
    send(
        document(
            cda(second, version=2, replaces="1.2.250.1.999.7.9.1"),
            control_id="D2",
            trigger="T10",
            action=Action.REPLACE,
            document_id=second,
            parent_id="1.2.250.1.999.7.9.1",
        )
    )
    [row] = Delivery.objects.filter(document__uid=second, destination="record")
    assert row.after is not None
    assert row.after.document.uid == "1.2.250.1.999.7.9.1"


def test_only_the_latest_version_may_be_replaced() -> None:
    send(KNOWN, document())
    for number in ("2", "3"):
        uid = f"1.2.250.1.999.7.9.{number}"
        answer = send(
            document(
                cda(uid, version=int(number), replaces="1.2.250.1.999.7.9.1"),
                control_id=f"D{number}",
                trigger="T10",
                action=Action.REPLACE,
                document_id=uid,
                parent_id="1.2.250.1.999.7.9.1",
            )
        )
    assert (code(answer), answer.get("ERR-5")) == ("AE", "900")


def test_a_deletion_cancels_what_was_not_sent() -> None:
    send(KNOWN, document())
    answer = send(document(control_id="D2", trigger="T04", action=Action.DELETE))
    assert code(answer) == "AA"
    assert {state for state, _ in deliveries().values()} == {"cancelled"}


def test_a_deletion_said_again_is_acknowledged() -> None:
    deletion = document(control_id="D2", trigger="T04", action=Action.DELETE)
    send(KNOWN, document(), deletion)
    assert code(send(replace(deletion, control_id="D3"))) == "AA"


@pytest.mark.parametrize(
    "fields",
    [
        {"trigger": "T04", "action": Action.DELETE},
        {
            "trigger": "T10",
            "action": Action.REPLACE,
            "document_id": "1.2.250.1.999.7.9.2",
            "parent_id": "1.2.250.1.999.7.9.1",
        },
    ],
)
def test_a_document_is_not_deleted_or_replaced_for_another_patient(fields: dict[str, Any]) -> None:
    first = pdf(document_id="1.2.250.1.999.7.9.1")
    send(KNOWN, adt("A28", OTHER, control_id="M2"), first)
    kept = deliveries()
    answer = send(replace(first, control_id="D2", patient=OTHER, **fields))
    assert (code(answer), answer.get("ERR-5")) == ("AE", "906")
    assert deliveries() == kept
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("first", "second"), [(PATIENT, OTHER), (UNKNOWN, OTHER), (QUALIFIED, UNKNOWN)]
)
def test_a_document_is_not_said_again_of_another_patient(first: Any, second: Any) -> None:
    said = pdf(document_id="1.2.250.1.999.7.9.1", patient=first)
    send(adt("A28", PATIENT), adt("A28", OTHER, control_id="M2"), said)
    kept = deliveries()
    answer = send(replace(said, control_id="D2", patient=second))
    assert (code(answer), answer.get("ERR-5")) == ("AE", "906")
    assert deliveries() == kept
    assert Document.objects.get().built is None


def test_a_document_of_an_unknown_patient_is_said_again() -> None:
    said = pdf(document_id="1.2.250.1.999.7.9.1", patient=UNKNOWN)
    assert code(send(said, replace(said, control_id="D2"))) == "AA"
    assert Document.objects.count() == 1


def test_a_malformed_message_is_kept_with_its_reason() -> None:
    answer = send(b"MSH|^~\\&|A|B|C|D|20260101||ADT^A28^ADT_A05|X1|P|2.5^FRA^2.11\rnonsense\r")
    kept = Inbound.objects.get()
    assert code(answer) in {"AE", "AR"}
    assert kept.state == "rejected"
    assert kept.errors[0]["reason"]


def test_bytes_that_are_no_message_are_kept_and_answered() -> None:
    assert code(send(b"\xff\xfe garbage")) in {"AE", "AR"}
    assert Inbound.objects.get().state == "rejected"


def test_a_null_byte_is_refused() -> None:
    raw = wire(KNOWN).replace(b"CARRIERE", b"CARR\0ERE")
    assert code(send(raw)) == "AE"


def test_an_unknown_kind_of_message_is_rejected() -> None:
    raw = wire(KNOWN).replace(b"ADT^A28^ADT_A05", b"SIU^S12^SIU_S12")
    assert code(send(raw)) == "AR"


def test_a_rejected_message_is_tried_again_when_it_comes_again() -> None:
    move = adt("A31", QUALIFIED, control_id="M9")
    late = adt("A47", replace(PATIENT, local_ids=(ipp("IPP7"),)), prior_ids=(ipp("IPP1"),))
    assert code(send(late)) == "AE"
    assert code(send(move, late)) == "AA"
    assert Inbound.objects.get(type="ADT^A47").state == "accepted"


def test_an_invalid_document_is_refused_with_its_remedy() -> None:
    """EX_2.1-1071, EX_2.1-1090, REC_2.1-1080, R-067, R-068."""
    broken = cda().replace(b'<languageCode code="fr-FR"/>', b"")
    answer = send(KNOWN, document(broken))
    assert code(answer) == "AE"
    assert "OBX" in answer.get("ERR-2")
    assert Document.objects.count() == 0


def test_what_claims_to_be_a_pdf_must_be_one() -> None:
    answer = send(KNOWN, document(b"hello", media_type="application/pdf"))
    assert code(answer) == "AE"


def test_an_acknowledgement_is_not_acknowledged() -> None:
    raw = actions.receive("x", wire(KNOWN), now=NOW)
    assert actions.receive("x", raw, now=NOW) == b""
