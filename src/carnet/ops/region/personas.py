"""Who one may be in the sandbox: professionals of the region, and its citizens.

The professionals are those of the directory where they exist; a secretary, a social worker, a
student and somebody without activity complete them, so that software meets every shape of the
claims (spec identity §4.7). None is a real person: RPPS 99…, département 99. Requirements: R-025,
R-028.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from carnet.national.doors.signin import actions
from carnet.ops.region.logins import account_holders
from carnet.ops.region.people import Citizen, population
from carnet.ops.region.places import Professional, Structure, professional, rpps, structure
from carnet.standards.openid import Activity, Exercice
from carnet.standards.openid import Professional as Identity

_FRANCE: Final = "99100"  #: COG
_ABROAD: Final = "99"
_COUNTRY: Final = "99000"  #: France, in the directory's codes
_CIVILITIES: Final = {"Dr": ("", "DR"), "Mme": ("MME", ""), "M.": ("M", "")}

#: Key in `places`, what the page says, other places where they work, whether they regulate calls.
_STAFF: Final = (
    ("cardio", "médecin cardiologue", ("cabinet",), False),
    ("generaliste", "médecin généraliste", (), False),
    ("urgences", "médecin régulateur du SAMU", ("montbrelan",), True),
    ("infirmier", "infirmier", (), False),
    ("sagefemme", "sage-femme", (), False),
    ("pharmacien", "pharmacien", (), False),
    ("biologiste", "médecin biologiste", (), False),
    ("dentiste", "chirurgien-dentiste", (), False),
)


def load() -> None:
    """Let one be any of them; whoever is there is told anew."""
    for position, (identity, what) in enumerate(professionals()):
        actions.register_persona(
            "psc",
            identity.idnat,
            name=identity.name,
            what=what,
            claims=identity.claims(),
            position=position,
        )
    for position, person in enumerate(account_holders(population())):
        actions.register_persona(
            "franceconnect",
            person.login,
            name=person.name,
            what=f"{person.birth_date:%d/%m/%Y}, {person.birth_place_name}",
            claims=pivot(person),
            position=position,
        )


def professionals() -> Iterator[tuple[Identity, str]]:
    """The professionals, and what the page says of each."""
    for key, what, elsewhere, regulates in _STAFF:
        person = professional(key)
        homes = [structure(place) for place in (person.structure, *elsewhere)]
        yield _identity(person, homes, regulates=regulates), f"{what}, {homes[0].name}"
    hospital, practice = structure("aurore"), structure("cabinet")
    yield (
        _other(
            f"3{hospital.finess}/00042",
            ("RIVOIRE", "Nadège", "MME"),
            hospital,
            role="SECRETARIAT_MEDICAL",
        ),
        f"secrétaire médicale, {hospital.name}",
    )
    yield (
        _other(
            f"8{rpps(901)}", ("SERVAIS", "Bruno", "M"), hospital, Exercice("200", "C"), role="200"
        ),
        f"assistant de service social, {hospital.name}",
    )
    yield (
        _other(f"8{rpps(902)}", ("TALLIS", "Inès", "MME"), hospital, Exercice("10", "E")),
        f"médecin en formation, {hospital.name}",
    )
    yield (
        _other(f"8{rpps(903)}", ("ULMANN", "Rose", "MME"), None, Exercice("60", "C")),
        "infirmière sans activité",
    )
    yield (
        _other("ANS20260101000001", ("ÉDITEUR", "Essai", ""), practice, origin="EDIT"),
        "identité d’essai d’un éditeur",
    )


def pivot(person: Citizen) -> dict[str, Any]:
    """The identité pivot of FranceConnect, and what it may add."""
    abroad = person.birth_place.startswith(_ABROAD)
    return {
        "family_name": person.birth_name,
        "given_name": " ".join(person.given_names),
        "given_name_array": list(person.given_names),
        "gender": "female" if person.sex == "F" else "male",
        "birthdate": person.birth_date.isoformat(),
        "birthplace": "" if abroad else person.birth_place,
        "birthcountry": person.birth_place if abroad else _FRANCE,
        "preferred_username": person.used_name,
        "email": f"{person.login}@courriel.invalid",
    }


def _identity(person: Professional, homes: list[Structure], *, regulates: bool) -> Identity:
    civility, practising = _CIVILITIES[person.civility]
    exercice = Exercice(
        person.profession,
        "C",
        practising,
        person.family,
        person.given,
        "S" if person.specialty else "",
        person.specialty,
        tuple(_activity(home) for home in homes),
    )
    return Identity(
        str(person.idnat),
        person.family,
        person.given,
        (exercice,),
        civility=civility,
        organization=homes[0].name,
        organization_id=f"F{homes[0].finess}",
        sector=homes[0].sector,
        roles=(person.profession,),
        other_ids=((str(person.rpps), "RPPS"),),
        regulates=regulates,
    )


def _other(
    idnat: str,
    named: tuple[str, str, str],
    home: Structure | None,
    exercice: Exercice | None = None,
    *,
    role: str = "",
    origin: str = "",
) -> Identity:
    family, given, civility = named
    activities = (_activity(home),) if home else ()
    held = exercice or Exercice()
    known = origin or ("RPPS" if idnat.startswith("8") else "")
    return Identity(
        idnat,
        family,
        given,
        (Exercice(held.profession, held.category, "", family, given, "", "", activities),),
        civility=civility,
        organization=home.name if home else "",
        organization_id=f"F{home.finess}" if home else "",
        sector=home.sector if home else "",
        roles=(role,) if role else (),
        other_ids=((idnat.removeprefix("8"), known),) if known else (),
    )


def _activity(home: Structure) -> Activity:
    salaried = home.sector == "SA01"
    legal = structure(home.parent).finess if home.parent else ""
    street, _, town = home.address.partition(", ")
    return Activity(
        mode="S" if salaried else "L",
        sector=home.sector,
        kind="GENR01",
        finess=str(home.finess),
        legal_finess=str(legal),
        structure=f"F{home.finess}",
        name=home.name,
        street=street,
        postcode=town.partition(" ")[0],
        cedex=town,
        country=_COUNTRY,
    )
