"""The command line `carnet`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from cryptography import x509

from carnet import __version__
from carnet.ops import audit, directory, home, record, serve
from carnet.ops.home import Home
from carnet.ops.pki import Authority, Kind, PkiError, organisation_name
from carnet.ops.settings.environment import ConfigurationError

_WRONG_USE = 2
_ORGANISATION_KINDS = [str(kind) for kind in (Kind.SERVER, Kind.ORG_AUTH_CLI, Kind.ORG_SIGN)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 failed, 2 wrongly asked or configured."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except ConfigurationError as error:
        print(f"carnet: {error}", file=sys.stderr)
        return _WRONG_USE
    except PkiError as error:
        print(f"carnet: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="carnet", description="An open implementation of the Mon espace santé ecosystem."
    )
    parser.add_argument("--version", action="version", version=f"carnet {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="start everything here and play one letter")
    demo.add_argument(
        "--check",
        action="store_true",
        help="on free ports, in a temporary folder: play one letter, print JSON, stop",
    )
    demo.add_argument(
        "--home",
        type=Path,
        help=f"where to keep everything (default: {home.HOME_VARIABLE} or the usual place)",
    )
    demo.set_defaults(run=_demo)

    service = commands.add_parser("serve", help="run one process, configured by its environment")
    service.add_argument("process", choices=sorted(serve.SERVICES))
    service.set_defaults(run=_serve)

    manage = commands.add_parser("manage", help="run a Django command of a wing")
    manage.add_argument("wing", choices=("national", "establishment"))
    manage.add_argument("command", nargs=argparse.REMAINDER)
    manage.set_defaults(run=_manage)

    prepare = commands.add_parser(
        "prepare", help="migrate the database of a wing and load the demonstration's region"
    )
    prepare.add_argument("wing", choices=("national", "establishment"))
    prepare.set_defaults(run=_prepare)

    pki = commands.add_parser("pki", help="certificates of the demonstration's test authority")
    pki.add_argument("--home", type=Path, help="as for demo")
    acts = pki.add_subparsers(required=True, metavar="ACT")
    issue = acts.add_parser("issue", help="a certificate and its key, for your own software")
    issue.add_argument("kind", choices=_ORGANISATION_KINDS)
    issue.add_argument("name", help="common name")
    issue.add_argument("--structure", required=True, help="Struct_IdNat: 1 and the FINESS number")
    issue.add_argument("--organisation", required=True)
    issue.add_argument("--department", default="Val d'Aubre (99)")
    issue.set_defaults(run=_issue)
    revoke = acts.add_parser("revoke", help="put a certificate on the revocation list")
    revoke.add_argument("certificate", type=Path, help="its file (PEM)")
    revoke.set_defaults(run=_revoke)

    for group in (audit, record, directory):
        group.add_to(commands)

    exchanges = commands.add_parser(
        "exchanges", help="what software sent to the services of a sandbox, judged rule by rule"
    )
    acts = exchanges.add_subparsers(required=True, metavar="ACT")
    listed = acts.add_parser("list", help="the latest exchanges, newest first")
    listed.add_argument("--service", default="", help="of one service: patients, registry…")
    listed.add_argument("--limit", type=int, default=50)
    listed.add_argument("--json", action="store_true", help="an object a line")
    listed.set_defaults(run=_list_exchanges)
    shown = acts.add_parser("show", help="one exchange, with the verdict on both sides")
    shown.add_argument("id")
    shown.add_argument("--raw", choices=("request", "answer"), help="these bytes, as they were")
    shown.add_argument("--json", action="store_true", help="print one object")
    shown.set_defaults(run=_show_exchange)
    link = acts.add_parser("link", help="an address that opens the pages of the log for an hour")
    link.set_defaults(run=_link_exchanges)

    validate = commands.add_parser(
        "validate", help="say what files are (CDA, XDM, XDS, HL7 v2) and what is wrong in them"
    )
    validate.add_argument("files", nargs="+", type=Path, metavar="FILE")
    validate.add_argument("--json", action="store_true", help="print findings as JSON")
    validate.set_defaults(run=_validate)
    return parser


def _demo(given: argparse.Namespace) -> int:
    from carnet.ops import demo

    if given.check:
        return demo.check()
    return demo.demo(_home(given).folder)


def _home(given: argparse.Namespace) -> Home:
    named = given.home.expanduser().absolute() if given.home else None
    return Home(named or home.default_folder(os.environ))


def _issue(given: argparse.Namespace) -> int:
    subject = organisation_name(
        given.name,
        struct_idnat=given.structure,
        organisation=given.organisation,
        department=given.department,
    )
    issued = Authority.open(_home(given).pki).issue(Kind(given.kind), subject)
    print(issued.chain_path, issued.key_path, sep="\n")
    return 0


def _revoke(given: argparse.Namespace) -> int:
    try:
        serial = x509.load_pem_x509_certificate(given.certificate.read_bytes()).serial_number
    except (OSError, ValueError) as error:
        raise PkiError(f"{given.certificate} is not a certificate in PEM: {error}") from error
    Authority.open(_home(given).pki).revoke(serial)
    return 0


def _serve(given: argparse.Namespace) -> int:
    serve.serve(given.process)
    return 0


def _manage(given: argparse.Namespace) -> int:
    from django.core.management import execute_from_command_line

    serve.use_settings(given.wing)
    execute_from_command_line([f"carnet manage {given.wing}", *given.command])
    return 0


def _prepare(given: argparse.Namespace) -> int:
    import django

    from carnet.ops import demo

    serve.use_settings(given.wing)
    django.setup()
    demo.prepare(given.wing)
    return 0


def _list_exchanges(given: argparse.Namespace) -> int:
    listing = _exchanges().list_exchanges
    return int(listing(service=given.service, limit=given.limit, as_json=given.json))


def _show_exchange(given: argparse.Namespace) -> int:
    return int(_exchanges().show_exchange(given.id, raw=given.raw or "", as_json=given.json))


def _link_exchanges(_given: argparse.Namespace) -> int:
    return int(_exchanges().print_link())


def _exchanges() -> ModuleType:
    """The commands on exchanges, which need the national wing's settings."""
    import django

    serve.use_settings("national")
    django.setup()
    from carnet.ops.exchanges import command

    return command


def _validate(given: argparse.Namespace) -> int:
    from carnet.ops import validate

    return validate.run(given.files, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
