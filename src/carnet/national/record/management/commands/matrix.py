"""`carnet manage national matrix FILE`: checks a version of the matrix, says what it changes."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from carnet.national.record import law
from carnet.national.record.rules.matrix import Matrix, MatrixError, read
from carnet.standards import nos


class Command(BaseCommand):
    """Reads a file as the server would; put it in `CARNET_MATRICES` to have it applied."""

    help = "check a version of the matrix profession x type, and say what it changes"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, help="a matrix (docs/reference/rules.md tells its form)"
        )

    def handle(self, *_arguments: Any, file: Path, **_options: Any) -> None:
        """Print what it is and what it changes; `CommandError` when it is none."""
        try:
            matrix = read(file.read_text("utf-8"))
            current = law.matrix(timezone.now())
        except (OSError, UnicodeDecodeError, MatrixError) as error:
            raise CommandError(f"{file}: {error}") from error
        types = {type_ for cells in matrix.cells.values() for type_ in cells}
        self.stdout.write(
            f"{matrix.version}, from {matrix.since}: {len(matrix.cells)} professions,"
            f" {len(types)} types, {_unconfirmed(matrix)} cells not confirmed"
        )
        self.stdout.write(f"compared with {current.version}, which is in force:")
        changes = list(_changes(current, matrix))
        self.stdout.write("\n".join(changes) or "nothing changes")


def _unconfirmed(matrix: Matrix) -> int:
    return sum(cell.endswith("?") for cells in matrix.cells.values() for cell in cells.values())


def _changes(old: Matrix, new: Matrix) -> Iterator[str]:
    for profession in sorted({*old.cells, *new.cells}):
        before, after = old.types_of(profession), new.types_of(profession)
        for sign, types in (("+", after - before), ("-", before - after)):
            for type_ in sorted(types):
                code, _separator, system = type_.partition("^^")
                yield f"{sign} {profession} {code} {nos.display(system, code)}"
