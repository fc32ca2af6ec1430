"""`carnet manage establishment link_professional LOGIN IDNAT`: who comes by Pro Santé Connect."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction

from carnet.establishment.accounts import prosante
from carnet.establishment.patients import operators


class Command(BaseCommand):
    """Says which operator a professional is."""

    help = "Say which operator a professional of Pro Santé Connect is (idNat_PS)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("login", help="of an operator of the desk")
        parser.add_argument("idnat", help="idNat_PS: 8 and the RPPS number, or another")

    def handle(self, *_arguments: Any, login: str, idnat: str, **_options: Any) -> None:
        """Raises `CommandError` for an unknown login, or a professional who is another operator."""
        operator = operators.of_login(login)
        if operator is None:
            raise CommandError(f"{login} is no operator of the desk")
        try:
            with transaction.atomic():
                prosante.link(operator.account_id, idnat)
        except IntegrityError as error:
            raise CommandError(f"{idnat} is another operator already") from error
