"""Papers in PDF/A: the letter with a provisional code, the proof of an opposition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Final

import typst
from django.utils import timezone, translation
from django.utils.dates import MONTHS
from django.utils.translation import gettext

from carnet.national.accounts.actions.space_status import Opposition
from carnet.standards.ins import BirthDate

_TEMPLATE: Final = "paper.typ"


@cache
def _source() -> bytes:
    return (files(__package__) / _TEMPLATE).read_bytes()


def _written(title: str, lines: Mapping[str, str], words: str) -> bytes:
    given = {"title": title, "lines": json.dumps(list(lines.items())), "words": words}
    return typst.compile(_source(), sys_inputs=given, pdf_standards=["a-2b"])


def _in_words(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local.day} {MONTHS[local.month]} {local.year}"


def invitation_letter(name: str, code: str, *, address: str) -> bytes:
    """The letter that brings a provisional code, in French; `address` is that of the space."""
    with translation.override("fr"):
        return _written(
            gettext("Votre espace de santé vous attend"),
            {
                gettext("Pour"): name,
                gettext("Code provisoire"): code,
                gettext("Adresse"): f"{address}/activation/",
            },
            gettext(
                "Munissez-vous de votre carte Vitale, ouvrez cette adresse et tapez ce code. Il est"
                " valable six semaines. Vous pouvez aussi refuser l’ouverture de votre espace, à la"
                " même adresse."
            ),
        )


def opposition_proof(opposition: Opposition) -> bytes:
    """The proof that a person refused a space, in French."""
    with translation.override("fr"):
        return _written(
            gettext("Attestation d’opposition"),
            {
                gettext("Personne"): opposition.name,
                gettext("Née le"): BirthDate.parse(opposition.birth_date_hl7).french,
                gettext("Opposition du"): _in_words(opposition.since),
                gettext("Référence"): opposition.reference,
            },
            gettext(
                "Cette personne s’est opposée à l’ouverture de son espace de santé. Aucun document"
                " n’y est déposé. Elle peut changer d’avis à tout moment, avec sa carte Vitale."
            ),
        )
