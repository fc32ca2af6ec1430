"""« Entrer dans mon espace », and leaving it."""

from __future__ import annotations

from math import ceil
from typing import Any

from django import forms
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from carnet.national.accounts import actions as accounts
from carnet.national.doors.space import frame
from carnet.national.doors.space.access import Visitor, open_to


class SignInForm(forms.Form):
    """A login and a password, bounded so that nobody makes us hash a book."""

    login = forms.CharField(
        label=_("Identifiant"),
        max_length=150,
        widget=forms.TextInput(
            {
                "class": "input",
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        ),
        error_messages={"required": _("Écrivez votre identifiant.")},
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"class": "input", "autocomplete": "current-password"}),
        error_messages={"required": _("Écrivez votre mot de passe.")},
    )


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who comes; open a new session when it is known."""
    if request.method == "POST":
        return _try(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(frame.way_back(request))
    return _ask(request, SignInForm())


def _try(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _ask(request, form, status=400)
    try:
        account = accounts.sign_in(
            form.cleaned_data["login"], form.cleaned_data["password"], now=timezone.now()
        )
    except accounts.SignInRefused:
        return _ask(
            request,
            form,
            status=403,
            refusal=gettext("L’identifiant ou le mot de passe n’est pas le bon."),
            remedy=gettext("Vérifiez-les, puis essayez encore. Majuscules et minuscules comptent."),
        )
    except accounts.TooManyAttempts as stop:
        minutes = max(1, ceil(stop.wait.total_seconds() / 60))
        return _ask(
            request,
            form,
            status=429,
            refusal=gettext("Trop d’essais n’ont pas réussi."),
            remedy=ngettext(
                "Pour protéger votre dossier, attendez {minutes} minute avant d’essayer encore.",
                "Pour protéger votre dossier, attendez {minutes} minutes avant d’essayer encore.",
                minutes,
            ).format(minutes=minutes),
        )
    auth.login(request, account)
    return HttpResponseRedirect(frame.way_back(request))


def _ask(request: HttpRequest, form: SignInForm, **context: Any) -> HttpResponse:
    return frame.plain(request, "sign_in.html", form=form, next=frame.way_back(request), **context)


@open_to(Visitor.EVERYBODY)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session: nothing of it is kept, here or in the browser."""
    auth.logout(request)
    response = HttpResponseRedirect(f"{reverse('space:sign-in')}?fin=1")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response
