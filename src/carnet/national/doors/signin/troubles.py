"""What can be made to go wrong, so that software shows what it does then.

Each bends one thing and nothing else: a client that enters in spite of it has a hole.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Trouble(StrEnum):
    """What goes wrong; the value is the `panne` that an address may ask for."""

    NONE = ""
    REFUSED = "refused"
    CODE_REUSED = "code-reused"
    EXPIRED = "expired"
    EARLY = "clock-skew"
    REVOKED = "revoked"
    WEAK = "weak-acr"
    AUDIENCE = "wrong-audience"
    ISSUER = "wrong-issuer"
    NONCE = "wrong-nonce"
    SUBJECT = "wrong-subject"
    FORGED = "forged"
    UNSIGNED = "alg-none"


LABELS: Final[Mapping[Trouble, Promise]] = MappingProxyType(
    {
        Trouble.NONE: _("Aucune : tout va bien"),
        Trouble.REFUSED: _("La personne refuse"),
        Trouble.CODE_REUSED: _("Le code a déjà servi"),
        Trouble.EXPIRED: _("Les jetons sont expirés"),
        Trouble.EARLY: _("L’horloge avance de dix minutes"),
        Trouble.REVOKED: _("La session est révoquée aussitôt"),
        Trouble.WEAK: _("Le niveau (acr) est trop faible"),
        Trouble.AUDIENCE: _("Les jetons sont pour un autre logiciel"),
        Trouble.ISSUER: _("Les jetons viennent d’un autre émetteur"),
        Trouble.NONCE: _("Le nonce n’est pas celui de la demande"),
        Trouble.SUBJECT: _("Les informations sont celles de quelqu’un d’autre"),
        Trouble.FORGED: _("La signature est fausse"),
        Trouble.UNSIGNED: _("Le jeton d’identité n’est pas signé (alg: none)"),
    }
)

_SHIFT: Final = 600
_TIMES: Final = ("iat", "exp", "nbf", "auth_time")
OTHER_CLIENT: Final = "un-autre-logiciel"


def known(name: str) -> Trouble:
    """The trouble of this name; none for a name that is not one."""
    return Trouble(name) if name in {each.value for each in Trouble} else Trouble.NONE


def bent(trouble: Trouble, claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of a token as the trouble makes them."""
    found = dict(claims)
    match trouble:
        case Trouble.EXPIRED | Trouble.EARLY:
            shift = _SHIFT if trouble is Trouble.EARLY else -_SHIFT
            found |= {name: found[name] + shift for name in _TIMES if name in found}
        case Trouble.AUDIENCE:
            found |= {name: OTHER_CLIENT for name in ("aud", "azp") if name in found}
        case Trouble.ISSUER:
            found["iss"] = "https://un-autre-fournisseur.invalid"
        case Trouble.NONCE if "nonce" in found:
            found["nonce"] = "un-autre-nonce"
        case Trouble.WEAK | Trouble.NONE:
            pass  # the level is the session's
    return found
