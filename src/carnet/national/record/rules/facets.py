"""The facts of a document as a small number, computed alike in Python and in SQL.

A list is filtered by the numbers on which the decision says yes; an item is read with its number
and decided upon: so a list and an item agree by construction.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Final, NamedTuple
from uuid import UUID

from carnet.national.journal.actors import Actor, Establishment, Professional
from carnet.national.record.arrays import array
from carnet.national.record.rules.decision import decide_as
from carnet.national.record.rules.matrix import EMPTY, Matrix
from carnet.national.record.rules.model import Act, DocumentFacts, RecordFacts
from carnet.national.record.rules.rights import HEALTH_PROFESSIONS
from carnet.national.record.rules.standing import Standing, standing
from carnet.standards.xds.metadata import Status

_STATUSES: Final = tuple(Status)
#: How many numbers there are: 8 bits.
_NUMBERS: Final = 256
#: Modes in which a certificate proves the structure that the VIHF names.
_PROVED: Final = frozenset({"INDIRECTE_RENFORCEE", "DELEGUEE"})

#: Kinds of PS_IdNat that name a structure, which the door has compared with the one claimed
#: (`PsIdNat.structure`).
_LOCAL_NUMBERS: Final = frozenset("13456")


def facet_code(document: DocumentFacts) -> int:
    """The number of these facts. `from_patient` is not in it: no act of a list looks at it."""
    low = (document.masked, document.invisible_patient, document.invisible_representatives)
    bits = sum(1 << place for place, flag in enumerate((*low, document.own)) if flag)
    high = 64 * document.kin + 128 * (not document.listed)
    return bits + 16 * _STATUSES.index(document.status) + high


def facts_of_code(code: int) -> DocumentFacts:
    """The facts that this number stands for."""
    return DocumentFacts(
        status=_STATUSES[code >> 4 & 3],
        masked=bool(code & 1),
        invisible_patient=bool(code & 2),
        invisible_representatives=bool(code & 4),
        own=bool(code & 8),
        kin=bool(code & 64),
        listed=not code & 128,
    )


class FacetValues(NamedTuple):
    """The parameters of `facet_sql`: in order, or by name as `_asdict` gives them."""

    own_structures: str  #: arrays, as the next two
    own_authors: str
    kin: str
    opened: str  #: JSON


def facet_sql(table: str = "record_document", *, named: bool = False) -> str:
    """`facet_code` of a line of `record_document` under this name; takes `FacetValues`."""
    structures, authors, kin, opened = (
        f"%({name})s" if named else "%s" for name in FacetValues._fields
    )
    return (
        f"({table}.masked::int + 2 * {table}.invisible_patient::int"
        f" + 4 * {table}.invisible_representatives::int"
        f" + 8 * ({table}.structures && {structures}::text[]"
        f" OR {table}.author_ids && {authors}::text[])::int"
        f" + 16 * CASE {table}.status "
        + " ".join(f"WHEN '{status.name}' THEN {place}" for place, status in enumerate(Status))
        + f" END + 64 * ({table}.structures && {kin}::text[])::int"
        f" + 128 * (NOT {opened}::jsonb ? {table}.type_code)::int)"
    )


def visible_sql(table: str = "record_document", *, named: bool = False) -> str:
    """Whether a line of `record_document` is among those of `visible`; takes a `Sight`."""
    visible = "%(visible)s" if named else "%s"
    return f"get_bit({visible}::bit({_NUMBERS}), {facet_sql(table, named=named)}) = 1"


def facet_values(actor: Actor, matrix: Matrix = EMPTY) -> FacetValues:
    """What `facet_sql` takes for this reader. The matrix is asked of professionals alone."""
    structures, authors = owners(actor)
    return FacetValues(array(structures), array(authors), array(kin(actor)), matrix.opened(actor))


class Sight(NamedTuple):
    """The parameters of `visible_sql`: in order, or by name as `_asdict` gives them."""

    visible: str  #: a string of bits, the first for the number 0
    own_structures: str
    own_authors: str
    kin: str
    opened: str


def sight(actor: Actor, codes: int, matrix: Matrix = EMPTY) -> Sight:
    """What `visible_sql` takes for this reader, who is shown the numbers of `visible`."""
    return Sight(f"{codes:0{_NUMBERS}b}"[::-1], *facet_values(actor, matrix))


def owners(actor: Actor) -> tuple[list[str], list[str]]:
    """The Struct_IdNat and the PS_IdNat whose documents are this actor's own.

    A secretary's are those of their structure (note 9 of the sheets), when it is proved.
    """
    match actor:
        case Professional() if actor.profession.scheme not in HEALTH_PROFESSIONS:
            return kin(actor), [actor.ps_idnat]
        case Professional():
            return [], [actor.ps_idnat]
        case Establishment():
            return [each for each in (actor.struct_idnat, actor.holder) if each], []
        case _:
            return [], []


def kin(actor: Actor) -> list[str]:
    """The Struct_IdNat of the structure that a professional acts for, when it is proved.

    What is hidden stays readable by the professional or the structure that deposited it (CSP
    R.1111-49). With a card the structure is only claimed and counts for nothing, unless it is the
    one that gave the card its number, as a secretary's (CPE).
    """
    if not isinstance(actor, Professional) or not actor.structure:
        return []
    proved = actor.mode in _PROVED or actor.ps_idnat[:1] in _LOCAL_NUMBERS
    return [actor.structure] if proved else []


def facts_for(
    actor: Actor,
    facts: DocumentFacts,
    *,
    author_ids: frozenset[str],
    structures: frozenset[str],
    type_code: str,
    matrix: Matrix,
) -> DocumentFacts:
    """The facts of a document completed with the actor's tie to it, as `facet_sql` has them."""
    own_structures, own_authors = owners(actor)
    return facts._replace(
        own=not (structures.isdisjoint(own_structures) and author_ids.isdisjoint(own_authors)),
        kin=not structures.isdisjoint(kin(actor)),
        listed=matrix.opens(actor, type_code),
    )


def visible(actor: Actor, act: Act, patient_id: UUID, record: RecordFacts) -> int:
    """The documents on which `decide` says yes, a bit for each `facet_code`: what SQL filters by.

    What two acts show is the union (`|`), what both show is the intersection (`&`).
    """
    return _visible(standing(actor, patient_id, record), act)


@lru_cache(maxsize=4096)
def _visible(caller: Standing, act: Act) -> int:
    return sum(
        1 << facet_code(facts)
        for facts in every_document()
        if decide_as(caller, act, facts).allowed
    )


def every_document() -> tuple[DocumentFacts, ...]:
    """Every document that the rules can tell apart in a list."""
    flags = tuple(product((False, True), repeat=6))
    return tuple(DocumentFacts(status, *each) for status in Status for each in flags)
