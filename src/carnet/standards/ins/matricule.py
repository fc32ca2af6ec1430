"""Matricules for people who do not exist: sandbox, tests, demonstration."""

from __future__ import annotations

import re

from carnet.standards.ids import INS_NIR_TEST, IdentifierError, Ins, Oid, matricule_key
from carnet.standards.ins.traits import Sex


def synthetic_ins(
    sex: Sex, year: int, month: int, place: str, order: int, *, oid: Oid = INS_NIR_TEST
) -> Ins:
    """A well-formed matricule with its key: sex, year, month, COG of the place, order (1 to 999).

    `place` gives the département (`2A` and `2B` in Corsica, `97…` overseas, `99…` abroad) and the
    commune or country. The OID is the one of tests unless told. Raises `IdentifierError`.
    Source: spec identity §1.1.
    """
    if sex is Sex.UNDETERMINED:
        raise IdentifierError("matricule", "the sex must be F or M")
    if not (1 <= month <= 12 and 1 <= order <= 999):
        raise IdentifierError("matricule", "expected a month from 1 to 12, an order from 1 to 999")
    if not re.fullmatch(r"([0-9]{2}|2[AB])[0-9]{3}", place):
        raise IdentifierError("matricule", "expected the COG code of the place, 5 characters")
    digit = {Sex.MASCULINE: "1", Sex.FEMININE: "2"}[sex]
    body = f"{digit}{year % 100:02d}{month:02d}{place}{order:03d}"
    return Ins(body + matricule_key(body), oid)
