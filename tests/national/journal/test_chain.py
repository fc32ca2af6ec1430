"""The chain and the tree: any change of any byte leads elsewhere."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from carnet.national.journal import chain

HASHES = st.binary(min_size=32, max_size=32)


@given(st.lists(HASHES, min_size=1, max_size=40), st.data())
def test_the_path_of_each_leaf_leads_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(leaves) - 1))
    steps = chain.path(leaves, place)
    assert chain.climb(leaves[place], steps) == chain.root(leaves)
    other = data.draw(HASHES)
    assert (chain.climb(other, steps) == chain.root(leaves)) == (other == leaves[place])


def test_the_tree_is_that_of_rfc_6962() -> None:
    a, b, c = (bytes([each]) * 32 for each in (1, 2, 3))
    left = hashlib.sha256(b"\1" + a + b).digest()
    assert chain.root([a, b, c]) == hashlib.sha256(b"\1" + left + c).digest()
    assert chain.root([]) == hashlib.sha256(b"").digest()


def test_a_leaf_is_no_node() -> None:
    patient_id = uuid4()
    assert chain.leaf(patient_id, 1, bytes(32)) != chain.leaf(patient_id, 2, bytes(32))
    assert chain.leaf(UUID(int=0), 0, bytes(32)) != chain.node(bytes(24), bytes(32))


def test_a_line_says_its_time_in_utc_whatever_the_zone_it_was_read_in() -> None:
    at = datetime(2026, 3, 2, 9, 0, 0, 5, tzinfo=UTC)
    values = [uuid4(), at, uuid4(), *([""] * 7), ["a"], "", "", '{"title": "É"}', ""]
    there = [values[0], at.astimezone(timezone(timedelta(hours=2))), *values[2:]]
    assert chain.canonical(chain.line(values)) == chain.canonical(chain.line(there))
    assert '"at":"2026-03-02T09:00:00.000005Z"' in chain.canonical(chain.line(values)).decode()
    assert '"details":{"title":"É"}' in chain.canonical(chain.line(values)).decode()
