"""Passkeys: signing in without a password (WebAuthn level 2, discoverable, user verified)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import webauthn
from django.db import IntegrityError, transaction
from django.db.models import Q
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from carnet.national.accounts import attempts, mails
from carnet.national.accounts.actions.signing_in import SignInRefused
from carnet.national.accounts.attempts import Counted
from carnet.national.accounts.models import Account, Passkey
from carnet.national.accounts.rules import MOST_PASSKEYS
from carnet.national.journal import actions as journal
from carnet.national.journal.actors import Citizen, System

_NAME: Final = "Carnet"


class PasskeyRefused(Exception):  # noqa: N818 - says what happened
    """What the browser gave cannot be kept: not for us, not verified, or already known."""


@dataclass(frozen=True, slots=True)
class Site:
    """The site that passkeys are for: a domain, and the origin of its pages."""

    domain: str
    origin: str


def registration_options(actor: Citizen, site: Site) -> tuple[str, bytes]:
    """What to give to `navigator.credentials.create`, as JSON, and the challenge to remember."""
    account = Account.objects.get(id=actor.account_id)
    options = webauthn.generate_registration_options(
        rp_id=site.domain,
        rp_name=_NAME,
        user_name=account.login,
        user_id=account.id.bytes,
        user_display_name=actor.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=bytes(known))
            for known in account.passkeys.values_list("credential_id", flat=True)
        ],
    )
    return webauthn.options_to_json(options), options.challenge


def add(
    actor: Citizen, site: Site, challenge: bytes, credential: str, *, name: str, now: datetime
) -> None:
    """Keep a passkey. Raises `PasskeyRefused`."""
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, RecursionError) as error:  # the JSON may be as deep as it is long
        raise PasskeyRefused(str(error)) from error
    try:
        with transaction.atomic():
            Account.objects.select_for_update().get(id=actor.account_id)
            if Passkey.objects.filter(account_id=actor.account_id).count() >= MOST_PASSKEYS:
                raise PasskeyRefused("there are enough of them")
            Passkey.objects.create(
                account_id=actor.account_id,
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                name=name[:80],
                added_at=now,
            )
            _tell(actor, "way.added", now)
    except IntegrityError:
        raise PasskeyRefused("this passkey is known") from None


def remove(actor: Citizen, passkey_id: UUID, *, now: datetime) -> None:
    """Take a passkey back. Raises `LookupError`."""
    with transaction.atomic():
        deleted, _by_model = Passkey.objects.filter(
            id=passkey_id, account_id=actor.account_id
        ).delete()
        if not deleted:
            raise LookupError("no such passkey")
        _tell(actor, "way.removed", now)


def authentication_options(site: Site) -> tuple[str, bytes]:
    """What to give to `navigator.credentials.get`, and the challenge; it names nobody's key."""
    options = webauthn.generate_authentication_options(
        rp_id=site.domain, user_verification=UserVerificationRequirement.REQUIRED
    )
    return webauthn.options_to_json(options), options.challenge


def sign_in_with_passkey(
    site: Site, challenge: bytes, credential: str, *, now: datetime, source: str = ""
) -> UUID:
    """The account whose passkey answered. Raises `SignInRefused` or `TooManyAttempts`.

    A counter that does not grow tells of a copied authenticator: refused (§6.1.1). Two answers at
    once with one count: one is refused.
    """
    counted = Counted(attempts.SOURCE, source)
    attempts.take(counted, now=now)
    try:
        parsed = parse_authentication_credential_json(credential)
        key = Passkey.objects.select_related("account").get(credential_id=parsed.raw_id)
        handle = parsed.response.user_handle
        verified = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=site.domain,
            expected_origin=site.origin,
            credential_public_key=bytes(key.public_key),
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, RecursionError, Passkey.DoesNotExist):
        _refused(None, now)
        raise SignInRefused from None
    account = key.account
    counts = Q(sign_count__lt=verified.new_sign_count)
    if verified.new_sign_count == 0:
        counts = Q(sign_count=0)
    kept = Passkey.objects.filter(counts, id=key.id).update(
        sign_count=verified.new_sign_count, used_at=now
    )
    shut = not account.is_active and account.closed_at is None
    if not kept or shut or handle not in (None, account.id.bytes):
        _refused(account, now)
        raise SignInRefused
    attempts.give_back(counted)
    return account.id


def _refused(account: Account | None, now: datetime) -> None:
    journal.record(
        System("sign-in"),
        "space.signed_in",
        at=now,
        patient_id=account.patient_id if account else None,
        outcome="refused",
        reasons=["passkey"],
    )


def _tell(actor: Citizen, what: str, now: datetime) -> None:
    mails.queue(what, actor.patient_id, account_id=actor.account_id, now=now)
    journal.record(
        actor,
        f"account.{what}",
        at=now,
        patient_id=actor.patient_id,
        outcome="allowed",
        details={"way": "passkey"},
    )
