"""`carnet exchanges list|show|link`, with the environment of the national wing."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from carnet.national.exchanges import queries
from carnet.national.exchanges.queries import Exchanged, ExchangeNotFound, SealedByAnotherKey
from carnet.ops.exchanges.pages import ticket
from carnet.ops.exchanges.reading import explain
from carnet.ops.language import gettext as _
from carnet.ops.validate.report import as_object, lines


def list_exchanges(*, service: str, limit: int, as_json: bool) -> int:
    """Print the latest exchanges, newest first, a line each."""
    for line in queries.lines(service=service, limit=limit):
        if as_json:
            print(json.dumps(asdict(line), default=str, ensure_ascii=False))
        else:
            at = f"{line.at:%Y-%m-%d %H:%M:%S}"
            action = line.action.rpartition(":")[2]
            print(f"{line.id}  {at}  {line.status}  {line.service}  {action}  {line.outcome}")
    return 0


def show_exchange(given: str, *, raw: str, as_json: bool) -> int:
    """Print an exchange with the verdict on both sides, or one side as it was on the wire.

    The exit code is that of the worse verdict; 2 when there is no such exchange.
    """
    try:
        found = queries.exchange(UUID(given))
    except ValueError:
        return _wrong(_("%s n'est pas l'identifiant d'un échange.") % given)
    except ExchangeNotFound:
        return _wrong(_("Cet échange n'est pas, ou n'est plus, au journal."))
    except SealedByAnotherKey:
        return _wrong(_("Cet échange a été scellé par une autre clé."))
    if raw:
        sys.stdout.buffer.write(found.request if raw == "request" else found.answer)
        return 0
    return _told(found, as_json=as_json)


def _told(found: Exchanged, *, as_json: bool) -> int:
    explained = explain(found)
    sides = {"request": explained.request, "answer": explained.answer}
    if as_json:
        told = {side: as_object(side, decoded.verdict) for side, decoded in sides.items()}
        exchange = asdict(found.line) | {"vihf": dict(explained.vihf), **told}
        print(json.dumps(exchange, default=str, ensure_ascii=False))
    else:
        line = found.line
        print(f"{line.at:%Y-%m-%d %H:%M:%S}  {line.service}  {line.status}  {line.outcome}")
        print(f"  {line.caller}")
        print("".join(f"  {name}: {value}\n" for name, value in explained.vihf), end="")
        for side, decoded in sides.items():
            title = _("Demande") if side == "request" else _("Réponse")
            print("\n".join(lines(title, decoded.verdict)))
    return max(decoded.verdict.exit_code for decoded in sides.values())


def print_link() -> int:
    """Print an address that opens the pages of the log, once signed for an hour."""
    print(f"{settings.CARNET_SPACE_URL}{reverse('exchanges-enter')}?jeton={ticket()}")
    return 0


def _wrong(sentence: str) -> int:
    print(f"carnet: {sentence}", file=sys.stderr)
    return 2
