"""Passkeys: what the script of the page asks for, and what it brings back."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.actions import passkeys
from carnet.national.accounts.rules import Method
from carnet.national.doors.space import entering, fields, frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages import account, sign_in
from carnet.national.doors.space.visit import Visit

#: Session keys of the challenges: one for entering, one for adding; each is taken once.
_ENTERING = "passkey_challenge"
_ADDING = "new_passkey_challenge"


class CredentialForm(forms.Form):
    """What the browser made, as JSON, and the name of a new passkey."""

    credential = forms.CharField(max_length=20_000, widget=forms.HiddenInput)


class NewPasskeyForm(CredentialForm):
    """A passkey to keep."""

    name = fields.text(
        _("Nom de la clé"),
        _("Pour la reconnaître : « mon téléphone »."),
        required=_("Donnez un nom à la clé."),
        autocomplete="off",
    )


@open_to(Visitor.EVERYBODY)
@require_POST
def options(request: HttpRequest) -> HttpResponse:
    """What `navigator.credentials.get` needs; it names nobody's key."""
    site = entering.site(request)
    if site is None:
        raise Http404
    answer, challenge = passkeys.authentication_options(site)
    request.session[_ENTERING] = challenge.hex()
    return HttpResponse(answer, content_type="application/json")


@open_to(Visitor.EVERYBODY)
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Let in whoever has answered the challenge with a key that is known."""
    form, site = CredentialForm(request.POST), entering.site(request)
    challenge = bytes.fromhex(request.session.pop(_ENTERING, ""))
    if site is None or not challenge or not form.is_valid():
        return sign_in.ask(request, sign_in.SignInForm(), status=400, **_refused())
    try:
        account_id = passkeys.sign_in_with_passkey(
            site,
            challenge,
            form.cleaned_data["credential"],
            now=timezone.now(),
            source=entering.source(request),
        )
    except accounts.SignInRefused:
        return sign_in.ask(request, sign_in.SignInForm(), status=403, **_refused())
    except accounts.TooManyAttempts as stop:
        return sign_in.ask(request, sign_in.SignInForm(), status=429, **sign_in.told_to_wait(stop))
    way_back = frame.way_back(request)
    return entering.let_in(request, account_id, Method.PASSKEY, way_back=way_back)


def _refused() -> dict[str, str]:
    return {
        "refusal": gettext("Cette clé n’ouvre pas d’espace."),
        "remedy": gettext("Entrez avec votre mot de passe, puis ajoutez-la dans « Mon compte »."),
    }


@open_to(Visitor.CITIZEN, own=True, proved=True)
@require_POST
def new_options(request: HttpRequest, visit: Visit) -> HttpResponse:
    """What `navigator.credentials.create` needs."""
    site = entering.site(request)
    if site is None:
        raise Http404
    answer, challenge = passkeys.registration_options(visit.actor, site)
    request.session[_ADDING] = challenge.hex()
    return HttpResponse(answer, content_type="application/json")


@open_to(Visitor.CITIZEN, own=True, proved=True)
@require_POST
def add(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Keep the key that the browser has just made."""
    form, site = NewPasskeyForm(request.POST), entering.site(request)
    challenge = bytes.fromhex(request.session.pop(_ADDING, ""))
    if site is not None and challenge and form.is_valid():
        try:
            passkeys.add(
                visit.actor,
                site,
                challenge,
                form.cleaned_data["credential"],
                name=form.cleaned_data["name"],
                now=visit.now,
            )
        except passkeys.PasskeyRefused:
            pass
        else:
            return account.done("passkey-added")
    return account.show(
        request,
        visit,
        status=400,
        refusal=gettext("La clé n’a pas été ajoutée."),
        remedy=gettext("Essayez encore, avec un autre appareil si celui-ci ne convient pas."),
    )


@open_to(Visitor.CITIZEN, own=True, proved=True)
@require_POST
def remove(_request: HttpRequest, visit: Visit, passkey_id: UUID) -> HttpResponse:
    """Take a key back."""
    try:
        passkeys.remove(visit.actor, passkey_id, now=visit.now)
    except LookupError:
        raise Http404 from None
    return HttpResponseRedirect(f"{reverse('space:account')}?fait=passkey-removed")
