"""`carnet manage national invitation_letters FOLDER`: the letters with provisional codes."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from carnet.national.accounts import actions, papers
from carnet.national.identity import queries as identity
from carnet.national.journal.actors import System


class Command(BaseCommand):
    """Writes a PDF for each letter that waits; each code is given once."""

    help = "Write the letters with provisional codes, a PDF each, in a folder; each is given once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="an existing folder")

    def handle(self, *_arguments: Any, folder: Path, **_options: Any) -> None:
        """Raises `CommandError` when there is no such folder: no code is lost then."""
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        for patient_id, code in actions.take_letters(System("letters"), now=timezone.now()):
            person = identity.person(patient_id)
            name = person.name if person else ""
            letter = papers.invitation_letter(name, code, address=settings.CARNET_SPACE_URL)
            path = folder / f"{patient_id}.pdf"
            path.touch(mode=0o600)
            path.write_bytes(letter)
            self.stdout.write(str(path))
