"""Who a professional may say they are: what the directory knows of them, held against a claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from carnet.national.directory.remembered import Remembered
from carnet.standards.ids import StructIdNat
from carnet.standards.xds.metadata import Code

_PROFESSIONS: Final = "1.2.250.1.71.1.2.7"  #: TRE_G15
_IN_TRAINING: Final = "1.2.250.1.71.1.2.8"  #: TRE_G16
_STUDENT: Final = "E"  #: TRE_R09
_KNOW_HOW: Final = "1.2.250.1.71.4.2.5"  #: TRE_R01
_SECTIONS: Final = "1.2.250.1.71.4.2.6"  #: TRE_G05, of the order of pharmacists

_STANDING: Final = """
SELECT s.struct_idnat, s.name, s.parent_id, p.title, p.given_name, p.family_name, p.is_active,
       p.profession_system,
       ARRAY(SELECT q.type_code || '|' || q.code FROM directory_qualification q
              WHERE q.professional_id = p.ps_idnat AND q.kind = 'profession' AND q.is_active),
       ARRAY(SELECT q.code FROM directory_qualification q
              WHERE q.professional_id = p.ps_idnat AND q.kind = 'savoir_faire' AND q.is_active),
       ARRAY(SELECT x.section FROM directory_exercise x
              WHERE x.professional_id = p.ps_idnat AND x.is_active AND x.section <> ''),
       ARRAY(SELECT unnest(ARRAY[x.structure_id, site.parent_id]) FROM directory_exercise x
               JOIN directory_structure site ON site.struct_idnat = x.structure_id
              WHERE x.professional_id = p.ps_idnat AND x.is_active),
       EXISTS (SELECT FROM directory_exercise x WHERE x.professional_id = p.ps_idnat)
  FROM directory_structure s LEFT JOIN directory_professional p ON p.ps_idnat = %(who)s
 WHERE s.struct_idnat = %(place)s AND s.is_active
   AND (s.struct_idnat = %(holder)s OR s.parent_id = %(holder)s)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in an active structure, and what the directory knows of them: `is_known`, or not.

    `professions` are codes with their system, in training or not; `know_how` and `sections` the
    codes of their savoir-faire, and of their sections as pharmacists, where an extract says them;
    `places` the structures where they exercise, and the legal entities of these.
    """

    structure: StructIdNat
    structure_name: str
    parent: str | None
    is_known: bool
    is_active: bool
    name: str
    professions: frozenset[tuple[str, str]]
    know_how: frozenset[str]
    sections: frozenset[str]
    places: frozenset[str]
    has_exercised: bool

    def is_one(self, roles: Sequence[Code]) -> bool:
        """Whether the profession, then the savoir-faire and sections that are claimed are theirs.

        The roles in the care (TRE_R85) are in no extract.
        """
        profession, *others = roles
        known = {_KNOW_HOW: self.know_how}
        if self.sections:
            known[_SECTIONS] = self.sections
        return (profession.code, profession.scheme) in self.professions and all(
            role.code in known[role.scheme] for role in others if role.scheme in known
        )

    def exercises_here(self) -> bool:
        """Whether they work in this structure, in its legal entity, or in one of its sites.

        Somebody of whom no place was ever known, as a substitute, works where their card says.
        """
        if not self.has_exercised:
            return True
        return not self.places.isdisjoint({self.structure, self.parent})


def standing(holder: str, struct_idnat: str, ps_idnat: str) -> Standing | None:
    """Somebody in a structure that the `holder` of a certificate covers (see `queries.covers`).

    None when the structure is not active, not known or not covered. Asked at every call of a
    person: what was found is remembered for a second.
    """
    return _standing((holder, struct_idnat, ps_idnat))


def _look_up(key: tuple[str, str, str]) -> Standing | None:
    holder, place, who = key
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"holder": holder, "place": place, "who": who})
        found = cursor.fetchone()
    if found is None:
        return None
    struct, name, parent, title, given, family, is_active, system, *said = found
    professions, know_how, sections, places, has_exercised = said
    is_known = is_active is not None
    return Standing(
        structure=StructIdNat(struct),
        structure_name=name,
        parent=parent,
        is_known=is_known,
        is_active=bool(is_active),
        name=f"{title} {given} {family}".strip() if is_known else "",
        professions=frozenset(_profession(each, system) for each in professions),
        know_how=frozenset(know_how),
        sections=frozenset(sections),
        places=frozenset(place for place in places if place),
        has_exercised=has_exercised,
    )


def _profession(said: str, system: str) -> tuple[str, str]:
    """Students have the codes of G15 in the extracts, and those of G16 in a VIHF."""
    category, _, code = said.partition("|")
    in_training = category == _STUDENT and system == _PROFESSIONS
    return code, _IN_TRAINING if in_training else system


_standing: Final = Remembered(_look_up)
