"""An identity moves between its statuses as RNIV says, and no other way (R-006).

Requirements: RNIV EXI SI 07 to 09 and 22.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.ins import (
    Attribute,
    ForbiddenTransition,
    IdentityState,
    Status,
    StatusEvent,
    state_of_hl7,
    transition,
)

S, E = Status, StatusEvent


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (S.PROVISOIRE, E.DEVICE_CHECKED, S.VALIDEE),
        (S.PROVISOIRE, E.INSI_ACCEPTED, S.RECUPEREE),
        (S.RECUPEREE, E.DEVICE_CHECKED, S.QUALIFIEE),
        (S.VALIDEE, E.INSI_ACCEPTED, S.QUALIFIEE),
        (S.VALIDEE, E.INSI_INCONSISTENT, S.VALIDEE),
        (S.QUALIFIEE, E.INSI_VERIFICATION_FAILED, S.VALIDEE),
        (S.QUALIFIEE, E.DISCORDANCE, S.PROVISOIRE),
        (S.QUALIFIEE, E.STRICT_TRAIT_CHANGED, S.PROVISOIRE),
    ],
)
def test_the_table_of_rniv_is_followed(before: Status, event: StatusEvent, after: Status) -> None:
    assert transition(IdentityState(before), event).status is after


@pytest.mark.parametrize(
    ("before", "event"),
    [(S.VALIDEE, E.INSI_INCONSISTENT), (S.QUALIFIEE, E.INSI_VERIFICATION_FAILED)],
)
def test_a_structure_may_choose_the_stricter_fall_back(before: Status, event: StatusEvent) -> None:
    assert transition(IdentityState(before), event, strict=True).status is S.PROVISOIRE


@pytest.mark.parametrize("status", list(Status))
def test_a_doubt_falls_back_to_provisoire_and_locks(status: Status) -> None:
    doubtful = transition(IdentityState(status), E.DOUBT)
    assert doubtful == IdentityState(S.PROVISOIRE, frozenset({Attribute.DOUTEUSE}))
    assert doubtful.locked
    assert not doubtful.keeps_ins
    with pytest.raises(ForbiddenTransition):
        transition(doubtful, E.INSI_ACCEPTED)
    assert transition(doubtful, E.CLEARED) == IdentityState(S.PROVISOIRE)


def test_a_fictive_identity_cannot_become_doubtful() -> None:
    fictive = transition(IdentityState(S.PROVISOIRE), E.DECLARED_FICTIVE)
    with pytest.raises(ForbiddenTransition):
        transition(fictive, E.DOUBT)


def test_the_homonym_attribute_survives_every_change() -> None:
    state = IdentityState(S.QUALIFIEE, frozenset({Attribute.HOMONYME}))
    assert Attribute.HOMONYME in transition(state, E.DOUBT).attributes


@pytest.mark.parametrize("attribute", [Attribute.DOUTEUSE, Attribute.FICTIVE])
def test_a_lock_exists_on_a_provisoire_identity_only(attribute: Attribute) -> None:
    with pytest.raises(ValueError):
        IdentityState(S.QUALIFIEE, frozenset({attribute}))


@given(st.lists(st.sampled_from(list(StatusEvent)), max_size=12), st.booleans())
def test_no_path_leads_out_without_insi_and_a_device(
    events: list[StatusEvent], strict: bool
) -> None:
    state, seen = IdentityState(S.PROVISOIRE), set()
    for event in events:
        try:
            state = transition(state, event, strict=strict)
        except ForbiddenTransition:
            continue
        seen.add(event)
    if state.may_leave:
        assert {E.INSI_ACCEPTED, E.DEVICE_CHECKED} <= seen


INS = Ins("279035121518989", INS_NIR_TEST)


@pytest.mark.parametrize(
    ("codes", "ins", "status"),
    [
        (("VALI",), INS, S.QUALIFIEE),
        (("VALI", "HOMA"), INS, S.QUALIFIEE),
        (("VALI",), None, S.VALIDEE),
        (("PROV",), None, S.PROVISOIRE),
        ((), None, S.PROVISOIRE),
        (("VALI", "DOUT"), INS, S.PROVISOIRE),
        (("PROV", "FICT", "DOUT"), None, S.PROVISOIRE),
    ],
)
def test_the_status_is_read_from_a_pam_message(
    codes: tuple[str, ...], ins: Ins | None, status: Status
) -> None:
    assert state_of_hl7(codes, ins).status is status
