"""`carnet record export|import`: a whole record as one file."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from carnet.ops import serve
from carnet.ops.language import gettext as _


def add_to(acts: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands on archives."""
    export = acts.add_parser("export", help="a whole record as one file, for its holder")
    export.add_argument("patient", type=UUID, help="patient id")
    export.add_argument("file", type=Path, help="the archive to write; it must not exist")
    export.add_argument(
        "--whole",
        action="store_true",
        help="for another Carnet, never for the holder: with what they must not know yet",
    )
    export.set_defaults(run=_export)
    take = acts.add_parser("import", help="the record of an archive becomes a record here")
    take.add_argument("file", type=Path)
    take.set_defaults(run=_import)


def _export(given: argparse.Namespace) -> int:
    _ready()
    from carnet.national.clients.documents import DocumentStoreError
    from carnet.national.journal.actors import Citizen, System
    from carnet.national.record.archive.exporting import export_record

    holder = Citizen(given.patient, given.patient, "")
    try:
        descriptor = os.open(given.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        print(f"carnet: {given.file}: {error.strerror}", file=sys.stderr)
        return 2
    try:
        with os.fdopen(descriptor, "wb") as file:
            documents = export_record(
                System("carnet record export"),
                holder,
                given.patient,
                file,
                now=datetime.now(UTC),
                whole=given.whole,
            )
    except (LookupError, DocumentStoreError, OSError) as error:
        given.file.unlink(missing_ok=True)
        print(f"carnet: {error}", file=sys.stderr)
        return 1
    print(_("%d documents dans %s") % (documents, given.file))
    return 0


def _import(given: argparse.Namespace) -> int:
    _ready()
    from carnet.national.journal.actors import System
    from carnet.national.record.archive.importing import ArchiveError, import_record

    try:
        with given.file.open("rb") as file:
            imported = import_record(System("carnet record import"), file, now=datetime.now(UTC))
    except (ArchiveError, OSError) as error:
        print(f"carnet: {given.file}: {error}", file=sys.stderr)
        return 1
    print(_("%d documents repris, personne %s") % (imported.documents, imported.patient_id))
    return 0


def _ready() -> None:
    import django

    serve.use_settings("national")
    django.setup()
