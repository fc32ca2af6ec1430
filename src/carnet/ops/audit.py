"""`carnet audit`: verify the journal, sign its days, check a citizen's receipt."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from carnet.ops import serve
from carnet.ops.language import gettext as _
from carnet.standards.ids import INS_OIDS, IdentifierError, Ins

_WRONG_USE = 2


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands of this group."""
    audit = commands.add_parser("audit", help="the proof that the journal was not changed")
    acts = audit.add_subparsers(required=True, metavar="ACT")
    verify = acts.add_parser("verify", help="read and hash everything again, name what differs")
    verify.add_argument("--patient", help="one person: the patient id or the matricule")
    verify.add_argument(
        "--deposits", type=Path, help="the signed days, brought back from where they were deposited"
    )
    verify.set_defaults(run=_verify)
    seal = acts.add_parser("seal", help="seal and sign now what the worker would")
    seal.set_defaults(run=_seal)
    check = acts.add_parser("check-receipt", help="check the file of a citizen, offline")
    check.add_argument("file", type=Path)
    check.add_argument(
        "--certificate", type=Path, help="the certificates that the operator publishes (PEM)"
    )
    check.set_defaults(run=_check_receipt)


def _with_the_journal(act: Callable[[argparse.Namespace], int]) -> Callable[..., int]:
    def run(given: argparse.Namespace) -> int:
        import django

        serve.use_settings("national")
        django.setup()
        from carnet.national.journal.signature import SignatureError

        try:
            return act(given)
        except (SignatureError, OSError) as error:
            print(f"carnet: {error}", file=sys.stderr)
            return 1

    return run


@_with_the_journal
def _verify(given: argparse.Namespace) -> int:
    from django.conf import settings

    from carnet.national.journal import signature, verifying

    if given.deposits and not given.deposits.is_dir():
        print(f"carnet: {given.deposits} is not a folder", file=sys.stderr)
        return _WRONG_USE
    patient_id = None
    if given.patient and (patient_id := _patient(given.patient)) is None:
        print("carnet: " + _("aucune personne n'a cet identifiant"), file=sys.stderr)
        return _WRONG_USE
    count, findings = verifying.Count(), 0
    for finding in verifying.verify(
        count,
        certificates=signature.trusted(settings.CARNET_AUDIT_CERT),
        patient_id=patient_id,
        deposits=given.deposits,
    ):
        findings += 1
        print(finding, flush=True)
    print(
        _(
            "%(lines)d lignes de %(chains)d chaînes relues, %(days)d jours signés, "
            "%(waiting)d lignes en attente de scellement : %(findings)d anomalie(s)"
        )
        % {
            "lines": count.lines,
            "chains": count.chains,
            "days": count.days,
            "waiting": count.waiting,
            "findings": findings,
        }
    )
    return 1 if findings else 0


def _patient(given: str) -> UUID | None:
    """The patient of this id or matricule, whatever its assigning authority."""
    from carnet.national.identity import queries as identity

    try:
        return UUID(given)
    except ValueError:
        pass  # not an id of ours, then
    try:
        every = [Ins(given, oid) for oid in sorted(INS_OIDS)]
    except IdentifierError:
        return None
    return next(filter(None, map(identity.patient_of, every)), None)


@_with_the_journal
def _seal(_given: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from carnet.national.journal import sealing, tasks

    sealed = 0
    while done := sealing.seal(now=datetime.now(UTC)):
        sealed += done
    tasks.sign()
    print(_("%d lignes scellées") % sealed)
    return 0


def _check_receipt(given: argparse.Namespace) -> int:
    from carnet.national.journal import receipt, signature
    from carnet.national.journal.signature import SignatureError

    try:
        checked = receipt.check(json.loads(given.file.read_bytes()))
        known = signature.trusted(given.certificate) if given.certificate else None
    except (OSError, ValueError) as error:
        print(f"carnet: {given.file}: {error}", file=sys.stderr)
        return _WRONG_USE
    except (receipt.ReceiptError, SignatureError) as error:
        print(f"{given.file}: {error}")
        return 1
    print(
        _("%(lines)d lignes, dont %(signed)d signées le %(day)s par %(signer)s")
        % {
            "lines": checked.lines,
            "signed": checked.signed,
            "day": checked.day,
            "signer": checked.certificate.subject.rfc4514_string(),
        }
    )
    print(_("empreinte du certificat (SHA-256) : %s") % signature.fingerprint(checked.certificate))
    if known is None:
        print(_("à comparer avec celle que l'opérateur publie"))
    elif signature.pem(checked.certificate) not in known:
        print(_("ce certificat n'est pas l'un de ceux de l'opérateur"))
        return 1
    return 0
