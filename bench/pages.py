"""The pages of the space on a record of 300 documents, as their holder reads them, signed in.

`python -m bench.pages PATIENT DOCUMENTS` makes that life from the record's one document (other
documents, accesses, messages), opens a session and prints what a browser would know of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote
from uuid import UUID

from bench import mail, paths, searching
from bench.paths import Batch

_ACCESSES: Final = 300
_MESSAGES: Final = 40

_READ: Final = """
INSERT INTO journal_trace
SELECT line.* FROM journal_trace old, generate_series(1, %s) AS place,
       LATERAL jsonb_populate_record(old, jsonb_build_object(
           'id', uuidv7(), 'at', old.at - make_interval(secs => place),
           'actor_label', old.actor_label || ' ' || place)) AS line
 WHERE old.patient_id = %s AND old.object_type = 'document'
"""


def fill(patient_id: UUID, documents: int) -> Mapping[str, str]:
    """The life, in the database; the cookie of a session, and a document that can be opened."""
    searching.fill(patient_id, documents)

    from django.conf import settings
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import connection
    from django.test import RequestFactory

    from carnet.national.accounts.models import Account
    from carnet.national.accounts.rules import Method
    from carnet.national.doors.space import entering
    from carnet.national.messaging import actions as messaging

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM record_document WHERE patient_id = %s ORDER BY id", [patient_id]
        )
        (document,) = cursor.fetchone()
        cursor.execute(_READ, [_ACCESSES, patient_id])
    mails = mail.Mails.made()
    for number in range(_MESSAGES):
        messaging.receive(
            mails.each(number), mails.sender, [mails.recipient], peer="bench", now=datetime.now(UTC)
        )
    request = RequestFactory().get("/")
    request.session = SessionStore()
    account = Account.objects.get(patient_id=patient_id)
    entering.let_in(request, account.id, Method.PASSWORD, way_back="/")
    request.session.save()
    cookie = f"{settings.SESSION_COOKIE_NAME}={request.session.session_key}"
    return {"cookie": cookie, "document": str(document)}


def reading(known: Mapping[str, str]) -> Mapping[str, Batch]:
    """What is asked for, by the name of the page."""
    words = searching.vocabulary()
    addresses = {
        "home": ["/"],
        "documents": ["/documents/"],
        "search": [f"/documents/?mots={quote(word)}" for word in words[20:60]],
        "document": [f"/documents/{known['document']}/"],
        "accesses": ["/acces/"],
        "messages": ["/messages/"],
    }
    return {
        name: paths.shuffled([_get(address, known["cookie"]) for address in each])
        for name, each in addresses.items()
    }


def shown(answer: bytes | bytearray) -> bool:
    """A page of the space, whole."""
    return answer.startswith(b"HTTP/1.1 200") and answer.rstrip().endswith(b"</html>")


def _get(address: str, cookie: str) -> bytes:
    return f"GET {address} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()


if __name__ == "__main__":
    print(json.dumps(fill(UUID(sys.argv[1]), int(sys.argv[2]))))
