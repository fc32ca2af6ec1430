"""Entering the desk by login and password, and leaving it."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from carnet.establishment.accounts import prosante, sessions
from carnet.establishment.doors.desk.access import Visitor, open_to, session_of
from carnet.establishment.doors.desk.pages import second_factor
from carnet.establishment.patients import operators


class SignInForm(forms.Form):
    """A login and a password, bounded so that nobody makes us hash a book."""

    login = forms.CharField(
        label=_("Identifiant"),
        max_length=64,
        widget=forms.TextInput(
            {"class": "input", "autocomplete": "username", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Mot de passe"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"class": "input", "autocomplete": "current-password"}),
    )


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask who comes; a new session is opened when it is proved enough."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            operator, key = operators.sign_in(
                form.cleaned_data["login"], form.cleaned_data["password"], now=now
            )
        except operators.SignInRefused:
            return ask(
                request,
                form,
                refusal=_("L’identifiant ou le mot de passe n’est pas le bon."),
                remedy=_("Après cinq erreurs, le compte se repose cinq minutes."),
            )
        return second_factor.go_on(request, operator, key, way_back(request), now=now)
    return ask(request, form)


def ask(
    request: HttpRequest,
    form: SignInForm | None = None,
    *,
    refusal: Promise | str = "",
    remedy: Promise | str = "",
) -> HttpResponse:
    """The page of sign-in, with why one did not come in."""
    context = {
        "form": form or SignInForm(),
        "refusal": refusal,
        "remedy": remedy,
        "next": way_back(request),
        "prosante": prosante.provider() is not None,
    }
    return render(request, "desk/sign_in.html", context, status=403 if refusal else 200)


def way_back(request: HttpRequest) -> str:
    """The page that was asked for, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("desk:flow")


@open_to(Visitor.EVERYBODY)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, then that of Pro Santé Connect if it opened it.

    Our policy lets no form lead to another site: the page that follows does, by itself.
    """
    held, out = session_of(request), ""
    if held is not None:
        sessions.end(held, now=timezone.now())
        out = prosante.way_out(held, request.build_absolute_uri(reverse("desk:sign-in")))
    request.session.flush()
    if not out:
        return HttpResponseRedirect(reverse("desk:sign-in"))
    response = render(request, "desk/signed_out.html", {"out": out})
    response.headers["Refresh"] = f"0; url={out}"
    return response
