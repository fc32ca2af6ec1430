"""« Mon compte »: how one signs in, from where, and what to change."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import auth
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from carnet.national.accounts import actions as accounts
from carnet.national.accounts import own
from carnet.national.accounts.actions import devices, totp
from carnet.national.doors.space import entering, fields, frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.headers import with_scripts
from carnet.national.doors.space.pages import sign_in
from carnet.national.doors.space.viewer import data_address
from carnet.national.doors.space.visit import SESSION, Visit

#: Session key of the secret being shown, until a code confirms it; of the address being confirmed.
_NEW_SECRET: Final = "new_totp_secret"  # noqa: S105 - the name of a key
_NEW_EMAIL: Final = "new_email"

#: What is said once something was done, by the word in `?fait=`.
DONE: Final = {
    "passkey-added": _("La clé d’accès est ajoutée."),
    "passkey-removed": _("La clé d’accès est retirée."),
    "application-added": _("Un code de votre application sera demandé à chaque connexion."),
    "application-removed": _("Les codes vous seront de nouveau envoyés par courriel."),
    "device-revoked": _("Ce navigateur n’est plus de confiance, ses connexions sont fermées."),
    "session-ended": _("Cette connexion est fermée."),
    "everywhere-ended": _("Toutes les autres connexions sont fermées."),
    "password-changed": _("Le mot de passe est changé, les autres connexions sont fermées."),
    "email-changed": _("L’adresse est changée."),
}


class ProofForm(forms.Form):
    """The password, again."""

    password = fields.password()


class PasswordForm(forms.Form):
    """The present password and the new one."""

    current = fields.password()
    new = fields.new_password()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["current"].label = _("Mot de passe actuel")


class EmailForm(forms.Form):
    """A new address."""

    email = fields.email()


class EmailCodeForm(forms.Form):
    """The code received at the new address."""

    code = fields.code(_("Nous venons de l’envoyer à la nouvelle adresse."))


class ApplicationForm(forms.Form):
    """A first code of the application."""

    code = fields.code(_("Celui que l’application affiche maintenant."))


def done(what: str) -> HttpResponse:
    """Back to the page of the account, which says what was done."""
    return HttpResponseRedirect(f"{reverse('space:account')}?fait={what}")


def show(request: HttpRequest, visit: Visit, **context: Any) -> HttpResponse:
    """The page of the account."""
    page = frame.show(
        request,
        visit,
        "account.html",
        place="account",
        ways=own.ways(visit.actor, now=visit.now),
        passkeys_work=entering.site(request) is not None,
        said=DONE.get(request.GET.get("fait", "")),
        **context,
    )
    return with_scripts(page)


@open_to(Visitor.CITIZEN, own=True)
@require_safe
def overview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """How I sign in, and from where."""
    return show(request, visit)


def ask(
    request: HttpRequest, visit: Visit, form: forms.Form, title: str, button: str, **context: Any
) -> HttpResponse:
    """A page of one form."""
    return frame.show(
        request,
        visit,
        "form.html",
        place="account",
        form=form,
        title=title,
        button=button,
        **context,
    )


@open_to(Visitor.CITIZEN, own=True)
@sensitive_post_parameters("password")
def proof(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The password again, before what changes how one signs in or whom one trusts."""
    form = ProofForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Est-ce bien vous ?"),
        "lead": gettext("Avant un changement important, votre mot de passe vous est redemandé."),
        "button": gettext("Continuer"),
        "next": frame.way_back(request),
    }
    if request.method != "POST" or not form.is_valid():
        return ask(request, visit, form, status=200 if request.method != "POST" else 400, **named)
    try:
        accounts.check_own_password(
            visit.actor,
            form.cleaned_data["password"],
            now=visit.now,
            source=entering.source(request),
        )
    except accounts.SignInRefused:
        form.add_error("password", _("Ce mot de passe n’est pas le bon."))
        return ask(request, visit, form, status=403, **named)
    except accounts.TooManyAttempts as stop:
        return ask(request, visit, form, status=429, **named, **sign_in.told_to_wait(stop))
    accounts.prove_again(visit.session.id, now=visit.now)
    request.session.cycle_key()
    return HttpResponseRedirect(frame.way_back(request))


