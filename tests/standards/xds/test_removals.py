"""What may leave a registry: an association goes with what it links, nothing is left alone."""

from __future__ import annotations

import pytest

from carnet.standards.xds.metadata import Association, AssociationType
from carnet.standards.xds.rules.removals import check_removal

MEMBER = AssociationType.HAS_MEMBER
#: Lot 1 with document A, lot 2 with document B that is added to A and a folder that holds B.
LINKS = (
    Association(MEMBER, "lot1", "A", "lot1-A"),
    Association(MEMBER, "lot2", "B", "lot2-B"),
    Association(MEMBER, "lot2", "F", "lot2-F"),
    Association(MEMBER, "F", "B", "F-B"),
    Association(MEMBER, "lot2", "F-B", "lot2-F-B"),
    Association(AssociationType.APND, "B", "A", "B-A"),
)
SECOND = {"lot2", "B", "F", "lot2-B", "lot2-F", "F-B", "lot2-F-B", "B-A"}


@pytest.mark.parametrize(
    "removed",
    [SECOND, SECOND | {"lot1", "A", "lot1-A"}, {"F-B", "lot2-F-B"}, {"B-A"}],
    ids=["a lot", "all", "a document leaves a folder", "a relation"],
)
def test_what_leaves_the_rest_whole_may_be_removed(removed: set[str]) -> None:
    assert [*check_removal(removed, {"lot1", "lot2"}, LINKS)] == []


@pytest.mark.parametrize(
    ("removed", "code", "place"),
    [
        ({"A"}, "ReferencesExistException", "A"),
        ({"lot1", "A", "lot1-A"}, "ReferencesExistException", "A"),
        ({"lot1"}, "ReferencesExistException", "lot1"),
        ({"F-B"}, "ReferencesExistException", "F-B"),
        ({"lot1", "lot1-A"}, "XDSUnreferencedObjectException", "A"),
        ({"lot2-F-B"}, "XDSUnreferencedObjectException", "F-B"),
        ({"A", "lot1-A", "B-A"}, "XDSUnreferencedObjectException", "lot1"),
    ],
)
def test_what_would_break_the_rest_is_refused(removed: set[str], code: str, place: str) -> None:
    told = {(each.code, each.location) for each in check_removal(removed, {"lot1", "lot2"}, LINKS)}
    assert (code, place) in told
