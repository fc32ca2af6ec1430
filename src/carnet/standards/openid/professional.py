"""What Pro Santé Connect says of a professional (userinfo; spec identity §4.5), both ways.

An absent value is an empty string, never a missing key. A professional has several *exercices*,
each with several activities: which one they work in now is for them to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

#: Of the claims `Palier_Authentification` and `PSI_Locale` when a card or an e-CPS was used.
PALIER: Final = "APPPRIP3^1.2.250.1.213.1.5.1.1.1"
PSI_LOCALE: Final = "1.2.250.1.213.1.3.1.1"
ROLE_SYSTEM: Final = "1.2.250.1.213.1.1.5.5"
SECTOR_SYSTEM: Final = "1.2.250.1.71.4.2.4"
_VERSION: Final = "1.0"


class ProfessionalError(ValueError):
    """The claims are not those of a professional; the sentence names the claim."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One place where, and way in which, a profession is exercised (SubjectRefPro, activities)."""

    mode: str = ""
    sector: str = ""
    section: str = ""
    role: str = ""
    kind: str = ""
    siret: str = ""
    siren: str = ""
    finess: str = ""
    legal_finess: str = ""
    structure: str = ""
    name: str = ""
    sign: str = ""
    recipient: str = ""
    place: str = ""
    number: str = ""
    suffix: str = ""
    street_type: str = ""
    street: str = ""
    distribution: str = ""
    cedex: str = ""
    postcode: str = ""
    commune: str = ""
    country: str = ""
    telephone: str = ""
    telephone2: str = ""
    fax: str = ""
    email: str = ""
    department: str = ""
    former_structure: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Exercice:
    """One profession exercised: TRE_G15 or G16, category TRE_R09, kind and code of savoir-faire."""

    profession: str = ""
    category: str = ""
    civility: str = ""
    family: str = ""
    given: str = ""
    skill_type: str = ""
    skill: str = ""
    activities: tuple[Activity, ...] = ()


