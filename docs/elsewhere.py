"""What the page of coverage says in words: what is missing, what is later, what is no software.

An id that the code and the tests cite is "yes" whatever `LATER` and the others say; what `MISSING`
says stands until its line is taken away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

#: What is missing in the fields that are built, by importance: the ids, and what users would miss.
MISSING: Final[tuple[tuple[str, str], ...]] = (
    (
        "EX_2.1-1071 EX_2.1-1090 REC_2.1-1080 R-067",
        "The gateway checks a CDA by the rules of *structuration minimale*, not by the XSD and"
        " schematrons of each volet; the record, that it is readable, its id and its patient.",
    ),
    (
        "EX_2.1-2035",
        "A vaccination note (87273-9) is taken as any document: its model 2023.01 is not checked,"
        " nor the triplets of its codes.",
    ),
    (
        "R-148",
        "The matrix profession × type of document is shipped in its public part; the rest is closed"
        " by default, until a file of `CARNET_MATRICES` gives it.",
    ),
    (
        "EX_GEN-1060 R-124",
        "Feeding is automatic and may be held back by hand; which documents leave is decided by the"
        " message and a fixed table, that an establishment cannot set.",
    ),
    (
        "EX_GEN-1070 REC_GEN-1070",
        "Types that the record does not take do not leave; a partial report of biology is not told"
        " from a complete one.",
    ),
    (
        "R-125 R-126",
        "The wishes of the patient come in messages, and an opposition stops the record: neither"
        " that they were informed nor their motive is kept, and the professional who finds it not"
        " legitimate has no page to say so.",
    ),
    (
        "R-061",
        "The types that the record takes are a table of the nomenclature; the list of those that"
        " the law requires, with its dates, does not drive the feed.",
    ),
    (
        "EX_3.3-1060 REC_3.3-1010",
        "The record knows who may change or delete; the desk has no page that does it, only the"
        " messages of the hospital.",
    ),
    (
        "EX_0.1-1115",
        "A minor's secret connection has no least age: the parameter of the real service is not"
        " public.",
    ),
    (
        "EXI_SI_38",
        "The Appli carte Vitale proves as any high-trust device does: no setting says which status"
        " it gives.",
    ),
    (
        "EX_2.1-1190 REC_0.2-1020 REC_0.4-1010",
        "The gateway is fed by messages: nobody is shown what could be sent, nor what the record"
        " says of a patient (TD0.2, TD0.4).",
    ),
    (
        "R-066",
        "Every type has a category; how often it is the right one is not measured.",
    ),
    (
        "R-020",
        "Attacks are tested door by door; there is no published threat model, and no audit of"
        " dependencies in the build.",
    ),
    (
        "R-068",
        "What is not readable is refused with its remedy; nothing converts the older formats of"
        " laboratories.",
    ),
    (
        "R-001 R-022",
        "A citizen reads, hides, governs and exports; they do not add documents yet.",
    ),
    ("R-002", "What professionals send is in the space at once; nothing goes the other way yet."),
    (
        "R-014",
        "Each subscribed application is told of each change of identity; four are not shown.",
    ),
    (
        "R-049",
        "Legal entities and their sites are known; the GHT of one is kept, and asked by nothing.",
    ),
    ("R-154", "Spaces are activated; the tutorial is to come."),
    ("R-129", "Exchanges are judged one by one; there is no report by version of a software."),
)

#: What belongs to a part that comes later.
LATER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "citizen mailbox and messaging": "R-003 R-004 R-032 R-033 R-052 R-069..R-082 R-159",
        "the citizen's space, whole": "R-008 R-064 R-065 R-153 R-155 R-156 R-161",
        "consultation in the hospital's software": (
            "EX_3.1-1020 EX_3.1-1055 R-011 R-012 R-013 R-089 R-134..R-136 R-162..R-167 R-169 R-228"
        ),
        "journeys": (
            "R-015 R-028..R-031 R-053..R-058 R-060 R-062 R-063 R-083 R-084 R-090..R-101"
            " R-103..R-121"
        ),
        "prescription": "R-009",
        "imaging": "R-010",
        "medico-social": "R-016 R-048 R-050",
        "understanding": "R-171",
        "catalogue of uses": "R-085..R-088",
        "indicators": "R-123 R-170 R-217..R-226",
        "setting up an establishment": "R-026 R-039 R-127 R-128 R-130 R-230",
        "programme": "R-024 R-035..R-038 R-042..R-047 R-051 R-196..R-208",
        "guides and training": ("R-139 R-140 R-172..R-195 R-209..R-216 R-231..R-233"),
    }
)
#: What only people do.
NOT_SOFTWARE: Final = "EX_AIR-120 R-137"
#: What the services asked of software once, and do no more.
RETIRED: Final = "EX_1.1-1010 EX_1.1-1050 EX_1.1-1200 EX_1.2-1010 EX_1.2-1030 EX_1.X-1320"
#: What is asked of those who have a part that this house does not have.
NO_SUCH_PART: Final[Mapping[str, str]] = MappingProxyType(
    {
        "no token server: the gateway signs its own VIHF": "EX_AIR-030",
        "no copy of an identity document is kept": "EXI_SI_24",
    }
)


def ids(text: str) -> Iterator[str]:
    """Each id of a line; `R-1..R-3` is three."""
    for each in text.split():
        first, _, last = each.partition("..")
        if not last:
            yield first
            continue
        for number in range(int(first[2:]), int(last[2:]) + 1):
            yield f"R-{number:03d}"


def words() -> Mapping[str, str]:
    """What stands for the state of an id that nothing done and shown cites."""
    return {
        **{id_: f"later: {part}" for part, line in LATER.items() for id_ in ids(line)},
        **{id_: f"not here: {why}" for why, line in NO_SUCH_PART.items() for id_ in ids(line)},
        **dict.fromkeys(ids(NOT_SOFTWARE), "not software"),
        **dict.fromkeys(ids(RETIRED), "retired"),
    }


def missing() -> Mapping[str, str]:
    """What is missing of each id, in the order of `MISSING`."""
    return {id_: what for line, what in MISSING for id_ in ids(line)}
