"""The fields that several forms of the space ask for, named and explained the same everywhere."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from carnet.national.accounts.actions import Card, CardMistyped
from carnet.national.accounts.passwords import LONGEST


def text(label: Any, help_text: Any = "", *, required: Any, **attributes: str) -> forms.CharField:
    """A line of text; `required` is the sentence said when it is empty."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        max_length=150,
        widget=forms.TextInput({"class": "input", **attributes}),
        error_messages={"required": required},
    )


def login() -> forms.CharField:
    """The login."""
    return text(
        _("Identifiant"),
        required=_("Écrivez votre identifiant."),
        autocomplete="username",
        autocapitalize="none",
        spellcheck="false",
    )


def password() -> forms.CharField:
    """The password somebody has; bounded so that nobody makes us hash a book."""
    return forms.CharField(
        label=_("Mot de passe"),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"class": "input", "autocomplete": "current-password"}),
        error_messages={"required": _("Écrivez votre mot de passe.")},
    )


def new_password() -> forms.CharField:
    """A password somebody chooses."""
    return forms.CharField(
        label=_("Nouveau mot de passe"),
        help_text=_(
            "Douze signes au moins. Quatre mots sans lien entre eux font un bon mot de passe."
        ),
        max_length=LONGEST,
        strip=False,
        widget=forms.PasswordInput({"class": "input", "autocomplete": "new-password"}),
        error_messages={"required": _("Choisissez un mot de passe.")},
    )


def email() -> forms.EmailField:
    """An ordinary address."""
    return forms.EmailField(
        label=_("Adresse électronique"),
        help_text=_("Vos codes de connexion y seront envoyés ; jamais rien sur votre santé."),
        widget=forms.EmailInput({"class": "input", "autocomplete": "email"}),
        error_messages={
            "required": _("Écrivez votre adresse électronique."),
            "invalid": _("Cette adresse n’a pas la bonne forme."),
        },
    )


def code(help_text: Any) -> forms.CharField:
    """Six digits."""
    return text(
        _("Code à six chiffres"),
        help_text,
        required=_("Écrivez le code."),
        autocomplete="one-time-code",
        inputmode="numeric",
    )


class DateField(forms.DateField):
    """A day, typed in a field of the browser or as on paper."""

    def __init__(self, label: Any, required: Any, help_text: Any = "") -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            input_formats=["%Y-%m-%d", "%d/%m/%Y"],
            widget=forms.DateInput({"class": "input", "type": "date"}, format="%Y-%m-%d"),
            error_messages={"required": required, "invalid": _("Ce n’est pas une date.")},
        )


class CardForm(forms.Form):
    """A carte Vitale, and who on it."""

    number = text(
        _("Numéro de la carte Vitale"),
        _("Treize chiffres, avec ou sans la clé. Pour un enfant, celui de la carte où il figure."),
        required=_("Écrivez le numéro de la carte."),
        inputmode="text",
        autocomplete="off",
    )
    serial = text(
        _("Numéro de série"),
        _("Les derniers chiffres imprimés sur la carte, sous votre nom."),
        required=_("Écrivez le numéro de série."),
        inputmode="numeric",
        autocomplete="off",
    )
    given_name = text(
        _("Premier prénom de naissance"),
        required=_("Écrivez le premier prénom."),
        autocomplete="given-name",
    )
    birth_date = DateField(_("Date de naissance"), _("Écrivez la date de naissance."))

    #: What is said of a field that has not its form; nothing was looked up then.
    MISTYPED = {
        "number": _("Ce numéro a une faute : vérifiez-le chiffre par chiffre."),
        "serial": _("Un numéro de série n’a que des chiffres."),
        "given_name": _("Un prénom n’a que des lettres."),
    }
    card: Card

    def clean(self) -> dict[str, Any]:
        """Reads the card; each mistake is said beside its field."""
        typed = super().clean() or {}
        born = typed.get("birth_date")
        if not self.errors and isinstance(born, date):
            try:
                self.card = Card.typed(typed["number"], typed["serial"], typed["given_name"], born)
            except CardMistyped as mistake:
                self.add_error(mistake.field, self.MISTYPED[mistake.field])
        return typed
