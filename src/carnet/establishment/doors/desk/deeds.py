"""A deed of the desk: done with all that follows, told in a sentence, never half done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy

from carnet.establishment.exchange import following, outbox
from carnet.establishment.exchange.queries import MessageNotFound
from carnet.establishment.patients import inquiries, vigilance
from carnet.establishment.patients.identities import Applied
from carnet.standards.ins import ForbiddenTransition

BEING_SENT: Final = gettext_lazy(
    "Un document de ce dossier est en cours d’envoi : réessayez dans un instant."
)
#: What is said when a deed is refused; the first that fits.
REFUSALS: Final = (
    (
        vigilance.Stale,
        gettext_lazy("Quelqu’un vient de changer cette identité : la relire, puis recommencer."),
    ),
    (
        vigilance.NotHighTrust,
        gettext_lazy(
            "Ce qui a été montré ne suffit pas : il faut un dispositif à haut niveau de confiance."
        ),
    ),
    (
        ForbiddenTransition,
        gettext_lazy("Le statut de cette identité ne le permet pas."),
    ),
    (
        inquiries.NotToDecide,
        gettext_lazy("Cette réponse n’est plus à décider : interroger à nouveau INSi."),
    ),
    (
        vigilance.MergedSince,
        gettext_lazy("Le dossier gardé a été fusionné depuis : annuler d’abord cette fusion-là."),
    ),
    (outbox.BeingSent, BEING_SENT),
    (vigilance.NotPossible, gettext_lazy("Ce n’est plus possible.")),
)
_NEVER: Final = datetime(1, 1, 2, tzinfo=UTC)
_REFUSED: Final = tuple(kind for kind, _said in REFUSALS)


def do(request: HttpRequest, deed: Callable[[datetime], Applied | None], done: str) -> bool:
    """Do it now, and say so; false, and why, when it is refused. Raises `MessageNotFound`."""
    now = timezone.now()
    try:
        following.done(lambda: deed(now), now=now)
    except vigilance.UnknownPatient as error:
        raise MessageNotFound(*error.args) from None
    except _REFUSED as error:
        messages.error(
            request, str(next(said for kind, said in REFUSALS if isinstance(error, kind)))
        )
        return False
    messages.success(request, done)
    return True


def seen(request: HttpRequest) -> datetime:
    """The version of the identity that the page showed. A wrong one is one that changed since."""
    try:
        found = parse_datetime(request.POST.get("seen", ""))
    except ValueError:
        found = None
    return found if found and found.tzinfo else _NEVER
