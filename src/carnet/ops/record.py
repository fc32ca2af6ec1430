"""`carnet record`: what an operator does with the documents of the record."""

from __future__ import annotations

import argparse
import sys
from uuid import UUID

from carnet.ops import archive, documents, serve
from carnet.ops.language import gettext as _

#: Documents between two lines of progress.
_STEP = 100


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this group."""
    record = commands.add_parser("record", help="the documents of the record")
    acts = record.add_subparsers(required=True, metavar="ACT")
    reindex = acts.add_parser("reindex", help="read for searches what is not read yet")
    reindex.add_argument("--all", action="store_true", help="read everything anew")
    reindex.add_argument("--patient", type=UUID, metavar="ID", help="of one patient id")
    reindex.add_argument(
        "--after", nargs=2, type=UUID, metavar=("PATIENT", "DOCUMENT"), help="go on after these"
    )
    reindex.set_defaults(run=_reindex)
    documents.add_to(acts)
    archive.add_to(acts)


def _reindex(given: argparse.Namespace) -> int:
    import django

    serve.use_settings("national")
    django.setup()
    from carnet.national.record.finding import reading

    done = reading.Progress()
    for patient_id, document_id in reading.reindex(
        done,
        everything=given.all,
        patient_id=given.patient,
        after=(given.after[0], given.after[1]) if given.after else None,
    ):
        if not done.read % _STEP:
            print(f"{done.read} --after {patient_id} {document_id}", file=sys.stderr, flush=True)
    print(
        _("%(read)d document(s) lu(s), %(failed)d en échec : voir le journal technique")
        % {"read": done.read, "failed": done.failed}
        if done.failed
        else _("%(read)d document(s) lu(s)") % {"read": done.read}
    )
    return 1 if done.failed else 0
