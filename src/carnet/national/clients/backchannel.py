"""Telling a client that a session has ended (OpenID Connect Back-Channel Logout 1.0 §2.5)."""

from __future__ import annotations

import logging
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, Final

_TIMEOUT: Final = 3.0
_log = logging.getLogger(__name__)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token is for the registered address and no other."""

    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def tell(address: str, token: str) -> bool:
    """POST the logout token to a registered address, http or https; whether it was taken.

    A client that does not answer keeps its session until its tokens expire: the log says so.
    """
    body = urllib.parse.urlencode({"logout_token": token}).encode()
    try:
        with _opener.open(address, body, timeout=_TIMEOUT):
            return True
    except (OSError, ValueError) as error:
        status = error.code if isinstance(error, urllib.error.HTTPError) else 0
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        _log.warning(
            "backchannel_logout_failed", extra={"reason": type(error).__name__, "status": status}
        )
        return False
