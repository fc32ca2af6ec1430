"""Entering by Pro Santé Connect: leaving for it, coming back, and what it tells us by itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carnet.establishment.accounts import prosante, situations
from carnet.establishment.clients.openid import OpenIdError, Pending
from carnet.establishment.doors.desk.access import Visitor, enter, open_to
from carnet.establishment.doors.desk.pages import sign_in
from carnet.establishment.patients.actors import Situation
from carnet.standards import nos

#: TRE_R01, TRE_G15.
_SKILLS: Final = "1.2.250.1.71.4.2.5"
_PROFESSIONS: Final = "1.2.250.1.71.1.2.7"
#: TRE_R23.
_MODES: Final = {"L": _("en libéral"), "S": _("salarié"), "B": _("bénévole")}
#: What the browser's session remembers meanwhile: taken once.
_PENDING: Final = "prosante"
#: And until one has said in which situation one works.
_CHOOSING: Final = "prosante_situation"


@open_to(Visitor.EVERYBODY)
@require_safe
def leave(request: HttpRequest) -> HttpResponse:
    """Go to Pro Santé Connect. By a link: our policy lets no form lead to another site."""
    provider = prosante.provider()
    if provider is None:
        raise Http404
    try:
        url, pending = provider.begin(_back_to())
    except OpenIdError as error:
        return _failed(request, error)
    request.session[_PENDING] = {**asdict(pending), "next": sign_in.way_back(request)}
    return HttpResponseRedirect(url)


@open_to(Visitor.EVERYBODY)
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    """Come back from Pro Santé Connect, known here or not."""
    provider, kept = prosante.provider(), request.session.pop(_PENDING, None)
    if provider is None:
        raise Http404
    if kept is None:
        return HttpResponseRedirect(reverse("desk:sign-in"))
    way_back, now = kept.pop("next"), timezone.now()
    try:
        identified = provider.finish(request.get_full_path(), _back_to(), Pending(**kept), now=now)
        session = prosante.sign_in(identified, now=now)
    except OpenIdError as error:
        return _failed(request, error)
    except prosante.NotOfTheHouse:
        return sign_in.ask(
            request,
            refusal=_("Pro Santé Connect vous connaît, mais vous n’avez pas de compte ici."),
            remedy=_("Demandez à l’exploitant de la passerelle de relier votre compte."),
        )
    if not situations.to_choose(session, now=now):
        enter(request, session)
        return HttpResponseRedirect(way_back)
    request.session.flush()
    request.session[_CHOOSING] = {"session": str(session), "next": way_back}
    return HttpResponseRedirect(reverse("desk:situation"))


@open_to(Visitor.EVERYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def situation(request: HttpRequest) -> HttpResponse:
    """Ask a professional who has several situations in which one they work."""
    kept, now = request.session.get(_CHOOSING), timezone.now()
    held = UUID(kept["session"]) if kept else None
    among = situations.to_choose(held, now=now) if held else []
    if kept is None or held is None or not among:
        return HttpResponseRedirect(reverse("desk:sign-in"))
    place = request.POST.get("situation", "")
    if request.method == "POST" and place in map(str, range(len(among))):
        try:
            situations.choose(held, int(place), now=now)
        except LookupError:  # chosen meanwhile, in another tab
            return HttpResponseRedirect(reverse("desk:sign-in"))
        enter(request, held)
        return HttpResponseRedirect(kept["next"])
    return render(request, "desk/situation.html", {"choices": [_words(each) for each in among]})


def _words(one: Situation) -> str:
    """What somebody does, how, and where: « Cardiologie, salarié, Hôpital Sainte-Aurore »."""
    skill = nos.display(_SKILLS, one.skill).partition(" (")[0]
    what = skill or nos.display(_PROFESSIONS, one.profession) or gettext("Autre profession")
    return ", ".join(str(each) for each in (what, _MODES.get(one.mode), one.place) if each)


@csrf_exempt  # asked by the provider's server: its signature is the proof
@open_to(Visitor.EVERYBODY)
@require_POST
def ended(request: HttpRequest) -> HttpResponse:
    """The provider tells that a session has ended (Back-Channel Logout 1.0 §2.5, §2.8)."""
    if prosante.provider() is None:
        raise Http404
    status = 200
    try:
        prosante.ended_elsewhere(request.POST.get("logout_token", ""), now=timezone.now())
    except OpenIdError as error:
        status = 503 if error.code == "unreachable" else 400
    response = HttpResponse(status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back_to() -> str:
    return f"{settings.CARNET_DESK_URL}{reverse('desk:prosante-back')}"


def _failed(request: HttpRequest, error: OpenIdError) -> HttpResponse:
    if error.code == "level":
        remedy = _("Recommencez avec votre carte CPS ou votre e-CPS.")
    elif error.code in ("unreachable", "metadata"):
        remedy = _("Pro Santé Connect ne répond pas : entrez avec votre mot de passe.")
    else:
        remedy = _("Essayez encore, ou entrez avec votre mot de passe.")
    return sign_in.ask(
        request, refusal=_("Pro Santé Connect n’a pas permis de vous reconnaître."), remedy=remedy
    )
