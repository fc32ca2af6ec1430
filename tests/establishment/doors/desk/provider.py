"""A stand-in Pro Santé Connect beside the desk, whose personas are those of the region."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from carnet.ops.region import personas
from carnet.ops.region.places import professional

SECRET = "a secret of the desk, longer than thirty-two characters"
CARDIOLOGIST = str(professional("cardio").idnat)


def install(url: str, folder: Path, settings: Any) -> None:
    """Make the desk at `url` a client of the stand-in at the same address."""
    file = folder / "clients.json"
    desk = {
        "client_id": "passerelle",
        "provider": "psc",
        "name": "Passerelle",
        "secret": SECRET,
        "redirect_uris": [f"{url}/connexion/psc/retour/"],
        "post_logout_redirect_uris": [f"{url}/connexion/"],
        "backchannel_logout_uri": f"{url}/connexion/psc/fin/",
    }
    file.write_text(json.dumps({"clients": [desk]}), encoding="utf-8")
    settings.CARNET_SIGNIN_URL = settings.CARNET_DESK_URL = url
    settings.CARNET_SIGNIN_CLIENTS = file
    settings.CARNET_PSC_ISSUER = f"{url}/auth/realms/esante-wallet"
    settings.CARNET_PSC_DISCOVERY = (
        f"{settings.CARNET_PSC_ISSUER}/.well-known/wallet-openid-configuration"
    )
    settings.CARNET_PSC_CLIENT_ID, settings.CARNET_PSC_CLIENT_SECRET = "passerelle", SECRET
    personas.load()
