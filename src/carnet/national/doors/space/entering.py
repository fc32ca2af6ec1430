"""What every way of signing in shares: who asks from where, and the session that opens at last."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from carnet.national.accounts import actions as accounts
from carnet.national.accounts.actions.passkeys import Site
from carnet.national.accounts.rules import DEVICE_TRUSTED, Method
from carnet.national.doors.space.visit import SESSION

#: Session keys of what is under way before anybody is signed in; each is forgotten in minutes.
_ENTERING: Final = "entering"
_REOPENING: Final = "reopening"
_LASTS: Final = timedelta(minutes=15)

_BROWSERS: Final = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"))
_MORE_BROWSERS: Final = (("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def source(request: HttpRequest) -> str:
    """The network address that the request comes from; a /64 for IPv6, which one person holds.

    What a front says is believed only when the front is on this machine, and only its own word:
    the last one.
    """
    direct = request.META.get("REMOTE_ADDR") or ""
    said = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    for address, believed in ((said, _local(direct)), (direct, True)):
        try:
            found = ip_address(address)
        except ValueError:
            continue
        if believed:
            wide = isinstance(found, IPv6Address)
            return str(ip_network((found, 64), strict=False)) if wide else str(found)
    return "unknown"


def _local(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True  # a socket of this machine


def browser(request: HttpRequest) -> str:
    """The browser as its owner would call it: « Firefox, Linux »."""
    said = request.headers.get("User-Agent", "")
    known = [name for mark, name in (*_BROWSERS, *_MORE_BROWSERS) if f"{mark}/" in said]
    systems = [name for mark, name in _SYSTEMS if mark in said]
    return ", ".join([*known[:1], *systems[:1]]) or gettext("Navigateur inconnu")


def site(request: HttpRequest) -> Site | None:
    """What passkeys are bound to: the name of this site; none when it is called by a number."""
    domain = re.sub(r":\d+$", "", request.get_host())
    if domain.replace(".", "").isdigit() or ":" in domain:
        return None
    return Site(domain, f"{request.scheme}://{request.get_host()}")


@dataclass(frozen=True, slots=True)
class Entering:
    """Somebody whose password was right, and of whom a code is still asked."""

    account_id: UUID
    code_from: str
    way_back: str


def ask_for_code(request: HttpRequest, known: accounts.Recognised, way_back: str) -> HttpResponse:
    """Remember who is entering, in a session of a new key, and go and ask for the code."""
    request.session.cycle_key()
    request.session[_ENTERING] = {
        "account": str(known.account_id),
        "from": known.code_from,
        "next": way_back,
        "at": timezone.now().isoformat(),
    }
    return HttpResponseRedirect(reverse("space:sign-in-code"))


def entering(request: HttpRequest) -> Entering | None:
    """Who is entering, while it lasts."""
    kept = request.session.get(_ENTERING)
    if not kept or _too_old(kept):
        return None
    return Entering(UUID(kept["account"]), kept["from"], kept["next"])


def let_in(
    request: HttpRequest,
    account_id: UUID,
    method: Method,
    *,
    way_back: str,
    device_id: UUID | None = None,
) -> HttpResponse:
    """Open the session of somebody who proved who they are; a closed account may be reopened."""
    now = timezone.now()
    request.session.pop(_ENTERING, None)
    try:
        account, session_id = accounts.open_session(
            account_id, method, name=browser(request), device_id=device_id, now=now
        )
    except accounts.AccountClosed:
        request.session.cycle_key()
        request.session[_REOPENING] = {
            "account": str(account_id),
            "method": method,
            "at": now.isoformat(),
        }
        return HttpResponseRedirect(reverse("space:reopen"))
    auth.login(request, account)
    request.session[SESSION] = str(session_id)
    return HttpResponseRedirect(way_back)


def reopening(request: HttpRequest) -> tuple[UUID, Method] | None:
    """Who has just proved who they are and finds their account closed."""
    kept = request.session.get(_REOPENING)
    if not kept or _too_old(kept):
        return None
    return UUID(kept["account"]), Method(kept["method"])


def end_reopening(request: HttpRequest) -> None:
    """Forget it: it was answered."""
    request.session.pop(_REOPENING, None)


def _too_old(kept: dict[str, Any]) -> bool:
    return timezone.now() - datetime.fromisoformat(kept["at"]) > _LASTS


def _device_cookie() -> str:
    return f"{'__Host-' if settings.SESSION_COOKIE_SECURE else ''}carnet_space_device"


def device(request: HttpRequest) -> str:
    """The cookie of a trusted browser, whatever it holds."""
    return request.COOKIES.get(_device_cookie(), "")


def keep_device(response: HttpResponse, value: str) -> None:
    """Give the browser the cookie that makes it known; no script reads it."""
    response.set_cookie(
        _device_cookie(),
        value,
        max_age=DEVICE_TRUSTED,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_device(response: HttpResponse) -> None:
    """Take the cookie back."""
    response.delete_cookie(_device_cookie(), samesite="Lax")
