"""What the systems of an affinity domain may do, and nobody else's record."""

from __future__ import annotations

from uuid import UUID

from carnet.national.journal.actors import Member
from carnet.national.record.rules import Act, RecordFacts, columns, decide, every_document
from carnet.national.record.rules.rights import MEMBER, rights

NODE = Member("CN=registry.example")
PATIENT = UUID(int=1)
MAY = {Act.FEED, Act.SEARCH, Act.LOOK_UP, Act.READ, Act.DELETE}


def test_a_member_submits_finds_retrieves_and_removes_and_nothing_else() -> None:
    for act in Act:
        assert decide(NODE, act, PATIENT, RecordFacts()).allowed is (act in MAY)
        for document in every_document():
            assert decide(NODE, act, PATIENT, RecordFacts(), document).allowed is (act in MAY)


def test_a_record_that_is_closed_is_closed_to_a_member_too() -> None:
    assert not decide(NODE, Act.READ, PATIENT, RecordFacts(active=False)).allowed


def test_the_column_of_members_is_not_one_of_the_sheets() -> None:
    assert MEMBER in rights()
    assert MEMBER not in columns()
