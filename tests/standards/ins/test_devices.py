"""Every device, for every person and situation, written out once more by hand."""

from __future__ import annotations

from itertools import product

import pytest

from carnet.standards.ins.devices import (
    DEVICE_IDS,
    DEVICES,
    Device,
    Origin,
    Proof,
    Situation,
    accepted,
)

S, P = Situation, Proof
#: Device: the origins (F French, E European, O other) that it fits, and the situation it needs.
EXPECTED: dict[str, tuple[str, Situation | None]] = {
    "cni": ("F", None),
    "passport": ("FEO", None),
    "european_card": ("E", None),
    "residence_permit": ("EO", None),
    "france_identite": ("FEO", None),
    "la_poste": ("FEO", None),
    "appli_carte_vitale": ("FEO", None),
    "minor_birth_parent": ("FEO", S.MINOR_WITHOUT_DOCUMENT),
    "minor_book_parent": ("FEO", S.MINOR_WITHOUT_DOCUMENT),
    "minor_birth_guardian": ("FEO", S.MINOR_WITHOUT_DOCUMENT),
    "minor_book_guardian": ("FEO", S.MINOR_WITHOUT_DOCUMENT),
    "dcem": ("EO", S.MINOR_WITHOUT_DOCUMENT),
    "ase_birth_vitale": ("FEO", S.ASE),
    "ehpad_birth_vitale": ("FEO", S.EHPAD),
    "ehpad_book_vitale": ("FEO", S.EHPAD),
    "handicap_birth_vitale": ("FEO", S.HANDICAP),
    "cims": ("FEO", S.MILITARY),
    "former_document_judgement": ("FEO", S.TRAIT_CHANGED),
}
ORIGINS = dict(zip("FEO", Origin, strict=True))
SITUATIONS: tuple[Situation | None, ...] = (None, *Situation)


def ids(
    shown: frozenset[Proof] | set[Proof],
    origin: Origin = Origin.FRENCH,
    *situations: Situation,
    copies: frozenset[Proof] = frozenset(),
) -> list[str]:
    found = accepted(shown, origin=origin, enabled=DEVICE_IDS, situations=situations, copies=copies)
    return [device.id for device in found]


def test_the_table_below_names_every_device() -> None:
    assert list(EXPECTED) == [device.id for device in DEVICES]


@pytest.mark.parametrize(
    ("device", "origin", "situation"),
    list(product(DEVICES, Origin, SITUATIONS)),
    ids=lambda value: value.id if isinstance(value, Device) else str(value),
)
def test_each_device_is_accepted_where_its_row_says(
    device: Device, origin: Origin, situation: Situation | None
) -> None:
    letters, needed = EXPECTED[device.id]
    fits = origin in {ORIGINS[letter] for letter in letters} and needed in (None, situation)
    shown = ids(device.proofs, origin, *([situation] if situation else []))
    assert (device.id in shown) == fits


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.id)
def test_a_device_that_is_not_enabled_is_not_accepted(device: Device) -> None:
    others = DEVICE_IDS - {device.id}
    for origin in Origin:
        found = accepted(device.proofs, origin=origin, enabled=others, situations=list(Situation))
        assert device not in found


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.id)
def test_each_proof_of_a_device_is_needed(device: Device) -> None:
    for proof in device.proofs:
        for origin in Origin:
            assert device.id not in ids(device.proofs - {proof}, origin, *Situation)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.id)
def test_a_copy_alone_counts_in_an_ehpad_only(device: Device) -> None:
    origin = min(device.origins)
    found = ids(frozenset(), origin, *Situation, copies=device.proofs)
    assert (device.id in found) == device.id.startswith("ehpad_")


def test_a_carte_vitale_alone_never_proves_an_identity() -> None:
    assert ids({P.VITALE_WITH_PHOTO}, Origin.FRENCH, *Situation) == []


def test_a_device_that_does_not_exist_cannot_be_enabled() -> None:
    with pytest.raises(ValueError, match="library_card"):
        accepted([P.CNI], origin=Origin.FRENCH, enabled=["cni", "library_card"])


def test_no_device_is_accepted_until_the_structure_chooses() -> None:
    assert accepted(list(Proof), origin=Origin.FRENCH, enabled=[], situations=list(Situation)) == ()


def test_identity_documents_are_recorded_by_the_code_of_hl7() -> None:
    codes = {device.id: device.hl7 for device in DEVICES}
    assert [codes[one] for one in ("cni", "passport", "european_card", "residence_permit")] == [
        "CN",
        "PA",
        "CE",
        "CS",
    ]
    assert set(codes.values()) <= {"", "AN", "CC", "CE", "CM", "CN", "CS", "LE", "PA"}
