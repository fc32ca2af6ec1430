"""Entering the desk, and leaving it."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from carnet.establishment.doors.desk.access import ACCOUNT, KEY, Visitor, open_to
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
    """Ask who comes; open a new session when it is known."""
    form = SignInForm(request.POST if request.method == "POST" else None)
    refused = False
    if request.method == "POST" and form.is_valid():
        try:
            operator, key = operators.sign_in(
                form.cleaned_data["login"], form.cleaned_data["password"], now=timezone.now()
            )
        except operators.SignInRefused:
            refused = True
        else:
            request.session.flush()
            request.session[ACCOUNT] = str(operator.account_id)
            request.session[KEY] = str(key)
            return HttpResponseRedirect(_way_back(request))
    return render(
        request,
        "desk/sign_in.html",
        {"form": form, "refused": refused, "next": _way_back(request)},
        status=403 if refused else 200,
    )


def _way_back(request: HttpRequest) -> str:
    """The page that was asked for, if it is one of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("desk:flow")


@open_to(Visitor.EVERYBODY)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return HttpResponseRedirect(reverse("desk:sign-in"))