_ACTIVITY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mode": "codeModeExercice",
        "sector": "codeSecteurDactivite",
        "section": "codeSectionPharmacien",
        "role": "codeRole",
        "kind": "codeGenreActivite",
        "siret": "numeroSiretSite",
        "siren": "numeroSirenSite",
        "finess": "numeroFinessSite",
        "legal_finess": "numeroFinessetablissementJuridique",
        "structure": "identifiantTechniqueDeLaStructure",
        "name": "raisonSocialeSite",
        "sign": "enseigneCommercialeSite",
        "recipient": "complementDestinataire",
        "place": "complementPointGeographique",
        "number": "numeroVoie",
        "suffix": "indiceRepetitionVoie",
        "street_type": "codeTypeDeVoie",
        "street": "libelleVoie",
        "distribution": "mentionDistribution",
        "cedex": "bureauCedex",
        "postcode": "codePostal",
        "commune": "codeCommune",
        "country": "codePays",
        "telephone": "telephone",
        "telephone2": "telephone2",
        "fax": "telecopie",
        "email": "adresseEMail",
        "department": "codeDepartement",
        "former_structure": "ancienIdentifiantDeLaStructure",
        "authority": "autoriteDenregistrement",
    }
)
_EXERCICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "profession": "codeProfession",
        "category": "codeCategorieProfessionnelle",
        "civility": "codeCiviliteDexercice",
        "family": "nomDexercice",
        "given": "prenomDexercice",
        "skill_type": "codeTypeSavoirFaire",
        "skill": "codeSavoirFaire",
    }
)


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional as Pro Santé Connect knows them. `idnat` is the idNat_PS (SubjectNameID)."""

    idnat: str
    family: str
    given: str
    exercices: tuple[Exercice, ...] = ()
    civility: str = ""
    organization: str = ""
    organization_id: str = ""
    sector: str = ""  #: of the structure above, SAxx
    roles: tuple[str, ...] = ()  #: codes of SubjectRole
    other_ids: tuple[tuple[str, str], ...] = ()  #: identifier and origin (RPPS, EDIT)
    regulates: bool = False  #: Acces_Regulation_Medicale
    reason: str = ""  #: Mode_Acces_Raison

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given} {self.family}".strip()

    @property
    def situations(self) -> tuple[tuple[Exercice, Activity], ...]:
        """The working situations among which this person chooses."""
        return tuple((each, place) for each in self.exercices for place in each.activities)

    def claims(self) -> dict[str, Any]:
        """Every claim of the userinfo but `sub`."""
        return {
            "preferred_username": self.idnat,
            "SubjectNameID": self.idnat,
            "given_name": self.given,
            "family_name": self.family,
            "email_verified": False,
            "codeCivilite": self.civility,
            "SubjectRole": [f"{role}^{ROLE_SYSTEM}" for role in self.roles],
            "SubjectOrganization": self.organization,
            "SubjectOrganizationID": self.organization_id,
            "Secteur_Activite": f"{self.sector}^{SECTOR_SYSTEM}" if self.sector else "",
            "Mode_Acces_Raison": self.reason,
            "Acces_Regulation_Medicale": "VRAI" if self.regulates else "FAUX",
            "UITVersion": _VERSION,
            "Palier_Authentification": PALIER,
            "PSI_Locale": PSI_LOCALE,
            "otherIds": [
                {"identifiant": value, "origine": origin, "qualite": "1"}
                for value, origin in self.other_ids
            ],
            "SubjectRefPro": {
                "codeCivilite": self.civility,
                "exercices": [_exercice(each) for each in self.exercices],
            },
        }

    @classmethod
    def read(cls, claims: Mapping[str, Any]) -> Professional:
        """The professional of a userinfo. Raises `ProfessionalError`.

        Only the identifier is required; what is missing elsewhere reads as empty. The civility
        stands in SubjectRefPro (before 2023) or beside it.
        """
        idnat = _said(claims, "SubjectNameID")
        if not idnat:
            raise ProfessionalError("SubjectNameID is missing or empty")
        about = _object(claims, "SubjectRefPro")
        return cls(
            idnat=idnat,
            family=_said(claims, "family_name"),
            given=_said(claims, "given_name"),
            exercices=tuple(_read_exercice(each) for each in _objects(about, "exercices")),
            civility=_said(claims, "codeCivilite") or _said(about, "codeCivilite"),
            organization=_said(claims, "SubjectOrganization"),
            organization_id=_said(claims, "SubjectOrganizationID"),
            sector=_said(claims, "Secteur_Activite").partition("^")[0],
            roles=tuple(
                role.partition("^")[0]
                for role in _list(claims, "SubjectRole")
                if isinstance(role, str)
            ),
            other_ids=tuple(
                (_said(each, "identifiant"), _said(each, "origine"))
                for each in _objects(claims, "otherIds")
            ),
            regulates=_said(claims, "Acces_Regulation_Medicale") == "VRAI",
            reason=_said(claims, "Mode_Acces_Raison"),
        )


def _exercice(each: Exercice) -> dict[str, Any]:
    said: dict[str, Any] = {claim: getattr(each, name) for name, claim in _EXERCICE.items()}
    said["activities"] = [
        {claim: getattr(place, name) for name, claim in _ACTIVITY.items()}
        for place in each.activities
    ]
    return said


def _read_exercice(said: Mapping[str, Any]) -> Exercice:
    activities = tuple(
        Activity(**{name: _said(place, claim) for name, claim in _ACTIVITY.items()})
        for place in _objects(said, "activities")
    )
    known = {name: _said(said, claim) for name, claim in _EXERCICE.items()}
    return Exercice(**known, activities=activities)


def _said(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ProfessionalError(f"{name} is not a text")
    return value


def _list(claims: Mapping[str, Any], name: str) -> list[Any]:
    value = claims.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ProfessionalError(f"{name} is not a list")
    return value


def _object(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ProfessionalError(f"{name} is not an object")
    return value


def _objects(claims: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = _list(claims, name)
    if not all(isinstance(each, dict) for each in found):
        raise ProfessionalError(f"{name} holds what is not an object")
    return found
