"""Entering by FranceConnect: leaving for it, and coming back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.actions import france_connect
from carnet.national.accounts.actions.france_connect import FranceConnectProblem
from carnet.national.clients.openid import OpenIdError, Pending
from carnet.national.doors.space import frame, visit
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages import sign_in

#: Session key of what is remembered meanwhile: taken once.
_PENDING: Final = "france_connect"

_REFUSALS: Final[dict[FranceConnectProblem, tuple[Promise | str, Promise | str]]] = {
    FranceConnectProblem.NO_MATCH: (
        _("Votre identité FranceConnect ne correspond à aucune personne connue ici."),
        _("Si elle a une erreur, faites-la corriger ; entrez avec votre mot de passe d’ici là."),
    ),
    FranceConnectProblem.NOT_ACTIVATED: (
        _("Votre espace n’est pas encore activé."),
        _("Activez-le d’abord avec votre carte Vitale, puis revenez par FranceConnect."),
    ),
    FranceConnectProblem.OTHER_LINK: (
        _("Votre espace est relié à une autre identité FranceConnect."),
        _("Entrez avec votre mot de passe ou une clé d’accès."),
    ),
}


@open_to(Visitor.EVERYBODY)
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Go to FranceConnect. By a link: our policy lets no form lead to another site."""
    provider = france_connect.provider()
    if provider is None:
        raise Http404
    try:
        url, pending = provider.begin(_back_to(), acr=settings.CARNET_FRANCECONNECT_ACR)
    except OpenIdError as error:
        return _failed(request, error)
    request.session[_PENDING] = {**asdict(pending), "next": frame.way_back(request)}
    return HttpResponseRedirect(url)


@open_to(Visitor.EVERYBODY)
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """Come back from FranceConnect, known or not."""
    provider, kept = france_connect.provider(), request.session.pop(_PENDING, None)
    if provider is None:
        raise Http404
    if kept is None:
        return HttpResponseRedirect(reverse("space:sign-in"))
    way_back, now = kept.pop("next"), timezone.now()
    try:
        claims = provider.finish(
            request.get_full_path(),
            _back_to(),
            Pending(**kept),
            acrs=france_connect.levels(),
            now=now,
        )
        known = france_connect.sign_in_with_france_connect(claims, now=now)
    except OpenIdError as error:
        return _failed(request, error)
    except france_connect.FranceConnectRefused as refusal:
        words, remedy = _REFUSALS[refusal.problem]
        return sign_in.ask(request, sign_in.SignInForm(), status=403, refusal=words, remedy=remedy)
    except accounts.TooManyAttempts as stop:
        return sign_in.ask(request, sign_in.SignInForm(), status=429, **sign_in.told_to_wait(stop))
    response = sign_in.go_on(request, known, way_back)
    request.session[visit.FRANCE_CONNECT] = claims["id_token"]
    return response


def _back_to() -> str:
    return f"{settings.CARNET_SPACE_URL}{reverse('space:france-connect-back')}"


def _failed(request: HttpRequest, error: OpenIdError) -> HttpResponse:
    level = error.code == "level"
    return sign_in.ask(
        request,
        sign_in.SignInForm(),
        status=403 if error.code in ("state", "refused", "token", "level") else 503,
        refusal=gettext("FranceConnect n’a pas permis de vous reconnaître."),
        remedy=gettext("Choisissez un compte plus sûr parmi ceux que FranceConnect propose.")
        if level
        else gettext("Essayez encore dans un instant, ou entrez avec votre mot de passe."),
    )
