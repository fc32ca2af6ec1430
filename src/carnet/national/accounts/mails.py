"""The e-mails of an account, as a table: codes, and what its holder must be told at once.

None holds health content. A notice goes to the address that was the account's before a change.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from carnet.national.accounts.models import Mail
from carnet.national.accounts.sealing import seal, unseal


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and body; `%(address)s` is that of the space, the rest comes with the mail."""

    subject: str | Promise
    body: str | Promise


_NOT_YOU: Final = _(
    "Si ce n’est pas vous, changez votre mot de passe et déconnectez tous vos appareils :"
    "\n%(address)s/recuperation/"
)

#: What is sent for a kind that is not here: there is news, and not which.
NEWS: Final = Text(
    _("Du nouveau dans votre espace"),
    _(
        "Bonjour,\n\nIl y a du nouveau dans votre espace Carnet."
        " Connectez-vous pour en prendre connaissance :\n%(address)s\n\n"
        "Pour protéger votre vie privée, ce message n’en dit pas plus."
    ),
)

TEXTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "code.second-factor": Text(
            _("Votre code de connexion"),
            _(
                "Bonjour,\n\nVotre code pour entrer dans votre espace Carnet : %(code)s\n\n"
                "Il sert une fois, pendant dix minutes. Ne le donnez à personne.\n"
                "Si vous n’avez rien demandé, quelqu’un connaît votre mot de passe : changez-le."
            ),
        ),
        "code.activation-email": Text(
            _("Confirmez votre adresse"),
            _(
                "Bonjour,\n\nVotre code pour confirmer cette adresse : %(code)s\n\n"
                "Il sert une fois, pendant dix minutes. Ne le donnez à personne."
            ),
        ),
        "code.new-email": Text(
            _("Confirmez votre nouvelle adresse"),
            _(
                "Bonjour,\n\nVotre code pour confirmer cette adresse : %(code)s\n\n"
                "Il sert une fois, pendant dix minutes. Ne le donnez à personne."
            ),
        ),
        "code.recovery": Text(
            _("Retrouver l’accès à votre espace"),
            _(
                "Bonjour,\n\nVotre code pour choisir un nouveau mot de passe : %(code)s\n\n"
                "Il sert une fois, pendant dix minutes. Ne le donnez à personne.\n"
                "Si vous n’avez rien demandé, vous n’avez rien à faire."
            ),
        ),
        "invitation": Text(
            _("Votre espace de santé vous attend"),
            _(
                "Bonjour,\n\nVotre code provisoire pour activer votre espace : %(code)s\n\n"
                "Il est valable deux jours, avec votre carte Vitale, ici :\n%(address)s/activation/"
            ),
        ),
        "mandate.invitation": Text(
            _("On vous demande votre aide"),
            _(
                "Bonjour,\n\n%(name)s vous propose d’être son aidant dans son espace Carnet.\n"
                "Connectez-vous à votre propre espace, ouvrez « Aidants », et tapez ce code :"
                " %(code)s\n%(address)s/compte/aidants/\n\n"
                "Si vous ne connaissez pas cette personne, vous n’avez rien à faire."
            ),
        ),
        "mandate.accepted": Text(
            _("Un aidant a accepté"),
            _(
                "Bonjour,\n\n%(name)s est maintenant votre aidant. Vous pouvez y mettre fin quand"
                " vous voulez :\n%(address)s/compte/aidants/"
            ),
        ),
        "mandate.ended": Text(
            _("Une aide a pris fin"),
            _("Bonjour,\n\nL’aide entre %(name)s et vous a pris fin.\n%(address)s"),
        ),
        "password.changed": Text(
            _("Votre mot de passe a changé"),
            _("Bonjour,\n\nLe mot de passe de votre espace Carnet vient de changer.\n%(not_you)s"),
        ),
        "email.changed": Text(
            _("Votre adresse a changé"),
            _("Bonjour,\n\nVotre espace Carnet écrira désormais à une autre adresse.\n%(not_you)s"),
        ),
        "way.added": Text(
            _("Un nouveau moyen de connexion"),
            _("Bonjour,\n\nUn moyen de connexion vient d’être ajouté à votre espace.\n%(not_you)s"),
        ),
        "way.removed": Text(
            _("Un moyen de connexion retiré"),
            _("Bonjour,\n\nUn moyen de connexion vient d’être retiré.\n%(not_you)s"),
        ),
        "device.trusted": Text(
            _("Un appareil de confiance"),
            _("Bonjour,\n\nUn appareil vient d’être ajouté : %(name)s.\n%(not_you)s"),
        ),
        "recovered": Text(
            _("L’accès à votre espace a été retrouvé"),
            _(
                "Bonjour,\n\nUn nouveau mot de passe a été choisi, toutes les connexions ont été"
                " fermées. Vos aidants restent les mêmes : si l’un vous étonne, mettez-y fin :"
                "\n%(address)s/compte/aidants/\n\n%(not_you)s"
            ),
        ),
        "space.opposed": Text(
            _("Votre espace ne sera pas ouvert"),
            _(
                "Bonjour,\n\nUne opposition à l’ouverture de votre espace de santé vient d’être"
                " enregistrée avec votre carte Vitale. Si ce n’est pas vous, demandez un code pour"
                " l’activer :\n%(address)s/activation/code/"
            ),
        ),
        "space.closed": Text(
            _("Votre espace est fermé"),
            _(
                "Bonjour,\n\nVotre espace Carnet vient d’être fermé. Vous pouvez le rouvrir en vous"
                " connectant.\n%(not_you)s"
            ),
        ),
        "space.reopened": Text(
            _("Votre espace est rouvert"),
            _("Bonjour,\n\nVotre espace Carnet vient d’être rouvert.\n%(not_you)s"),
        ),
    }
)


def queue(
    kind: str,
    patient_id: UUID,
    *,
    now: datetime,
    account_id: UUID | None = None,
    address: str = "",
    **params: str,
) -> None:
    """Send a mail soon, to `address` or to the account's own; in the caller's transaction.

    Raises `KeyError` for an unknown kind.
    """
    TEXTS[kind]
    identifier = uuid7()
    Mail.objects.create(
        patient_id=patient_id,
        id=identifier,
        account_id=account_id,
        address=address,
        kind=kind,
        params=seal(json.dumps(params).encode(), f"mail {identifier}"),
        not_before=now,
    )


def written(kind: str, id_: UUID, params: bytes | None, address: str) -> tuple[str, str]:
    """Subject and body of a mail in the language that is on, from the columns of its line.

    `address` is that of the space. Raises `SealedByAnotherKey`.
    """
    text = TEXTS.get(kind, NEWS)
    said = json.loads(unseal(bytes(params), f"mail {id_}")) if params else {}
    known = {**said, "address": address, "not_you": str(_NOT_YOU) % {"address": address}}
    return str(text.subject), str(text.body) % known
