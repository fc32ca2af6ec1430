"""« Activer mon espace »: the code and the card, then a login, then the address."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.actions import ActivationProblem, Invited, Wish
from carnet.national.accounts.rules import Method
from carnet.national.doors.space import entering, fields, frame
from carnet.national.doors.space.access import Visitor, open_to
from carnet.national.doors.space.pages.sign_in import told_to_wait

#: Session keys: who was invited, what they chose. The password is there as a hash alone.
_INVITED: Final = "invited"
_WISH: Final = "wish"
_LASTS: Final = timedelta(minutes=30)

PROBLEMS: Final[dict[ActivationProblem, tuple[Promise | str, Promise | str]]] = {
    ActivationProblem.NO_MATCH: (
        _("Ce code et cette carte ne vont pas ensemble."),
        _("Vérifiez chaque champ ; vous pouvez aussi demander un nouveau code."),
    ),
    ActivationProblem.EXPIRED: (
        _("Ce code n’est plus valable."),
        _("Demandez-en un nouveau : il remplacera celui-ci."),
    ),
    ActivationProblem.USED: (
        _("Cet espace est déjà activé."),
        _("Entrez avec votre identifiant ; s’il est perdu, retrouvez l’accès à votre espace."),
    ),
    ActivationProblem.MINOR: (
        _("Avant seize ans, un espace s’ouvre depuis celui d’un parent."),
        _("Le parent entre dans son espace, puis choisit « Mes enfants »."),
    ),
}


class InvitationForm(fields.CardForm):
    """The provisional code and the card."""

    code = fields.text(
        _("Code provisoire"),
        _("Douze signes, reçus par lettre ou par courriel."),
        required=_("Écrivez le code provisoire."),
        autocomplete="off",
        autocapitalize="characters",
    )
    field_order = ("code",)


class ChoiceForm(forms.Form):
    """How the person will sign in."""

    login = fields.login()
    password = fields.new_password()
    email = fields.email()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["login"].help_text = _("Choisissez-le : il vous sera demandé chaque fois.")
        self.fields["password"].label = _("Mot de passe")


class AddressForm(forms.Form):
    """The code received at the address."""

    code = fields.code(_("Nous venons de l’envoyer à votre adresse."))


def _ask(request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
    return frame.plain(request, "form.html", form=form, **context)


@open_to(Visitor.EVERYBODY)
def invitation(request: HttpRequest) -> HttpResponse:
    """The code and the card."""
    form = InvitationForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Activer mon espace"),
        "lead": gettext("Il vous faut votre code provisoire et votre carte Vitale."),
        "button": gettext("Continuer"),
        "links": [
            (reverse("space:ask-code"), gettext("Je n’ai pas de code, ou il est trop ancien")),
            (reverse("space:opposition"), gettext("Je ne veux pas d’espace")),
        ],
    }
    if request.method != "POST":
        return _ask(request, form, **named)
    if not form.is_valid():
        return _ask(request, form, status=400, **named)
    try:
        found = accounts.check_invitation(
            form.cleaned_data["code"],
            form.card,
            now=timezone.now(),
            source=entering.source(request),
        )
    except accounts.ActivationRefused as refused:
        words, remedy = PROBLEMS[refused.problem]
        return _ask(request, form, status=403, refusal=words, remedy=remedy, **named)
    except accounts.TooManyAttempts as stop:
        return _ask(request, form, status=429, **named, **told_to_wait(stop))
    request.session.cycle_key()
    request.session[_INVITED] = {
        "code_hash": found.code_hash,
        "patient_id": str(found.patient_id),
        "at": timezone.now().isoformat(),
    }
    return HttpResponseRedirect(reverse("space:activation-choice"))


def _invited(request: HttpRequest) -> Invited | None:
    kept = request.session.get(_INVITED)
    if not kept or timezone.now() - datetime.fromisoformat(kept["at"]) > _LASTS:
        return None
    return Invited(kept["code_hash"], UUID(kept["patient_id"]))


@open_to(Visitor.EVERYBODY)
@sensitive_post_parameters("password")
def choice(request: HttpRequest) -> HttpResponse:
    """A login, a password, an address."""
    invited = _invited(request)
    if invited is None:
        return HttpResponseRedirect(reverse("space:activation"))
    form = ChoiceForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Choisir comment entrer"),
        "button": gettext("Continuer"),
    }
    if request.method != "POST":
        return _ask(request, form, **named)
    if not form.is_valid():
        return _ask(request, form, status=400, **named)
    try:
        wish = accounts.choose(invited, **form.cleaned_data, now=timezone.now())
    except accounts.LoginTaken:
        form.add_error("login", _("Cet identifiant est pris : choisissez-en un autre."))
        return _ask(request, form, status=400, **named)
    except accounts.PasswordTooWeak as weak:
        form.add_error("password", list(weak.problems))
        return _ask(request, form, status=400, **named)
    except accounts.TooManyAttempts as stop:
        return _ask(request, form, status=429, **named, **told_to_wait(stop))
    request.session[_WISH] = {
        "login": wish.login,
        "password_hash": wish.password_hash,
        "email": wish.email,
    }
    return HttpResponseRedirect(reverse("space:activation-address"))


@open_to(Visitor.EVERYBODY)
def address(request: HttpRequest) -> HttpResponse:
    """The code received at the address; the space then opens."""
    invited, wish = _invited(request), request.session.get(_WISH)
    if invited is None or wish is None:
        return HttpResponseRedirect(reverse("space:activation"))
    form = AddressForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Confirmer mon adresse"),
        "button": gettext("Ouvrir mon espace"),
        "links": [(reverse("space:activation-choice"), gettext("Corriger mon adresse"))],
    }
    if request.method != "POST":
        return _ask(request, form, **named)
    if not form.is_valid():
        return _ask(request, form, status=400, **named)
    try:
        account_id = accounts.activate(
            invited, Wish(**wish), form.cleaned_data["code"], now=timezone.now()
        )
    except accounts.CodeRefused:
        form.add_error("code", _("Ce code n’est pas le bon, ou il a trop attendu."))
        return _ask(request, form, status=403, **named)
    except accounts.LoginTaken:
        return HttpResponseRedirect(reverse("space:activation-choice"))
    except accounts.ActivationRefused as refused:
        words, remedy = PROBLEMS[refused.problem]
        return _ask(request, form, status=403, refusal=words, remedy=remedy, **named)
    for key in (_INVITED, _WISH):
        del request.session[key]
    return entering.let_in(request, account_id, Method.ACTIVATION, way_back=reverse("space:home"))


@open_to(Visitor.EVERYBODY)
def ask_code(request: HttpRequest) -> HttpResponse:
    """Ask for a code; the answer is the same whoever the card is of."""
    form = fields.CardForm(request.POST or None)
    named: dict[str, Any] = {
        "title": gettext("Demander un code provisoire"),
        "lead": gettext("Il vous sera envoyé à l’adresse que l’Assurance maladie connaît."),
        "button": gettext("Demander un code"),
    }
    if request.method != "POST":
        return _ask(request, form, **named)
    if not form.is_valid():
        return _ask(request, form, status=400, **named)
    try:
        accounts.ask_code(form.card, now=timezone.now(), source=entering.source(request))
    except accounts.TooManyAttempts as stop:
        return _ask(request, form, status=429, **named, **told_to_wait(stop))
    return frame.plain(
        request,
        "told.html",
        title=gettext("C’est noté"),
        lead=gettext(
            "Si cette carte est celle d’une personne qui peut activer un espace, un code lui est"
            " envoyé : tout de suite par courriel, sinon par lettre, en quelques jours."
        ),
        link=(reverse("space:activation"), gettext("J’ai reçu mon code")),
    )