@open_to(Visitor.CITIZEN, own=True)
@sensitive_post_parameters("current", "new")
def password(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose another password."""
    form = PasswordForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Changer mon mot de passe"),
        "lead": gettext("Les connexions ouvertes ailleurs seront fermées."),
        "button": gettext("Changer"),
    }
    if request.method != "POST" or not form.is_valid():
        return ask(request, visit, form, status=200 if request.method != "POST" else 400, **named)
    try:
        account = accounts.change_password(
            visit.actor,
            form.cleaned_data["current"],
            form.cleaned_data["new"],
            session_id=visit.session.id,
            now=visit.now,
            source=entering.source(request),
        )
    except accounts.SignInRefused:
        form.add_error("current", _("Ce mot de passe n’est pas le bon."))
        return ask(request, visit, form, status=403, **named)
    except accounts.PasswordTooWeak as weak:
        form.add_error("new", list(weak.problems))
        return ask(request, visit, form, status=400, **named)
    except accounts.TooManyAttempts as stop:
        return ask(request, visit, form, status=429, **named, **sign_in.told_to_wait(stop))
    auth.update_session_auth_hash(request, account)
    response = done("password-changed")
    entering.forget_device(response)
    return response


@open_to(Visitor.CITIZEN, own=True, proved=True)
def email(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for another address; a code is sent there."""
    form = EmailForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Changer mon adresse électronique"),
        "button": gettext("Recevoir un code"),
    }
    if request.method != "POST" or not form.is_valid():
        return ask(request, visit, form, status=200 if request.method != "POST" else 400, **named)
    try:
        accounts.ask_email_change(visit.actor, form.cleaned_data["email"], now=visit.now)
    except accounts.TooManyAttempts as stop:
        return ask(request, visit, form, status=429, **named, **sign_in.told_to_wait(stop))
    request.session[_NEW_EMAIL] = form.cleaned_data["email"]
    return HttpResponseRedirect(reverse("space:email-code"))


@open_to(Visitor.CITIZEN, own=True, proved=True)
def email_code(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Confirm the new address; the old one is told."""
    address = request.session.get(_NEW_EMAIL)
    if not address:
        return HttpResponseRedirect(reverse("space:email"))
    form = EmailCodeForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Confirmer ma nouvelle adresse"),
        "button": gettext("Confirmer"),
    }
    if request.method != "POST" or not form.is_valid():
        return ask(request, visit, form, status=200 if request.method != "POST" else 400, **named)
    try:
        accounts.change_email(visit.actor, address, form.cleaned_data["code"], now=visit.now)
    except accounts.CodeRefused:
        form.add_error("code", _("Ce code n’est pas le bon, ou il a trop attendu."))
        return ask(request, visit, form, status=403, **named)
    del request.session[_NEW_EMAIL]
    return done("email-changed")


@open_to(Visitor.CITIZEN, own=True, proved=True)
def application(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show a secret to an application, and see a first code of it."""
    secret = request.session.setdefault(_NEW_SECRET, totp.new_secret())
    login = own.login_of(visit.actor.account_id)
    form = ApplicationForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                totp.enrol(visit.actor, secret, form.cleaned_data["code"], now=visit.now)
            except accounts.CodeRefused:
                status = 403
                form.add_error("code", _("Ce code n’est pas celui de cette application."))
            else:
                del request.session[_NEW_SECRET]
                return done("application-added")
    return frame.show(
        request,
        visit,
        "application.html",
        place="account",
        form=form,
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=data_address("image/svg+xml", totp.picture(secret, login).encode()),
        status=status,
    )


@open_to(Visitor.CITIZEN, own=True, proved=True)
@require_POST
def remove_application(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Codes by e-mail again."""
    try:
        totp.remove(visit.actor, now=visit.now)
    except LookupError:
        raise Http404 from None
    return done("application-removed")


@open_to(Visitor.CITIZEN, own=True)
@require_POST
def revoke_device(_request: HttpRequest, visit: Visit, device_id: UUID) -> HttpResponse:
    """Trust a browser no more; safe at any moment, so nothing is proved again."""
    try:
        devices.revoke(visit.actor, device_id, now=visit.now, keep=visit.session.id)
    except LookupError:
        raise Http404 from None
    return done("device-revoked")


@open_to(Visitor.CITIZEN, own=True)
@require_POST
def end_session(_request: HttpRequest, visit: Visit, session_id: UUID) -> HttpResponse:
    """Close a session that is open somewhere."""
    try:
        accounts.end_own_session(visit.actor, session_id, now=visit.now)
    except LookupError:
        raise Http404 from None
    return done("session-ended")


@open_to(Visitor.CITIZEN, own=True)
@require_POST
def end_everywhere(_request: HttpRequest, visit: Visit) -> HttpResponse:
    """Close every other session and trust no browser any more."""
    accounts.end_everywhere(visit.actor, now=visit.now, keep=visit.session.id)
    response = done("everywhere-ended")
    entering.forget_device(response)
    return response


@open_to(Visitor.CITIZEN, own=True, proved=True)
def close(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what closing does; close once it is confirmed."""
    if request.method != "POST":
        return frame.show(request, visit, "close.html", place="account")
    accounts.close_space(visit.actor, now=visit.now)
    request.session.pop(SESSION, None)
    auth.logout(request)
    response = HttpResponseRedirect(f"{reverse('space:sign-in')}?fin=ferme")
    entering.forget_device(response)
    return response
