"""« Entrer dans mon espace », by a password and a code, and leaving it."""

from __future__ import annotations

from math import ceil
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.actions import devices, france_connect
from carnet.national.doors.space import entering, fields, frame, visit
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.headers import with_scripts


class SignInForm(forms.Form):
    """A login and a password."""

    login = fields.login()
    password = fields.password()


class CodeForm(forms.Form):
    """The code, and whether it is asked again in this browser."""

    code = fields.code("")
    trust = forms.BooleanField(
        label=_("Faire confiance à ce navigateur pendant soixante jours"),
        help_text=_("Pas sur un ordinateur partagé : le code n’y serait plus demandé."),
        required=False,
    )


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who comes; open a new session when it is known."""
    if request.method == "POST":
        return _try(request)
    if visit.of(request) is not None:
        return HttpResponseRedirect(frame.way_back(request))
    return ask(request, SignInForm())


def _try(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST)
    if not form.is_valid():
        return ask(request, form, status=400)
    try:
        known = accounts.sign_in(
            form.cleaned_data["login"],
            form.cleaned_data["password"],
            now=timezone.now(),
            source=entering.source(request),
            device=entering.device(request),
        )
    except accounts.SignInRefused:
        return ask(
            request,
            form,
            status=403,
            refusal=gettext("L’identifiant ou le mot de passe n’est pas le bon."),
            remedy=gettext("Vérifiez-les, puis essayez encore. Majuscules et minuscules comptent."),
        )
    except accounts.TooManyAttempts as stop:
        return ask(request, form, status=429, **told_to_wait(stop))
    return go_on(request, known, frame.way_back(request))


def go_on(request: HttpRequest, known: accounts.Recognised, way_back: str) -> HttpResponse:
    """Let in whoever is known enough; ask for a code otherwise."""
    if known.method is None:
        return entering.ask_for_code(request, known, way_back)
    return entering.let_in(
        request, known.account_id, known.method, way_back=way_back, device_id=known.device_id
    )


def told_to_wait(stop: accounts.TooManyAttempts) -> dict[str, str]:
    """What a page says when there were too many tries."""
    minutes = max(1, ceil(stop.wait.total_seconds() / 60))
    return {
        "refusal": gettext("Trop d’essais n’ont pas réussi."),
        "remedy": ngettext(
            "Pour protéger votre dossier, attendez {minutes} minute avant d’essayer encore.",
            "Pour protéger votre dossier, attendez {minutes} minutes avant d’essayer encore.",
            minutes,
        ).format(minutes=minutes),
    }


def ask(request: HttpRequest, form: SignInForm, **context: Any) -> HttpResponse:
    """The page that asks who comes, with every way in that works here."""
    page = frame.plain(
        request,
        "sign_in.html",
        form=form,
        next=frame.way_back(request),
        passkeys=entering.site(request) is not None,
        france_connect=france_connect.provider() is not None,
        **context,
    )
    return with_scripts(page)


@open_to(Visitor.EVERYBODY)
def code(request: HttpRequest) -> HttpResponse:
    """The second step: a code, of an application or received by e-mail."""
    who = entering.entering(request)
    if who is None:
        return HttpResponseRedirect(reverse("space:sign-in"))
    form = CodeForm(request.POST or None)
    if request.method != "POST":
        return _ask_code(request, who, form)
    if not form.is_valid():
        return _ask_code(request, who, form, status=400)
    now = timezone.now()
    try:
        method = accounts.confirm_code(
            who.account_id, form.cleaned_data["code"], now=now, source=entering.source(request)
        )
    except accounts.SignInRefused:
        return _ask_code(
            request,
            who,
            form,
            status=403,
            refusal=gettext("Ce code n’est pas le bon, ou il a trop attendu."),
            remedy=gettext("Chaque code sert une fois, pendant dix minutes."),
        )
    except accounts.TooManyAttempts as stop:
        return _ask_code(request, who, form, status=429, **told_to_wait(stop))
    response = entering.let_in(request, who.account_id, method, way_back=who.way_back)
    entered = visit.of(request)
    if form.cleaned_data["trust"] and entered is not None:
        name = entering.browser(request)
        value = devices.trust(entered.actor, entered.session.id, name=name, now=now)
        entering.keep_device(response, value)
    return response


def _ask_code(
    request: HttpRequest, who: entering.Entering, form: CodeForm, **context: Any
) -> HttpResponse:
    return frame.plain(
        request, "code.html", form=form, by_email=who.code_from == "email", **context
    )


@open_to(Visitor.EVERYBODY)
@require_POST
def send_again(request: HttpRequest) -> HttpResponse:
    """Send another code; the one before is good no more."""
    who = entering.entering(request)
    if who is None:
        return HttpResponseRedirect(reverse("space:sign-in"))
    try:
        if who.code_from == "email":
            accounts.send_code(who.account_id, now=timezone.now())
    except accounts.TooManyAttempts as stop:
        return _ask_code(request, who, CodeForm(), status=429, **told_to_wait(stop))
    return HttpResponseRedirect(f"{reverse('space:sign-in-code')}?envoi=1")


@open_to(Visitor.EVERYBODY)
def reopen(request: HttpRequest) -> HttpResponse:
    """Somebody proved who they are and finds their space closed: do they want it back?"""
    who = entering.reopening(request)
    if who is None:
        return HttpResponseRedirect(reverse("space:sign-in"))
    if request.method != "POST":
        return frame.plain(request, "reopen.html")
    account_id, method = who
    entering.end_reopening(request)
    try:
        accounts.reopen_space(account_id, now=timezone.now())
    except LookupError:  # opened again elsewhere meanwhile, or shut by somebody else
        return HttpResponseRedirect(reverse("space:sign-in"))
    return entering.let_in(request, account_id, method, way_back=reverse("space:home"))


@open_to(Visitor.EVERYBODY)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session: nothing of it is kept, here or in the browser.

    That of FranceConnect too, if it opened ours: our policy lets no form lead to another site, the
    page that follows does, by itself.
    """
    if kept := request.session.get(visit.SESSION):
        accounts.end_session(UUID(kept), now=timezone.now())
    identity = request.session.get(visit.FRANCE_CONNECT)
    auth.logout(request)
    back_to = f"{settings.CARNET_SPACE_URL}{reverse('space:sign-in')}"
    out = france_connect.way_out(identity, back_to) if identity else ""
    response: HttpResponse = HttpResponseRedirect(f"{reverse('space:sign-in')}?fin=1")
    if out:
        response = frame.plain(request, "signed_out.html", out=out)
        response["Refresh"] = f"0; url={out}"
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
