"""What a password must be (CNIL deliberation 2022-100, ANSSI guide on passwords v2.0).

Long rather than twisted, none that everybody knows, nothing of the person in it; no forced change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    NumericPasswordValidator,
    UserAttributeSimilarityValidator,
)
from django.core.exceptions import ValidationError

from carnet.national.accounts.models import Account

SHORTEST: Final = 12
LONGEST: Final = 200
_ABOUT: Final = ("login", "email", "name")


class PasswordTooWeak(ValueError):  # noqa: N818 - says what is the case
    """`problems` are sentences in the reader's language."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("the password is too weak")
        self.problems = tuple(problems)


def check(password: str, *, login: str, email: str = "", name: str = "") -> None:
    """Raises `PasswordTooWeak` with everything that is wrong."""
    person = Account(login=login, email=email)
    person.name = name  # type: ignore[attr-defined]
    problems: list[str] = []
    for validator in (
        MinimumLengthValidator(SHORTEST),
        CommonPasswordValidator(),
        NumericPasswordValidator(),
        UserAttributeSimilarityValidator(_ABOUT),
    ):
        try:
            validator.validate(password[:LONGEST], person)
        except ValidationError as error:
            problems += error.messages
    if problems:
        raise PasswordTooWeak(problems)
