"""A citizen's browser, without the window: signs in to the space and looks at what is there.

The demonstration knows that a letter has arrived the way its reader does: by finding it on the
page. Nothing is asked of the database.
"""

from __future__ import annotations

import email
import email.policy
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Final

_TIMEOUT: Final = 60.0
_MAIL_POLL: Final = 0.2
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_CODE: Final = re.compile(r" : (\d{6})\b")
_UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DOCUMENT: Final = re.compile(rf'href="/documents/({_UUID})/"')
_CONVERSATION: Final = re.compile(rf'href="/messages/({_UUID})/"')


class ReaderError(Exception):
    """The space did not answer as to its reader; the sentence says what was asked and what came."""


class Reader:
    """Somebody signed in to the space at `base` (no trailing slash). Raises `ReaderError`.

    A code that the space asks for is read where it writes its mails, the folder `mails`.
    """

    def __init__(self, base: str, login: str, password: str, *, mails: Path) -> None:
        self._base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        token = _TOKEN.search(self._get("/connexion/"))
        if token is None:
            raise ReaderError("/connexion/ shows no form")
        page = self._open(
            "/connexion/", {"csrfmiddlewaretoken": token[1], "login": login, "password": password}
        )
        if _TOKEN.search(page) and 'name="code"' in page:
            page = self._open(
                "/connexion/code/",
                {"csrfmiddlewaretoken": _TOKEN.findall(page)[0], "code": _code(mails)},
            )
        if _TOKEN.search(page) and ('name="password"' in page or 'name="code"' in page):
            raise ReaderError("/connexion/ refused the login and the password")

    def documents(self) -> frozenset[str]:
        """The ids of the documents on the first page of the list."""
        return frozenset(_DOCUMENT.findall(self._get("/documents/")))

    def conversations(self) -> frozenset[str]:
        """The ids of the conversations on the first page of the mailbox."""
        return frozenset(_CONVERSATION.findall(self._get("/messages/")))

    def document(self, document_id: str) -> str:
        """The page of a document, as HTML."""
        return self._get(f"/documents/{document_id}/")

    def _get(self, path: str) -> str:
        return self._open(path, None)

    def _open(self, path: str, form: dict[str, str] | None) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(  # noqa: S310 - the space's own address
            self._base + path, data, headers={"Referer": self._base + path}
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            error.close()
            raise ReaderError(f"{path} answered {error.code}") from None
        except OSError as error:
            raise ReaderError(f"{path} did not answer: {error}") from None


def _code(mails: Path) -> str:
    """The code of the newest mail of this folder, waited for."""
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline:
        for path in sorted(mails.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
            read = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            found = _CODE.search(read.get_content())
            if found:
                return found[1]
        time.sleep(_MAIL_POLL)
    raise ReaderError("no code came by mail")
