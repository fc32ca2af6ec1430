"""Whatever arrives is an event or a refusal; the published messages get the answer they deserve."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.hl7v2 import build, er7
from carnet.standards.hl7v2.errors import Hl7Error
from carnet.standards.hl7v2.header import peek
from carnet.standards.hl7v2.messages import Action, AdtEvent, DocumentEvent, Ignored, LocalId
from carnet.standards.hl7v2.reading import read_event
from tests.standards.hl7v2.perfect import ENVELOPE, FINESS, admission, identity, letter

GOOD = (
    build.adt(admission(), ENVELOPE),
    build.adt(identity(), ENVELOPE),
    build.adt(identity("A40", prior_ids=(LocalId("9", "X", FINESS),)), ENVELOPE),
    build.adt(identity("A47", removes_ins=True, prior_ins=admission().patient.ins), ENVELOPE),
    build.mdm(letter(), ENVELOPE),
    build.oru(letter(action=Action.DELETE), ENVELOPE),
)


def outcome(raw: bytes) -> AdtEvent | DocumentEvent | Ignored | Hl7Error:
    try:
        return read_event(er7.read(raw))
    except Hl7Error as error:
        refused = error
    assert refused.problems
    assert all(problem.reason and problem.place for problem in refused.problems)
    return refused


@pytest.mark.parametrize("raw", GOOD)
def test_every_good_message_is_an_event(raw: bytes) -> None:
    assert not isinstance(outcome(raw), Hl7Error)


def test_an_event_that_is_not_handled_is_ignored() -> None:
    raw = GOOD[0].replace(b"ADT^A01", b"ADT^A54")
    assert outcome(raw) == Ignored("A54", "3975")


@given(st.sampled_from(GOOD), st.data())
def test_any_change_of_bytes_gives_an_event_or_a_refusal(raw: bytes, data: st.DataObject) -> None:
    mutated = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(mutated)))
        end = data.draw(st.integers(start, min(start + 30, len(mutated))))
        mutated[start:end] = data.draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"|", b"^", b"~", b"&", b"\\", b"\r", b'""']),
            )
        )
    outcome(bytes(mutated))


@given(st.sampled_from(GOOD), st.data())
def test_any_change_of_fields_gives_an_event_or_a_refusal(raw: bytes, data: st.DataObject) -> None:
    lines = [line.split(b"|") for line in raw.split(b"\r") if line]
    for _ in range(data.draw(st.integers(1, 3))):
        line = lines[data.draw(st.integers(0, len(lines) - 1))]
        place = data.draw(st.integers(1, len(line)))
        value = data.draw(
            st.text('^~&\\"AZ09YN éMSH.XT-', max_size=12).map(lambda text: text.encode())
        )
        line[place : place + data.draw(st.integers(0, 2))] = [value]
    outcome(b"\r".join(b"|".join(line) for line in lines))


@given(st.sampled_from(GOOD), st.data())
def test_segments_in_any_order_or_number_give_an_event_or_a_refusal(
    raw: bytes, data: st.DataObject
) -> None:
    header, *others = [line for line in raw.split(b"\r") if line]
    chosen = data.draw(st.lists(st.sampled_from(others), max_size=20))
    outcome(b"\r".join([header, *chosen]))


#: Published message -> acknowledgement, (ERR-3, ERR-5) of each error, and why it deserves it.
PUBLISHED = {
    "adt_admission.er7": ("AA", set(), "a complete admission"),
    "adt_consentement_dmp_1.er7": ("AA", set(), "a complete admission with consent"),
    "adt_consentement_dmp_2.er7": ("AA", set(), "a complete admission with opposition"),
    "mdm_cr_radio_init.er7": (
        "AE",
        {("207", "905")},
        "named by an INS alone, and PID-5 has no list of given names: the INS is incomplete",
    ),
    "mdm_cr_radio_rplc_nobody.er7": ("AE", {("207", "905")}, "as the former"),
    "v2.1_mdm_cr_radio_init_nobody.er7": ("AA", set(), "complete, edition 2.1"),
    "v2.1_oru_cr_bio_rplc_nobody.er7": (
        "AA",
        set(),
        "complete, edition 2.1; its mail text is cut, which is a warning",
    ),
    "v2.0_oru_cr_bio_init_nobody.hl7": (
        "AE",
        {("207", "905")},
        "no list of given names; its address names another patient, but without an INS to "
        "compare with that cannot be said",
    ),
    "v1.2_mdm_message.hl7": (
        "AE",
        {("207", "905"), ("101", None)},
        "no list of given names; sent to the record without a sender, to professionals without "
        "an address",
    ),
    "lps_v1.0_mdm_cr_radio_init_nobody.er7": ("AR", {("200", None)}, "goes from a PFI to an LPS"),
    "lps_v1.0_mdm_message.hl7": ("AR", {("200", None)}, "goes from a PFI to an LPS"),
    "v2.0_zam_z01_reception_dmp.hl7": (
        "AR",
        {("200", None)},
        "answers of a PFI come to its sender",
    ),
    "v2.0_zam_z02_reception_mss.hl7": ("AR", {("200", None)}, "as the former"),
    "mdm_ack.er7": ("", set(), "an acknowledgement is never acknowledged"),
    "lps_v1.0_mdm_ack.hl7": ("", set(), "as the former"),
    "v1.2_mdm_ack.hl7": ("", set(), "as the former"),
    "v2.0_oru_ack.hl7": ("", set(), "as the former"),
}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_each_published_message_gets_the_answer_it_deserves(name: str, examples: Path) -> None:
    code, errors, _reason = PUBLISHED[name]
    raw = next((examples / "hl7v2").rglob(name)).read_bytes()
    if peek(raw).is_acknowledgement:
        assert code == ""
        return
    got = outcome(raw)
    if isinstance(got, Hl7Error):
        assert (got.ack, {(p.code, p.application) for p in got.problems}) == (code, errors)
    else:
        assert code == "AA"


def test_every_published_message_is_in_the_table(examples: Path) -> None:
    found = {p.name for p in (examples / "hl7v2").rglob("*") if p.suffix in (".er7", ".hl7")}
    assert found == set(PUBLISHED)
