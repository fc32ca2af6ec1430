"""The forms of an arrival: what is typed is checked here, what it means elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from carnet.establishment.patients.vigilance import Declared
from carnet.standards.ids import IdentifierError, matricule_key
from carnet.standards.ins import UNKNOWN_PLACE, BirthDate, Sex, TraitError, Traits, birth_places
from carnet.standards.ins.lexical import Trait, normalise

_TYPED: Final = re.compile(r"([0-9]{1,2})[/. -]?([0-9]{2})[/. -]?([0-9]{4})")
_COG: Final = re.compile(r"[0-9][0-9AB][0-9]{3}")
#: What is wrong with a trait, by its name: the reasons of the standard are in English.
_WRONG: Final = {
    Trait.SEX: _("Choisir le sexe."),
    Trait.BIRTH_DATE: _(
        "Taper la date sous la forme JJ/MM/AAAA, 00 pour un jour ou un mois inconnu."
    ),
    Trait.BIRTH_PLACE: _("Ce lieu n’est pas un code COG de cinq caractères."),
}
_NAME: Final = _("Seuls lettres, espaces, tirets et apostrophes sont admis, et pas en bout de nom.")
_FIELDS: Final = {
    Trait.BIRTH_NAME: "birth_name",
    Trait.FIRST_GIVEN_NAME: "first_given_name",
    Trait.GIVEN_NAMES: "given_names",
    Trait.SEX: "sex",
    Trait.BIRTH_DATE: "birth_date",
    Trait.BIRTH_PLACE: "birth_place",
}


def _text(label: Any, *, required: bool = False, **attributes: str) -> forms.CharField:
    """A line of text as the desk draws it; the browser keeps and corrects nothing of a patient."""
    given = {"class": "input", "autocomplete": "off", "spellcheck": "false", **attributes}
    return forms.CharField(
        label=label, required=required, max_length=100, widget=forms.TextInput(given)
    )


def birth_date(text: str) -> BirthDate | None:
    """A date as it is typed at a desk, with or without separators. None when it is none.

    A day of the calendar, or one whose day, or day and month, are unknown (00). A lunar date comes
    from INSi, never from a keyboard.
    """
    found = _TYPED.fullmatch(text.strip())
    if not found:
        return None
    day, month, year = found.groups()
    try:
        born = BirthDate.parse(f"{year}{month}{int(day):02d}")
    except TraitError:
        return None
    if born.complete:
        return born if born.calendar else None
    return born if born.day is None and (born.month is None or born.month <= 12) else None


class SearchForm(forms.Form):
    """Who arrives? A date of birth with some letters, or a number (EXI SI 01 to 03): no one bar."""

    birth_date = _text(_("Date de naissance"), inputmode="numeric", placeholder="JJ/MM/AAAA")
    name = _text(_("Premières lettres du nom"))
    given_name = _text(_("Premières lettres du prénom"))
    number = _text(_("IPP ou matricule INS"))

    def clean_birth_date(self) -> BirthDate | None:
        typed = self.cleaned_data["birth_date"]
        if not typed:
            return None
        found = birth_date(typed)
        if found is None:
            raise forms.ValidationError(_WRONG[Trait.BIRTH_DATE])
        return found

    def clean_number(self) -> str:
        number = self.cleaned_data["number"].replace(" ", "").upper()
        if re.fullmatch(r"[0-9]{5}[0-9AB]{2}[0-9]{8}", number):
            try:
                good = matricule_key(number[:13]) == number[13:]
            except IdentifierError:
                good = False
            if not good:
                raise forms.ValidationError(
                    _("La clé de ce matricule est fausse : vérifier les chiffres tapés.")
                )
        return str(number)

    def clean_name(self) -> str:
        return self._letters("name")

    def clean_given_name(self) -> str:
        return self._letters("given_name")

    def _letters(self, field: str) -> str:
        try:
            return normalise(self.cleaned_data[field])
        except TraitError:
            raise forms.ValidationError(_NAME) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("birth_date") and not cleaned.get("number"):
            raise forms.ValidationError(_("Taper une date de naissance, ou un numéro."))
        return cleaned


class TraitsForm(forms.Form):
    """An identity, one field a trait (EXI SI 04, 05, 21); nothing is filled by itself."""

    birth_name = _text(_("Nom de naissance"), required=True)
    first_given_name = _text(_("Premier prénom de naissance"), required=True)
    given_names = _text(_("Liste des prénoms de naissance"))
    birth_date = _text(
        _("Date de naissance"), required=True, inputmode="numeric", placeholder="JJ/MM/AAAA"
    )
    sex = forms.ChoiceField(
        label=_("Sexe"),
        choices=[
            ("", "–"),
            ("F", _("Féminin")),
            ("M", _("Masculin")),
            ("I", _("Indéterminé")),
        ],
        widget=forms.Select({"class": "input"}),
    )
    birth_place = _text(_("Lieu de naissance (commune, pays, ou code)"))
    used_name = _text(_("Nom utilisé"))
    used_given_name = _text(_("Prénom utilisé"))
    address = _text(_("Adresse"))
    phone = _text(_("Téléphone"), inputmode="tel")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # A page may hold the form of a search too, whose fields have the same names.
        super().__init__(*arguments, **{"auto_id": "trait_%s", **options})

    #: The places among which to choose, when the name typed is that of several.
    places: tuple[birth_places.Place, ...] = ()
    #: What the table says of the place that was taken.
    standing: birth_places.Standing | None = None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        born = birth_date(cleaned["birth_date"])
        if born is None:
            self.add_error("birth_date", str(_WRONG[Trait.BIRTH_DATE]))
            return cleaned
        place = self._place(cleaned["birth_place"].strip(), born)
        if place is None:
            return cleaned
        self.standing = birth_places.standing(place, born) if place else None
        try:
            cleaned["declared"] = Declared(
                Traits.of(
                    cleaned["birth_name"],
                    cleaned["first_given_name"],
                    cleaned["sex"],
                    born.hl7,
                    given_names=cleaned["given_names"],
                    birth_place=place,
                ),
                used_name=_upper(cleaned["used_name"]),
                used_given_name=_upper(cleaned["used_given_name"]),
                address=cleaned["address"],
                phones=(cleaned["phone"],) if cleaned["phone"] else (),
            )
        except TraitError as error:
            begins = error.trait is Trait.FIRST_GIVEN_NAME and cleaned["given_names"]
            said = _("Le premier prénom doit commencer la liste des prénoms.") if begins else _NAME
            self.add_error(_FIELDS[error.trait], str(_WRONG.get(error.trait, said)))
        return cleaned

    def _place(self, typed: str, born: BirthDate) -> str | None:
        """The code of what was typed; None, and an error, when it is not one place."""
        code = typed.upper()
        if not typed or _COG.fullmatch(code):
            return code
        found = birth_places.search(typed, born, limit=30)
        whole = {p.code for p in found if _same(p.name, typed)}
        if len(whole) == 1:
            return whole.pop()
        self.places = found
        self.add_error(
            "birth_place",
            str(
                _("Plusieurs lieux portent ce nom : choisir le code.")
                if found
                else _("Aucun lieu de ce nom à cette date : taper un code, 99999 si inconnu.")
            ),
        )
        return None


def _same(name: str, typed: str) -> bool:
    try:
        return normalise(name) == normalise(typed)
    except TraitError:
        return False


def _upper(text: str) -> str:
    try:
        return normalise(text)
    except TraitError:
        return text.upper()


def initial(traits: Traits) -> Mapping[str, str]:
    """The fields of `TraitsForm` that say these traits."""
    return {
        "birth_name": traits.birth_name,
        "first_given_name": traits.first_given_name,
        "given_names": traits.given_names,
        "birth_date": traits.birth_date.french,
        "sex": "" if traits.sex is Sex.UNDETERMINED else traits.sex.value,
        "birth_place": "" if traits.birth_place == UNKNOWN_PLACE else traits.birth_place,
    }
