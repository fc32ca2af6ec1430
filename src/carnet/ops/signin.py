"""Who may use the sandbox's stand-in providers: our own two sites, and those added by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from carnet.ops.home import Home, HomeError
from carnet.ops.wiring import DESK_CLIENT, SPACE_CLIENT, Addresses

_OURS: Final = (DESK_CLIENT, SPACE_CLIENT)


def write_clients(home: Home, addresses: Addresses) -> None:
    """Write our two clients, whose addresses change with the ports; the others are left.

    Raises `HomeError` when the file was changed by hand into something that is not one.
    """
    path = home.signin_clients
    others = [each for each in _listed(path) if each.get("client_id") not in _OURS]
    ours: list[dict[str, Any]] = [
        {
            "client_id": DESK_CLIENT,
            "provider": "psc",
            "name": "Passerelle Carnet",
            "secret": home.secret("psc-secret").read_text(encoding="ascii"),
            "redirect_uris": [f"{addresses.desk}/connexion/psc/retour/"],
            "post_logout_redirect_uris": [f"{addresses.desk}/connexion/"],
            "backchannel_logout_uri": f"{addresses.desk}/connexion/psc/fin/",
        },
        {
            "client_id": SPACE_CLIENT,
            "provider": "franceconnect",
            "name": "Carnet",
            "secret": home.secret("franceconnect-secret").read_text(encoding="ascii"),
            "redirect_uris": [f"{addresses.space}/connexion/franceconnect/retour/"],
            "post_logout_redirect_uris": [f"{addresses.space}/connexion/"],
        },
    ]
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_text(
        json.dumps({"clients": ours + others}, indent=2, ensure_ascii=False), encoding="utf-8"
    )
    aside.rename(path)


def _listed(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["clients"]
        if not all(isinstance(each, dict) for each in listed):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise HomeError(f'{path} is not a file of clients {{"clients": […]}}: mend it') from error
    return list(listed)
