"""Documents are read from MDM and ORU; what disagrees, lacks or would leak is refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from carnet.standards.hl7v2 import build, er7
from carnet.standards.hl7v2.documents import read_document
from carnet.standards.hl7v2.errors import Business, Condition, Hl7Error
from carnet.standards.hl7v2.flags import NAMES
from carnet.standards.hl7v2.messages import Action, CarriedDocument, DocumentEvent, Flags, Party
from tests.standards.hl7v2.perfect import (
    ENVELOPE,
    INS,
    PATIENT,
    letter,
    with_field,
    without_segment,
)

PDF = CarriedDocument("application/pdf", b"%PDF-1.4", "11490-0", "Lettre", "LN")


def changed(segment: str, field: int, wire: str, *, rank: int = 1) -> er7.Message:
    return with_field(build.mdm(letter(), ENVELOPE), segment, field, wire, rank=rank)


def refusal(message: er7.Message, **options: Any) -> Hl7Error:
    with pytest.raises(Hl7Error) as caught:
        read_document(message, **options)
    return caught.value


def refused_letter(**changes: Any) -> Hl7Error:
    return refusal(er7.read(build.mdm(letter(**changes), ENVELOPE)))


def old_edition(raw: bytes) -> bytes:
    """The message as the volet 2.0 wrote it: other coding systems, `SC` in ORC-1."""
    message = with_field(raw, "ORC", 1, "SC")
    raw = er7.write(message).replace(b"2.1^CISIS", b"2.0^CISIS")
    return raw.replace(b"expandedYes-NoIndicator", b"HL70136").replace(
        b"Send by^participation", b"^HL70912"
    )


@pytest.mark.parametrize(
    ("trigger", "action", "parent"),
    [("T02", Action.NEW, ""), ("T10", Action.REPLACE, "1.2.3.4"), ("T04", Action.DELETE, "")],
)
def test_an_mdm_reads_back_as_written(trigger: str, action: Action, parent: str) -> None:
    written = letter(trigger=trigger, action=action, parent_id=parent)
    assert read_document(er7.read(build.mdm(written, ENVELOPE))) == written


@pytest.mark.parametrize("action", list(Action))
def test_an_oru_reads_back_as_written(action: Action) -> None:
    written = letter(trigger="R01", action=action, document_id="", title="", documents=(PDF, PDF))
    assert read_document(er7.read(build.oru(written, ENVELOPE))) == written


@pytest.mark.parametrize("charset", ["8859/1", "8859/15", "UNICODE UTF-8"])
def test_a_letter_reads_back_in_every_character_set(charset: str) -> None:
    written = letter()
    raw = build.mdm(written, replace(ENVELOPE, charset=charset))
    assert read_document(er7.read(raw)) == written


def test_an_identifier_with_an_extension_becomes_root_and_extension() -> None:
    written = letter(document_id="1.2.3^A12")
    raw = build.mdm(written, ENVELOPE)
    assert b"|A12^^1.2.3^ISO|" in raw
    assert read_document(er7.read(raw)) == written


def test_a_deletion_may_carry_no_bytes() -> None:
    empty = CarriedDocument("text/xml", b"", "11490-0", "Lettre", "LN")
    written = letter(trigger="T04", action=Action.DELETE, documents=(empty,))
    assert read_document(er7.read(build.mdm(written, ENVELOPE))) == written


@pytest.mark.parametrize(
    ("segment", "field", "wire"),
    [("MSH", 9, "MDM^T10^MDM_T02"), ("ORC", 1, "RO"), ("OBX", 11, "D")],
)
def test_an_action_on_which_the_three_disagree_is_refused(
    segment: str, field: int, wire: str
) -> None:
    error = refusal(changed(segment, field, wire))
    assert "OBX^1^11" in [problem.place for problem in error.problems]
    assert (error.application, error.ack) == (Business.OTHER, "AE")


def test_an_older_edition_has_no_action_in_its_order() -> None:
    assert read_document(er7.read(old_edition(build.mdm(letter(), ENVELOPE)))).action is Action.NEW


def test_the_current_edition_needs_its_order() -> None:
    error = refusal(without_segment(build.mdm(letter(), ENVELOPE), "ORC"))
    assert (error.code, error.place) == (Condition.SEGMENT_SEQUENCE, "ORC^1")


@pytest.mark.parametrize(
    ("segment", "field", "wire", "condition", "place"),
    [
        ("ORC", 1, "SC", Condition.TABLE_VALUE_NOT_FOUND, "ORC^1^1"),
        ("OBX", 11, "P", Condition.TABLE_VALUE_NOT_FOUND, "OBX^1^11"),
        ("OBX", 2, "TX", Condition.DATA_TYPE, "OBX^1^2"),
        ("OBX", 5, "^text^RTF^Base64^QQ==", Condition.TABLE_VALUE_NOT_FOUND, "OBX^1^5^1^3"),
        ("OBX", 5, "^text^XML^A^QQ==", Condition.TABLE_VALUE_NOT_FOUND, "OBX^1^5^1^4"),
        ("OBX", 5, "^text^XML^Base64^", Condition.REQUIRED_FIELD_MISSING, "OBX^1^5^1^5"),
        ("OBX", 5, "^text^XML^Base64^QUJDR", Condition.DATA_TYPE, "OBX^1^5^1^5"),
        ("OBX", 5, "^text^XML^Base64^é", Condition.DATA_TYPE, "OBX^1^5^1^5"),
        ("TXA", 2, "", Condition.REQUIRED_FIELD_MISSING, "TXA^1^2"),
        ("TXA", 12, "", Condition.REQUIRED_FIELD_MISSING, "TXA^1^12"),
        ("TXA", 17, "IP", Condition.TABLE_VALUE_NOT_FOUND, "TXA^1^17"),
        ("TXA", 2, "18748-4", Condition.APPLICATION, "OBX^1^3"),
        ("OBR", 4, "18748-4^CR^LN", Condition.APPLICATION, "OBX^1^3"),
        ("MSH", 3, "", Condition.REQUIRED_FIELD_MISSING, "MSH^1^3"),
        ("MSH", 21, "", Condition.REQUIRED_FIELD_MISSING, "MSH^1^21"),
        ("MSH", 9, "MDM^T01", Condition.UNSUPPORTED_EVENT, "MSH^1^9^1^2"),
        ("MSH", 9, "ZAM^Z01", Condition.UNSUPPORTED_MESSAGE_TYPE, "MSH^1^9"),
        ("MSH", 21, "1.1^CISIS_CDA_HL7_LPS", Condition.UNSUPPORTED_MESSAGE_TYPE, "MSH^1^21"),
        ("PV1", 2, "", Condition.REQUIRED_FIELD_MISSING, "PV1^1^2"),
        ("PV1", 19, "", Condition.REQUIRED_FIELD_MISSING, "PV1^1^19"),
        ("PV1", 45, "demain", Condition.DATA_TYPE, "PV1^1^45"),
    ],
)
def test_what_is_wrong_is_named(
    segment: str, field: int, wire: str, condition: Condition, place: str
) -> None:
    error = refusal(changed(segment, field, wire))
    assert (error.code, error.place) == (condition, place)


def test_a_replacement_names_what_it_replaces() -> None:
    assert refused_letter(trigger="T10", action=Action.REPLACE).place == "TXA^1^13"


def test_an_unknown_type_is_refused() -> None:
    document = replace(letter().documents[0], code="0-0")
    error = refused_letter(documents=(document,), type_code="0-0")
    assert (error.code, error.place) == (Condition.TABLE_VALUE_NOT_FOUND, "OBX^1^3")


@pytest.mark.parametrize("documents", [(), (PDF, PDF)])
def test_an_mdm_carries_one_document(documents: tuple[CarriedDocument, ...]) -> None:
    assert refused_letter(documents=documents).code == Condition.CARDINALITY


def test_folded_and_unpadded_base64_is_read() -> None:
    message = changed("OBX", 5, "^text^XML^Base64^PHg\n+PC94Pg")
    assert read_document(message).documents[0].data == b"<x></x>"


@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - {"ACK_RECEPTION", "ACK_LECTURE_MSS", "ACK_LECTURE"})
)
def test_every_required_flag_that_is_missing_is_named(name: str) -> None:
    raw = build.mdm(letter(), ENVELOPE)
    message = er7.read(raw)
    kept = tuple(
        part
        for part in message.segments
        if part.name != "OBX" or NAMES.get(part.text(3)) != NAMES[name]
    )
    error = refusal(er7.Message(kept, message.delimiters, message.charset))
    assert error.code == Condition.REQUIRED_FIELD_MISSING
    assert "manque" in error.reason


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("INVISIBLE_REP_LEGAUX", "INVISIBLE_REPRESENTANTS_LEGAUX"),
        ("MODIF_CONF_CODE", "MODIF_CONFIDENTIALITYCODE"),
        ("ACK_LECTURE_MSS", "ACK_LECTURE"),
        ("^MetaDMPMSS", ""),
    ],
)
def test_the_older_names_of_the_flags_are_read(old: str, new: str) -> None:
    written = letter(
        flags=Flags(
            to_record=True,
            hidden_from_representatives=True,
            visibility_changed=True,
            ack_reading=True,
        )
    )
    raw = build.mdm(written, ENVELOPE)
    assert read_document(er7.read(raw.replace(old.encode(), new.encode()))) == written


def test_a_flag_that_is_neither_yes_nor_no_is_refused() -> None:
    error = refusal(changed("OBX", 5, "OUI", rank=2))
    assert (error.code, error.place) == (Condition.TABLE_VALUE_NOT_FOUND, "OBX^2^5")


def test_a_flag_said_twice_with_two_values_is_refused() -> None:
    raw = build.mdm(letter(), ENVELOPE) + b"OBX|99|CWE|DESTDMP^x^MetaDMPMSS||N||||||F\r"
    assert refusal(er7.read(raw)).code == Condition.CARDINALITY


def test_the_patient_may_be_asked_not_to_reply() -> None:
    written = letter(flags=Flags(to_record=True, to_patient=True, patient_may_not_reply=True))
    assert read_document(er7.read(build.mdm(written, ENVELOPE))) == written


def test_a_note_elsewhere_does_not_close_the_conversation() -> None:
    raw = build.mdm(letter(), ENVELOPE).replace(b"OBX|2|", b"NTE|1|||FIN\rOBX|2|")
    assert not read_document(er7.read(raw)).flags.patient_may_not_reply


@pytest.mark.parametrize(
    "flags",
    [
        Flags(masked_to_professionals=True, to_professionals=True),
        Flags(hidden_from_patient=True, to_patient=True),
    ],
)
def test_a_mail_to_those_from_whom_the_document_is_hidden_is_refused(flags: Flags) -> None:
    error = refused_letter(flags=flags)
    assert (error.code, error.application) == (Condition.APPLICATION, Business.OTHER)


@pytest.mark.parametrize(
    ("flags", "strictly"),
    [
        (Flags(to_record=True), True),
        (Flags(to_professionals=True, to_patient=True), True),
        (Flags(hidden_from_patient=True, to_professionals=True), True),
        (Flags(masked_to_professionals=True, to_patient=True), True),
        (Flags(masked_to_professionals=True, to_record=True, to_patient=True), False),
        (Flags(to_record=True, to_professionals=True), False),
    ],
)
def test_the_table_of_the_guide_is_a_switch(flags: Flags, strictly: bool) -> None:
    message = er7.read(build.mdm(letter(flags=flags), ENVELOPE))
    assert read_document(message).flags == flags
    if strictly:
        assert read_document(message, strict_matrix=True).flags == flags
    else:
        assert refusal(message, strict_matrix=True).application is Business.OTHER


def test_a_document_for_the_record_needs_its_sender() -> None:
    assert refused_letter(sender=None).place == "PRT^1^4"


@pytest.mark.parametrize("recipients", [(), (Party(person_id="1", person_id_type="RPPS"),)])
def test_a_document_for_professionals_needs_an_address(recipients: tuple[Party, ...]) -> None:
    assert refused_letter(recipients=recipients).place == "PRT^1^15"


@pytest.mark.parametrize(
    "recipient",
    [
        Party(mail="180032B02040123@patient.mssante.fr"),
        Party(person_id="180032B02040123", person_id_type="INS"),
        Party(mail=f"{INS.matricule}1@patient.mssante.fr"),
    ],
)
def test_a_mail_to_another_patient_is_refused(recipient: Party) -> None:
    error = refused_letter(recipients=(*letter().recipients, recipient))
    assert error.application is Business.INS_DIFFERENT


def test_a_document_of_a_patient_known_by_a_local_id_only_is_read() -> None:
    patient = replace(PATIENT, ins=None)
    assert read_document(er7.read(build.mdm(letter(patient=patient), ENVELOPE))).patient == patient


@pytest.mark.parametrize(
    ("patient", "business"),
    [
        (replace(PATIENT, local_ids=(), ins=None), Business.INS_ABSENT),
        (replace(PATIENT, local_ids=(), given_names=""), Business.INS_INCOMPLETE),
        (replace(PATIENT, local_ids=(), reliability=("PROV",)), Business.OTHER),
    ],
)
def test_a_document_of_nobody_is_refused(patient: Any, business: Business) -> None:
    error = refused_letter(patient=patient)
    assert error.place == "PID^1^3"
    assert error.application is business


def test_a_document_with_only_a_billing_number_has_no_ins() -> None:
    error = refusal(changed("PID", 3, "279035121518989^^^X&1.2.250.1.213.1.4.8&ISO^NH"))
    assert error.application is Business.INS_ABSENT


def test_a_mail_text_that_was_cut_is_a_warning() -> None:
    raw = build.mdm(letter(), ENVELOPE)
    text = base64.b64encode(letter().body_for_patient.encode()).rstrip(b"=")
    cut = raw.replace(text, text[: len(text) // 4 * 4 - 3])
    read = read_document(er7.read(cut))
    assert read.body_for_patient == ""
    assert [warning.code for warning in read.warnings] == [Condition.DATA_TYPE]


def test_an_author_may_come_from_the_order() -> None:
    written = letter(trigger="R01", document_id="", title="", author=None)
    raw = build.oru(written, ENVELOPE)
    message = with_field(raw, "OBR", 32, "L07&LABBIO&JULIE")
    assert read_document(message).author == Party("L07", "", "LABBIO", "JULIE")


@pytest.mark.parametrize(
    ("party", "ps", "structure"),
    [
        (Party("801234564895", "IDNPS"), "801234564895", ""),
        (Party("10003456789", "RPPS"), "810003456789", ""),
        (Party("801234564895", "RPPS"), "801234564895", ""),
        (Party("R854", "EI"), "", ""),
        (Party(structure_id="300017985", structure_id_type="FINEG"), "", "1300017985"),
        (Party(structure_id="1120459876", structure_id_type="FINEG"), "", "1120459876"),
        (Party(structure_id="339172288100052", structure_id_type="IDNST"), "", "339172288100052"),
        (Party(structure_id="3435", structure_id_type="UF"), "", ""),
    ],
)
def test_a_party_gives_its_national_identifiers(party: Party, ps: str, structure: str) -> None:
    assert (party.ps_idnat, party.struct_idnat) == (ps, structure)


def test_the_published_space_in_the_authority_is_read_over() -> None:
    raw = build.mdm(letter(), ENVELOPE).replace(b"ASIP-SANTE-PS", b"ASIP-SANTE- PS")
    read = read_document(er7.read(raw))
    assert isinstance(read, DocumentEvent)
    assert read.sender == letter().sender
