"""What a person sees of a provider: who they are, what they are asked, what is open.

Nobody is ever signed in here: each question asks again who one is, so that no cookie of the
stand-in means anything.
"""

from __future__ import annotations

from typing import Any, Final, cast
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from authlib.integrations.django_oauth2.requests import DjangoOAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Error
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from carnet.national.doors.signin import clients, questions, sessions
from carnet.national.doors.signin.access import Caller, open_to
from carnet.national.doors.signin.grants import level
from carnet.national.doors.signin.models import Persona, Request, Session
from carnet.national.doors.signin.providers import PROVIDERS, Provider
from carnet.national.doors.signin.server import server
from carnet.national.doors.signin.troubles import LABELS, Trouble, known

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'{to}; frame-ancestors 'none'; base-uri 'none'"
)
_MOST: Final = 100


@csrf_exempt  # asked by another site, by GET or POST; it changes nothing (OIDC Core §3.1.2.1)
@open_to(Caller.ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def authorize(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The authorization endpoint: a good request is answered by the page of personas."""
    oauth = None
    try:
        oauth = questions.read(request)
        grant = server(provider).get_consent_grant(oauth)
    except OAuth2Error as error:
        return _refused(request, provider, oauth, error)
    asked = oauth.payload.data
    hint = asked.get("login_hint", "")
    context = {
        "provider": provider,
        "client": oauth.client,
        "personas": Persona.objects.filter(provider=provider.key).order_by("position", "key"),
        "hint": hint,
        "troubles": LABELS.items(),
        "trouble": known(asked.get("panne", "")),
        "action": f"{reverse(f'signin:{provider.key}-choose')}?{urlencode(asked)}",
    }
    response = render(request, "signin/personas.html", context)
    return _guarded(response, grant.redirect_uri)


@open_to(Caller.ANYBODY)
@require_POST
@transaction.atomic
def choose(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The persona is chosen: back to the client with a code.

    The question is in the address alone and is judged again: the form adds a persona, no more.
    """
    chosen, request.POST = request.POST, QueryDict("")
    oauth = None
    try:
        oauth = questions.read(request)
        grant = server(provider).get_consent_grant(oauth)
    except OAuth2Error as error:
        return _refused(request, provider, oauth, error)
    key = chosen.get("persona", "").replace("\0", "")
    persona = Persona.objects.filter(provider=provider.key, key=key).first()
    if persona is None:
        back = reverse(f"signin:{provider.key}-authorize")
        return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
    now = timezone.now()
    sessions.forget(now=now)
    asked = oauth.payload.data
    session = sessions.begin(
        provider,
        persona,
        client_id=oauth.client.client_id,
        scope=oauth.scope,
        acr=level(asked["acr_values"], provider.levels),
        nonce=asked["nonce"],
        trouble=known(chosen.get("panne", "")),
        now=now,
    )
    response = server(provider).create_authorization_response(oauth, session, grant)
    if "Location" in response.headers and "error=" not in response.headers["Location"]:
        more = urlencode({"session_state": session.id, "iss": provider.issuer})
        response.headers["Location"] += f"&{more}"
    return _guarded(response, grant.redirect_uri)


@csrf_exempt  # asked by another site; a hint that we signed is what proves the question
@open_to(Caller.ANYBODY)
@require_http_methods(["GET", "POST"])
@transaction.atomic
def end_session(request: HttpRequest, provider: Provider) -> HttpResponse:
    """The end of a session that its client asks for; without proof nothing ends."""
    asked = server(provider)
    try:
        wanted = asked.validate_endpoint_request("end_session", questions.read(request))
        response = asked.create_endpoint_response("end_session", wanted)
    except OAuth2Error as error:
        return _told(request, provider, error, status=400)
    if response is not None:
        return cast(HttpResponse, response)
    ended = wanted.id_token_claims is not None
    return render(request, "signin/ended.html", {"provider": provider, "ended": ended})


@open_to(Caller.ANYBODY)
@require_safe
def sandbox(request: HttpRequest) -> HttpResponse:
    """What the personas are asked (CIBA), and the sessions that are open."""
    now = timezone.now()
    asked = Request.objects.filter(expires_at__gt=now, accepted=None, taken_at=None)
    open_now = Session.objects.filter(ended_at=None, expires_at__gt=now)
    context = {
        "requests": [(each, _client_name(each)) for each in _latest(asked.order_by("-created_at"))],
        "sessions": [
            (each, PROVIDERS[each.provider].name, _client_name(each))
            for each in _latest(open_now.order_by("-started_at"))
        ],
        "troubles": [each for each in LABELS.items() if each[0] is not Trouble.CODE_REUSED],
    }
    return render(request, "signin/sandbox.html", context)


@open_to(Caller.ANYBODY)
@require_POST
def answer(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """A persona accepts or refuses what a client asks."""
    trouble = known(request.POST.get("panne", ""))
    accepted = request.POST.get("answer") == "accept" and trouble is not Trouble.REFUSED
    now = timezone.now()
    asked = Request.objects.filter(
        id=request_id, accepted=None, taken_at=None, expires_at__gt=now
    ).first()
    if asked is not None:
        acr = PROVIDERS[asked.provider].weak if trouble is Trouble.WEAK else asked.acr
        Request.objects.filter(id=request_id, accepted=None).update(
            accepted=accepted, trouble=trouble, acr=acr
        )
    return HttpResponseRedirect(reverse("signin:sandbox"))


@open_to(Caller.ANYBODY)
@require_POST
@transaction.atomic
def end(_request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End a session from here: its client is told by the back channel."""
    session = Session.objects.select_related("persona").filter(id=session_id).first()
    if session is not None:
        sessions.end(session, now=timezone.now())
    return HttpResponseRedirect(reverse("signin:sandbox"))


def _latest(rows: Any) -> Any:
    return rows.select_related("persona")[:_MOST]


def _client_name(row: Request | Session) -> str:
    known_client = clients.client(PROVIDERS[row.provider], row.client_id)
    return known_client.name or row.client_id if known_client else row.client_id


def _refused(
    request: HttpRequest, provider: Provider, oauth: DjangoOAuth2Request | None, error: OAuth2Error
) -> HttpResponse:
    """To the client if its address is a registered one, else to the person: never elsewhere."""
    if oauth is None:
        return _told(request, provider, error, status=400)
    redirect_uri = getattr(error, "redirect_uri", None)
    client = clients.client(provider, oauth.payload.client_id or "")
    if redirect_uri and client is not None and client.check_redirect_uri(redirect_uri):
        error.state = oauth.payload.state
        return _guarded(server(provider).handle_error_response(oauth, error), redirect_uri)
    return _told(request, provider, error, status=400)


def _told(
    request: HttpRequest, provider: Provider, error: OAuth2Error, *, status: int
) -> HttpResponse:
    context = {
        "provider": provider,
        "code": error.error,
        "description": error.get_error_description(),
    }
    return render(request, "signin/refused.html", context, status=status)


def _guarded(response: HttpResponse, redirect_uri: str) -> HttpResponse:
    """Chromium holds `form-action` against where a form's answer leads too: the client's origin."""
    parts = urlsplit(redirect_uri)
    web = parts.scheme in ("http", "https")
    origin = f"{parts.scheme}://{parts.netloc}" if web else f"{parts.scheme}:"
    response.headers["Content-Security-Policy"] = _POLICY.format(to=f" {origin}")
    response.headers["Cache-Control"] = "no-store"
    return response
