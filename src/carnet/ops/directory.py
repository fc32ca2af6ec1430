"""`carnet directory`: the public extracts brought in, mailboxes published and withdrawn."""

from __future__ import annotations

import argparse
import resource
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from carnet.ops import serve
from carnet.ops.language import gettext as _

if TYPE_CHECKING:
    from carnet.national.directory.importing import Progress

#: Refused lines that are shown; the file of `--refused` has all.
_SHOWN: Final = 20
_OPERATOR: Final = "carnet directory"


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this group."""
    directory = commands.add_parser("directory", help="the directory of professionals")
    acts = directory.add_subparsers(required=True, metavar="ACT")
    load = acts.add_parser("import", help="bring public extracts in; a stopped import goes on")
    load.add_argument("files", nargs="+", type=Path, metavar="FILE", help="as they come, or ZIP")
    load.add_argument("--refused", type=Path, metavar="FILE", help="write each refused line here")
    load.add_argument(
        "--most-closed",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="most that an extract may close of what is open (default: 0.1)",
    )
    load.set_defaults(run=_import)
    publish = acts.add_parser("publish", help="make a mailbox known")
    publish.add_argument("address")
    publish.add_argument("--kind", required=True, choices=("PER", "ORG", "APP", "CAB"))
    publish.add_argument("--professional", metavar="PS_IDNAT")
    publish.add_argument("--structure", metavar="STRUCT_IDNAT")
    publish.add_argument("--description", default="")
    publish.add_argument("--service", default="")
    publish.add_argument("--unlisted", action="store_true", help="liste rouge: shown to nobody")
    publish.set_defaults(run=_publish)
    withdraw = acts.add_parser("withdraw", help="take a mailbox out")
    withdraw.add_argument("address")
    withdraw.set_defaults(run=_withdraw)


def _import(given: argparse.Namespace) -> int:
    _ready()
    from carnet.national.directory.importing import ImportFailed, load
    from carnet.national.journal.actors import System
    from carnet.standards.directory.extracts import ExtractError

    failed = 0
    with ExitStack() as closing:
        written = closing.enter_context(given.refused.open("w")) if given.refused else None
        for path in given.files:
            shown = 0

            def refuse(line: int, reason: str, path: Path = path) -> None:
                nonlocal shown
                shown += 1
                told = f"{path.name}:{line}: {reason}"
                if written:
                    print(told, file=written)
                if shown <= _SHOWN:
                    print(told, file=sys.stderr)

            began = time.monotonic()
            try:
                done = load(
                    System(_OPERATOR),
                    path,
                    now=datetime.now(UTC),
                    progress=_told,
                    refuse=refuse,
                    most_closed=given.most_closed,
                )
            except (ExtractError, ImportFailed, OSError) as error:
                print(f"carnet: {path}: {error}", file=sys.stderr)
                failed = 1
                continue
            _print_end(path, done, time.monotonic() - began)
    return failed


def _told(progress: Progress) -> None:
    print(
        f"{progress.kind}: {progress.line} lines, {progress.refused} refused",
        file=sys.stderr,
        flush=True,
    )


def _print_end(path: Path, done: Progress, seconds: float) -> None:
    lines = done.line - done.resumed_at
    print(
        _(
            "%(file)s : %(rows)d ligne(s) reprise(s), %(refused)d refusée(s), %(closed)d"
            " fermeture(s) ; %(rate)d lignes/s, %(memory)d Mo"
        )
        % {
            "file": path.name,
            "rows": done.rows,
            "refused": done.refused,
            "closed": done.closed,
            "rate": lines / max(seconds, 0.001),
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    )


def _publish(given: argparse.Namespace) -> int:
    _ready()
    from carnet.national.directory import actions
    from carnet.national.journal.actors import System
    from carnet.standards.ids import IdentifierError, PsIdNat, StructIdNat
    from carnet.standards.mss.addresses import AddressError

    try:
        actions.publish_mailbox(
            System(_OPERATOR),
            given.address,
            kind=given.kind,
            professional=PsIdNat(given.professional) if given.professional else None,
            structure=StructIdNat(given.structure) if given.structure else None,
            description=given.description,
            service=given.service,
            unlisted=given.unlisted,
            now=datetime.now(UTC),
        )
    except (IdentifierError, AddressError, LookupError) as error:
        print(f"carnet: {error}", file=sys.stderr)
        return 1
    return 0


def _withdraw(given: argparse.Namespace) -> int:
    _ready()
    from carnet.national.directory import actions
    from carnet.national.journal.actors import System
    from carnet.standards.mss.addresses import AddressError

    try:
        found = actions.withdraw_mailbox(System(_OPERATOR), given.address, now=datetime.now(UTC))
    except AddressError as error:
        print(f"carnet: {error}", file=sys.stderr)
        return 1
    if not found:
        print(_("carnet : l’annuaire n’a pas cette boîte aux lettres"), file=sys.stderr)
    return 0 if found else 1


def _ready() -> None:
    import django

    serve.use_settings("national")
    django.setup()
