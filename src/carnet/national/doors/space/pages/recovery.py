"""« Retrouver l’accès »: a code by e-mail and the card, then a new password."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from carnet.national.accounts import actions as accounts
from carnet.national.doors.space import entering, fields, frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.sign_in import told_to_wait

#: Session key of who is recovering an account, or of nobody.
_SUBJECT: Final = "recovering"


class RecoveryForm(forms.Form):
    """A login and a card."""

    login = fields.login()
    number = fields.text(
        _("Numéro de la carte Vitale"),
        required=_("Écrivez le numéro de la carte."),
        autocomplete="off",
    )
    serial = fields.text(
        _("Numéro de série"),
        _("Les derniers chiffres imprimés sur la carte, sous votre nom."),
        required=_("Écrivez le numéro de série."),
        inputmode="numeric",
        autocomplete="off",
    )


class NewPasswordForm(forms.Form):
    """The code received and a new password."""

    code = fields.code(_("Il est envoyé si l’identifiant et la carte vont ensemble."))
    new = fields.new_password()


@open_to(Visitor.EVERYBODY)
def recovery(request: HttpRequest) -> HttpResponse:
    """Who asks; the next page is the same whatever was found."""
    form = RecoveryForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Retrouver l’accès à mon espace"),
        "lead": gettext(
            "Un code part à votre adresse. Vos connexions seront fermées partout, vos clés d’accès"
            " et votre application de codes retirées."
        ),
        "button": gettext("Recevoir un code"),
    }
    if request.method != "POST":
        return frame.plain(request, "form.html", form=form, **named)
    if not form.is_valid():
        return frame.plain(request, "form.html", form=form, status=400, **named)
    try:
        subject = accounts.ask_recovery(
            **form.cleaned_data, now=timezone.now(), source=entering.source(request)
        )
    except accounts.TooManyAttempts as stop:
        return frame.plain(
            request, "form.html", form=form, status=429, **named, **told_to_wait(stop)
        )
    request.session.cycle_key()
    request.session[_SUBJECT] = subject
    return HttpResponseRedirect(reverse("space:new-password"))


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("new")
def new_password(request: HttpRequest) -> HttpResponse:
    """The code, and a new password."""
    subject = request.session.get(_SUBJECT)
    if subject is None:
        return HttpResponseRedirect(reverse("space:recovery"))
    form = NewPasswordForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Choisir un nouveau mot de passe"),
        "button": gettext("Changer"),
    }
    if request.method != "POST":
        return frame.plain(request, "form.html", form=form, **named)
    if not form.is_valid():
        return frame.plain(request, "form.html", form=form, status=400, **named)
    try:
        accounts.recover(
            subject,
            form.cleaned_data["code"],
            form.cleaned_data["new"],
            now=timezone.now(),
            source=entering.source(request),
        )
    except accounts.CodeRefused:
        form.add_error("code", _("Ce code n’est pas le bon, ou il a trop attendu."))
        return frame.plain(request, "form.html", form=form, status=403, **named)
    except accounts.PasswordTooWeak as weak:
        form.add_error("new", list(weak.problems))
        return frame.plain(request, "form.html", form=form, status=400, **named)
    except accounts.TooManyAttempts as stop:
        return frame.plain(
            request, "form.html", form=form, status=429, **named, **told_to_wait(stop)
        )
    request.session.flush()
    return HttpResponseRedirect(f"{reverse('space:sign-in')}?fin=retrouve")
