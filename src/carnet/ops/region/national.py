"""The region as the national wing knows it: people, their records, accounts, the directory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from carnet.national.accounts import actions as accounts
from carnet.national.directory import actions as directory
from carnet.national.identity import actions as identity
from carnet.national.identity import queries as identities
from carnet.national.identity.insi import scripted
from carnet.national.journal.actors import System
from carnet.national.messaging import actions as messaging
from carnet.national.record import actions as record
from carnet.ops.region.logins import PASSWORD, PROVISIONAL_CODE, account_holders, newcomer
from carnet.ops.region.people import Citizen, population
from carnet.ops.region.places import PROFESSIONALS, STRUCTURES, structure
from carnet.standards.ins import Traits
from carnet.standards.ins.insi import scripted_population
from carnet.standards.xds.metadata import Code

_LOADER: Final = System("région de démonstration")
_PROFESSIONS: Final = "1.2.250.1.71.1.2.7"  #: TRE_G15
_SPECIALTIES: Final = "1.2.250.1.71.4.2.5"  #: TRE_R01
_ADULT_YEARS: Final = 18
#: Activities of care of the hospital (FINESS): code, form (TRE_R276), label.
_ACTIVITIES: Final = (
    ("01", "01", "Médecine"),
    ("02", "07", "Chirurgie"),
    ("03", "01", "Gynécologie, obstétrique, néonatologie, réanimation néonatale"),
)


def load(now: datetime) -> None:
    """Make the region known; all of it or nothing. A second call finds it and does nothing."""
    people = population()
    with transaction.atomic():
        if identities.find_by_ins(people[0].ins) is not None:
            return
        _load_directory(now)
        ids = {person.key: _load_person(person, now) for person in people}
        _load_cards(people, ids, now)
        scripted.register_population(_LOADER, scripted_population(), now=now)
        password = make_password(PASSWORD)  # one for all: each takes a tenth of a second
        for person in account_holders(people):
            accounts.create_account(
                _LOADER,
                ids[person.key],
                login=person.login,
                password_hash=password,
                email=f"{person.login}@courriel.invalid",
                now=now,
            )
        for parent in people:
            for child in parent.children:
                if child in ids:
                    _represent(ids[parent.key], ids[child], child, people, now)


def _load_person(person: Citizen, now: datetime) -> UUID:
    patient_id = identity.register_person(
        _LOADER,
        person.ins,
        Traits.of(
            person.birth_name,
            person.first_given_name,
            person.sex,
            f"{person.birth_date:%Y%m%d}",
            given_names=" ".join(person.given_names),
            birth_place=person.birth_place,
        ),
        used_name=person.used_name,
        now=now,
    )
    record.open_record(_LOADER, patient_id, now=now)
    messaging.open_citizen_mailbox(_LOADER, patient_id, now=now)
    return patient_id


def _load_cards(people: tuple[Citizen, ...], ids: dict[str, UUID], now: datetime) -> None:
    """A card for each, on which their children are too; and one code to activate a space with."""
    for person in people:
        for key in (person.key, *(child for child in person.children if child in ids)):
            accounts.name_on_card(
                _LOADER,
                ids[key],
                number=person.matricule,
                serial=person.card_serial,
                email=f"{key}@courriel.invalid",
                now=now,
            )
    waiting = newcomer(people)
    accounts.invite(_LOADER, ids[waiting.key], "letter", code=PROVISIONAL_CODE, now=now)


def _represent(
    parent: UUID, child: UUID, key: str, people: tuple[Citizen, ...], now: datetime
) -> None:
    born = next(person.birth_date for person in people if person.key == key)
    adult = datetime(born.year + _ADULT_YEARS, born.month, min(born.day, 28), tzinfo=UTC)
    since = datetime(born.year, born.month, born.day, tzinfo=UTC)
    if adult > now:
        accounts.represent(
            _LOADER, parent, child, since=min(since, now - timedelta(1)), until=adult
        )


def _load_directory(now: datetime) -> None:
    for place in STRUCTURES:
        directory.register_structure(
            _LOADER,
            place.idnat,
            name=place.name,
            kind=place.kind,
            sector=place.sector,
            address=place.address,
            parent=structure(place.parent).idnat if place.parent else None,
            now=now,
        )
        messaging.open_professional_mailbox(
            _LOADER,
            place.mailbox,
            kind="ORG",
            label=place.name,
            structure=place.idnat,
            now=now,
        )
        messaging.publish_mailbox(_LOADER, place.mailbox, description=place.name, now=now)
    for person in PROFESSIONALS:
        directory.register_professional(
            _LOADER,
            person.idnat,
            family_name=person.family,
            given_name=person.given,
            title=person.civility,
            profession=Code(person.profession, _PROFESSIONS),
            specialty=Code(person.specialty, _SPECIALTIES) if person.specialty else None,
            structures=(structure(person.structure).idnat,),
            now=now,
        )
        messaging.open_professional_mailbox(
            _LOADER,
            person.mailbox,
            kind="PER",
            label=person.title,
            ps_idnat=person.idnat,
            now=now,
        )
        messaging.publish_mailbox(_LOADER, person.mailbox, now=now)
    hospital = structure("aurore").idnat
    for code, form, label in _ACTIVITIES:
        directory.register_service(
            _LOADER,
            hospital,
            kind="care",
            code=code,
            modality="00",
            form=form,
            label=label,
            now=now,
        )
    directory.register_device(
        _LOADER,
        hospital,
        code="05602",
        label="Scanographe à utilisation médicale",
        authorisation="99-99-00001",
        manufacturer="Exemple",
        model="S1",
        now=now,
    )
