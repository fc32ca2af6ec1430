"""High-trust identity devices: which documents, shown by whom, make an identity validée.

A structure chooses among them; none is chosen for it (EXI SI 10, 23). An expired document is
accepted. Source: RNIV 1 §3.3 (spec identity §1.7).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Origin(StrEnum):
    """Which documents a person may hold."""

    FRENCH = "Français"
    EUROPEAN = "Européen"  #: UE, CH, LI, NO, IS, VA, MC, AD, SM, UK
    OTHER = "autre nationalité"


class Situation(StrEnum):
    """What opens other devices to a person."""

    MINOR_WITHOUT_DOCUMENT = "mineur sans pièce d'identité"
    ASE = "mineur confié à l'aide sociale à l'enfance"
    EHPAD = "résident admis directement en EHPAD"
    HANDICAP = "adulte qui ne peut obtenir de pièce (handicap)"
    MILITARY = "prise en charge par le service de santé des armées"
    TRAIT_CHANGED = "trait strict modifié"


class Proof(StrEnum):
    """One thing that is shown, by its French name."""

    CNI = "carte nationale d'identité"
    EUROPEAN_CARD = "carte nationale d'identité européenne"
    PASSPORT = "passeport"
    RESIDENCE_PERMIT = "titre de séjour"
    FRANCE_IDENTITE = "France Identité"
    LA_POSTE = "L'Identité numérique La Poste"
    APPLI_CARTE_VITALE = "appli carte Vitale"
    BIRTH_CERTIFICATE = "extrait d'acte de naissance"
    FAMILY_BOOK = "livret de famille"
    PARENT_DEVICE = "dispositif à haut niveau de confiance d'un parent"
    GUARDIAN_DEVICE = "dispositif à haut niveau de confiance du tuteur"
    COURT_DECISION = "décision de justice"
    DCEM = "document de circulation pour étranger mineur"
    VITALE_WITH_PHOTO = "carte Vitale avec photo"
    CIMS = "carte d'identité militaire"
    FORMER_DOCUMENT = "pièce d'identité antérieure"
    JUDGEMENT = "jugement portant les deux identités"


@dataclass(frozen=True, slots=True)
class Device:
    """What is accepted together, from whom, and how it is recorded.

    `situation` is None for anyone of `origins`. `hl7` is the code of ZFD-7, `fhir` the one of
    FR core (validationMode), empty when none is known; those of combinations are unverified.
    """

    id: str
    proofs: frozenset[Proof]
    origins: frozenset[Origin]
    situation: Situation | None = None
    copy_accepted: bool = False  #: a copy made by the structure is enough
    hl7: str = ""
    fhir: str = ""


_FRENCH, _EUROPEAN, _OTHER = (frozenset({origin}) for origin in Origin)
_ANYONE: Final = frozenset(Origin)
_FOREIGN: Final = _EUROPEAN | _OTHER


def _together(*proofs: Proof) -> frozenset[Proof]:
    return frozenset(proofs)


_S, _T = Situation, _together
_MINOR: Final = Situation.MINOR_WITHOUT_DOCUMENT
_BIRTH, _BOOK, _VITALE = Proof.BIRTH_CERTIFICATE, Proof.FAMILY_BOOK, Proof.VITALE_WITH_PHOTO
_PARENT, _GUARDIAN, _COURT = Proof.PARENT_DEVICE, Proof.GUARDIAN_DEVICE, Proof.COURT_DECISION

#: The devices, in the order in which a page offers them.
DEVICES: Final = (
    Device("cni", _T(Proof.CNI), _FRENCH, hl7="CN", fhir="CN"),
    Device("passport", _T(Proof.PASSPORT), _ANYONE, hl7="PA", fhir="PA"),
    Device("european_card", _T(Proof.EUROPEAN_CARD), _EUROPEAN, hl7="CE", fhir="CN"),
    Device("residence_permit", _T(Proof.RESIDENCE_PERMIT), _FOREIGN, hl7="CS", fhir="CS"),
    Device("france_identite", _T(Proof.FRANCE_IDENTITE), _ANYONE, fhir="eCN"),
    Device("la_poste", _T(Proof.LA_POSTE), _ANYONE, fhir="IN"),
    Device("appli_carte_vitale", _T(Proof.APPLI_CARTE_VITALE), _ANYONE, fhir="AV"),
    Device("minor_birth_parent", _T(_BIRTH, _PARENT), _ANYONE, _MINOR, hl7="AN", fhir="AN"),
    Device("minor_book_parent", _T(_BOOK, _PARENT), _ANYONE, _MINOR, hl7="LE", fhir="LEP"),
    Device(
        "minor_birth_guardian",
        _T(_BIRTH, _GUARDIAN, _COURT),
        _ANYONE,
        _MINOR,
        hl7="AN",
        fhir="AN",
    ),
    Device("minor_book_guardian", _T(_BOOK, _GUARDIAN, _COURT), _ANYONE, _MINOR, hl7="LE"),
    Device("dcem", _T(Proof.DCEM), _FOREIGN, _MINOR, hl7="CC", fhir="CC"),
    Device("ase_birth_vitale", _T(_BIRTH, _VITALE), _ANYONE, _S.ASE, hl7="AN", fhir="ANCV"),
    Device(
        "ehpad_birth_vitale",
        _T(_BIRTH, _VITALE),
        _ANYONE,
        _S.EHPAD,
        copy_accepted=True,
        hl7="AN",
        fhir="ANCV",
    ),
    Device(
        "ehpad_book_vitale",
        _T(_BOOK, _VITALE),
        _ANYONE,
        _S.EHPAD,
        copy_accepted=True,
        hl7="LE",
        fhir="LECV",
    ),
    Device(
        "handicap_birth_vitale", _T(_BIRTH, _VITALE), _ANYONE, _S.HANDICAP, hl7="AN", fhir="ANCV"
    ),
    Device("cims", _T(Proof.CIMS), _ANYONE, _S.MILITARY, hl7="CM", fhir="CIMS"),
    Device(
        "former_document_judgement",
        _T(Proof.FORMER_DOCUMENT, Proof.JUDGEMENT),
        _ANYONE,
        _S.TRAIT_CHANGED,
    ),
)
DEVICE_IDS: Final = frozenset(device.id for device in DEVICES)


def accepted(
    shown: Collection[Proof],
    *,
    origin: Origin,
    enabled: Collection[str],
    situations: Collection[Situation] = (),
    copies: Collection[Proof] = (),
) -> tuple[Device, ...]:
    """The devices that `shown` makes for this person, among those `enabled` by the structure.

    Empty: the identity cannot be validée. `copies` are shown as a copy only, which counts where
    the table says so. `enabled` are ids of `DEVICES`; raises `ValueError` for another.
    """
    strangers = set(enabled) - DEVICE_IDS
    if strangers:
        raise ValueError(f"no such device: {', '.join(sorted(strangers))}")
    return tuple(
        device
        for device in DEVICES
        if device.id in enabled
        and origin in device.origins
        and (device.situation is None or device.situation in situations)
        and device.proofs <= {*shown, *(copies if device.copy_accepted else ())}
    )
