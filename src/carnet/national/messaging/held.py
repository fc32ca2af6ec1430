"""Which messages of the store the mailboxes refer to: for those who keep the store in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from django.db import connection

from carnet.national.clients.documents import Address
from carnet.national.record.held import Held

_HELD: Final = """
SELECT asked.mailbox_id, asked.sha256
  FROM unnest(%s::uuid[], %s::text[]) AS asked(mailbox_id, sha256)
 WHERE EXISTS (SELECT FROM messaging_message held
                WHERE held.mailbox_id = asked.mailbox_id AND held.raw_sha256 = asked.sha256)
"""
_AFTER: Final = """
SELECT DISTINCT mailbox_id, raw_sha256, raw_size
  FROM messaging_message
 WHERE mailbox_id >= %s AND (mailbox_id, raw_sha256) > (%s, %s)
 ORDER BY mailbox_id, raw_sha256
 LIMIT %s
"""


def held(asked: Collection[Address]) -> set[Address]:
    """Those of these that a message of a mailbox refers to."""
    with connection.cursor() as cursor:
        cursor.execute(
            _HELD, [[each.patient_id for each in asked], [each.sha256 for each in asked]]
        )
        return {Address(*found) for found in cursor.fetchall()}


def held_after(address: Address, limit: int) -> Sequence[Held]:
    """The messages that are referred to, by mailbox and digest, from the one that follows."""
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [address.patient_id, *address, limit])
        return [Held(Address(mailbox, sha256), size) for mailbox, sha256, size in cursor.fetchall()]
