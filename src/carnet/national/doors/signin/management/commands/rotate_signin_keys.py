"""`carnet manage national rotate_signin_keys`: the stand-in providers sign with new keys."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from carnet.national.doors.signin import actions
from carnet.national.doors.signin.providers import PROVIDERS


class Command(BaseCommand):
    """Draws a key for each provider; the former ones are published for a day more."""

    help = "Sign with new keys; the former ones stay published for a day."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("providers", nargs="*", help="psc, franceconnect; all if none")

    def handle(self, *_arguments: Any, providers: list[str], **_options: Any) -> None:
        """Raises `CommandError` for a provider that is none."""
        if unknown := set(providers) - set(PROVIDERS):
            raise CommandError(f"{', '.join(unknown)}: no such provider")
        for each in providers or PROVIDERS:
            self.stdout.write(f"{each} {actions.rotate_keys(each, now=timezone.now())}")
