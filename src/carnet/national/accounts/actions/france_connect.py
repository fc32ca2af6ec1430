"""Signing in by FranceConnect: its pivot identity must be a person of the INS base, exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from carnet.national.accounts.actions.signing_in import Recognised, send_code
from carnet.national.accounts.models import Account
from carnet.national.accounts.rules import Method
from carnet.national.clients.openid import OpenIdError, Provider
from carnet.national.identity import queries as identity
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import System
from carnet.standards.ins.lexical import TraitError, normalise, same_name

#: The pivot identity and nothing more.
_SCOPE: Final = "openid given_name family_name gender birthdate birthplace birthcountry"
_FRANCE: Final = "99100"
_LEVELS: Final = ("eidas1", "eidas2", "eidas3")
_CANDIDATES: Final = 50


class FranceConnectProblem(StrEnum):
    """Why a person that FranceConnect knows does not come in."""

    NO_MATCH = "no-match"  #: no person, or several, with exactly these traits
    NOT_ACTIVATED = "not-activated"
    OTHER_LINK = "other-link"  #: the account is linked to another FranceConnect identity


class FranceConnectRefused(Exception):  # noqa: N818 - says what happened
    """`problem` says why; the person has proved who they are and may know."""

    def __init__(self, problem: FranceConnectProblem) -> None:
        super().__init__(problem)
        self.problem = problem


def provider() -> Provider | None:
    """FranceConnect as it is configured, or none."""
    if not settings.CARNET_FRANCECONNECT_ISSUER:
        return None
    return _provider(
        settings.CARNET_FRANCECONNECT_ISSUER,
        settings.CARNET_FRANCECONNECT_CLIENT_ID,
        settings.CARNET_FRANCECONNECT_CLIENT_SECRET,
    )


@cache
def _provider(issuer: str, client_id: str, client_secret: str) -> Provider:
    return Provider(issuer, client_id, client_secret, _SCOPE)


def levels() -> tuple[str, ...]:
    """The levels that are enough: that of the configuration, and those above."""
    return _LEVELS[_LEVELS.index(settings.CARNET_FRANCECONNECT_ACR) :]


def way_out(identity_token: str, back_to: str) -> str:
    """Where to lead a browser so that FranceConnect's session ends too; empty when it cannot."""
    asked = provider()
    if asked is None:
        return ""
    try:
        return asked.way_out(identity_token, back_to)
    except OpenIdError:
        return ""  # ours has ended; theirs ends by itself


def sign_in_with_france_connect(claims: Mapping[str, Any], *, now: datetime) -> Recognised:
    """Whose account this is; the claims were verified by `clients.openid`.

    The first time, the traits must be those of the INS base and the account becomes linked to
    this `sub`. Raises `FranceConnectRefused`. A low level is asked a code besides.
    """
    sub = f"{settings.CARNET_FRANCECONNECT_ISSUER} {claims['sub']}"
    account = Account.objects.filter(france_connect_sub=sub).first()
    if account is None:
        account = _link(claims, sub, now)
    if not account.is_active and account.closed_at is None:
        raise _refusal(FranceConnectProblem.NOT_ACTIVATED, account.patient_id, now)
    if claims.get("acr") == "eidas1" and settings.CARNET_SECOND_FACTOR == "required":
        if not account.totp_secret:
            send_code(account.id, now=now)
        return Recognised(account.id, None, "totp" if account.totp_secret else "email")
    return Recognised(account.id, Method.FRANCE_CONNECT, "")


def _link(claims: Mapping[str, Any], sub: str, now: datetime) -> Account:
    patient_id = _person(claims)
    if patient_id is None:
        raise _refusal(FranceConnectProblem.NO_MATCH, None, now)
    try:
        with transaction.atomic():
            account = Account.objects.select_for_update().filter(patient_id=patient_id).first()
            if account is None:
                problem = FranceConnectProblem.NOT_ACTIVATED
            elif account.france_connect_sub:
                problem = FranceConnectProblem.OTHER_LINK
            else:
                account.france_connect_sub = sub
                account.save(update_fields=["france_connect_sub"])
                return account
    except IntegrityError:
        problem = FranceConnectProblem.OTHER_LINK
    raise _refusal(problem, patient_id, now)


def _person(claims: Mapping[str, Any]) -> UUID | None:
    """The one person with exactly these traits; hyphens and apostrophes are no difference."""
    try:
        family = normalise(str(claims.get("family_name", "")))
        given = normalise(str(claims.get("given_name", "")))
    except TraitError:
        return None
    sex = {"male": "M", "female": "F"}.get(str(claims.get("gender", "")), "")
    born = str(claims.get("birthdate", "")).replace("-", "").removesuffix("0000").removesuffix("00")
    country = str(claims.get("birthcountry", ""))
    place = str(claims.get("birthplace", "")) if country == _FRANCE else country
    if not (family and given and sex and born and place):
        return None
    candidates = identity.find_by_traits(family, sex=sex, birth_date=born, limit=_CANDIDATES)
    people = identity.people([one.patient_id for one in candidates])
    found = [
        person.patient_id
        for person in people.values()
        if same_name(person.birth_name, family)
        and same_name(person.birth_given_names, given)
        and (person.sex, person.birth_date_hl7, person.birth_place) == (sex, born, place)
    ]
    return found[0] if len(found) == 1 else None


def _refusal(
    problem: FranceConnectProblem, patient_id: UUID | None, now: datetime
) -> FranceConnectRefused:
    journal.record(
        System("sign-in"),
        "space.signed_in",
        at=now,
        patient_id=patient_id,
        outcome="refused",
        reasons=[f"franceconnect.{problem}"],
    )
    return FranceConnectRefused(problem)
