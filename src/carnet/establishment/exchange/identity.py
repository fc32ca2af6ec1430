"""Whether a document may leave for this patient: the identity is *qualifiée*, and it is theirs.

Source: CDA-HL7 table 0533 (903 to 905), RNIV 4.9 and EXI SI 32; spec identity §1.10, §5.10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from carnet.establishment.exchange.models import Delivery
from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.cda.header import Header
from carnet.standards.cda.header import Patient as RecordTarget
from carnet.standards.ids import INS_OIDS
from carnet.standards.ins import TraitError, normalise, same_name


@dataclass(frozen=True, slots=True)
class Standing:
    """The state that the identity gives to a delivery, and why."""

    state: str
    reason: str = ""
    detail: str = ""


#: A document that came while two files were one: nobody has said yet whose it is.
WHOSE: Final = Standing(Delivery.State.WAITING, "whose")


def standing(patient: LocalPatient | None, header: Header | None) -> Standing:
    """Ready, waiting for the identity, or stuck because the document is of somebody else.

    `header` is that of a document made by the sender; none for one that is built here.
    """
    if patient is None:
        return Standing(Delivery.State.WAITING, "patient_unknown")
    if patient.lack is not None or patient.ins is None:
        lack = patient.lack
        return Standing(
            Delivery.State.WAITING,
            lack.code if lack else "ins_missing",
            lack.sentence if lack else "",
        )
    if header is None:
        return Standing(Delivery.State.READY)
    code, detail = _difference(patient, header.patient)
    return Standing(Delivery.State.STUCK, code, detail) if code else Standing(Delivery.State.READY)


def bears_ins_of(patient: LocalPatient, header: Header) -> bool:
    """Whether a document carries the INS of this patient."""
    ins = patient.ins
    return ins is not None and any(
        (i.root, i.extension) == (str(ins.oid), ins.matricule) for i in header.patient.ids
    )


@dataclass(frozen=True, slots=True)
class _Trait:
    label: str
    here: str
    there: str
    name: bool  #: compared as a name: case, accents, hyphens and apostrophes apart
    required: bool = True


def _difference(patient: LocalPatient, target: RecordTarget) -> tuple[str, str]:
    """The code of table 0533 for what the document says of its patient, and what it is about."""
    carried = next((i for i in target.ids if i.root in INS_OIDS), None)
    if carried is None:
        return "903", ""
    ins = patient.ins
    if ins is None or (carried.extension, carried.root) != (ins.matricule, str(ins.oid)):
        return "904", _("matricule INS")
    traits = tuple(_traits(patient, target))
    missing = [t.label for t in traits if t.required and not t.there]
    if missing:
        return "905", ", ".join(missing)
    different = [t.label for t in traits if t.here and t.there and not _same(t)]
    return ("904", ", ".join(different)) if different else ("", "")


def _traits(patient: LocalPatient, target: RecordTarget) -> Iterator[_Trait]:
    name = target.name
    given = name.given("BR") or name.given("").split(" ")[0]
    yield _Trait(_("nom de naissance"), patient.birth_name, name.family("BR"), name=True)
    yield _Trait(_("premier prénom"), patient.first_given_name, given, name=True)
    yield _Trait(
        _("liste des prénoms"), patient.given_names, name.given(""), name=True, required=False
    )
    yield _Trait(_("sexe"), patient.sex, _SEX.get(target.gender, ""), name=False)
    yield _Trait(_("date de naissance"), patient.birth_date[:8], target.birth_time[:8], name=False)
    yield _Trait(_("lieu de naissance"), patient.birth_place, target.birth_place, name=False)


_SEX: Final = {"F": "F", "M": "M", "UN": "U"}


def _same(trait: _Trait) -> bool:
    if not trait.name:
        return trait.here == trait.there
    try:
        return same_name(normalise(trait.here), normalise(trait.there))
    except TraitError:  # a sign outside the alphabet of INSi: only the same text is the same
        return trait.here.upper() == trait.there.upper()
