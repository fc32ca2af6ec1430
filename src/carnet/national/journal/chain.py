"""The chain of a patient's lines, and the tree of a day's chains: pure functions over bytes.

Two hashes make a link so that a line which its reader may not see can be given by its digest
alone, and the chain still be followed (docs/how-to/prove-the-journal.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

#: What a line of the journal is made of, in the order that statements select it.
COLUMNS: Final = (
    *("patient_id", "at", "id", "action", "outcome", "actor_kind", "actor_id", "actor_label"),
    *("structure", "purpose", "reasons", "object_type", "object_id", "details", "correlation"),
)
#: What the first line of a chain follows.
ORIGIN: Final = bytes(32)
#: The root of no leaf at all (RFC 6962 §2.1).
EMPTY: Final = hashlib.sha256(b"").digest()
#: A day's tree is one of 256 trees, by the last byte of the patient's id: a path needs one only.
BUCKETS: Final = 256

Step = tuple[str, bytes]


def line(values: Sequence[Any]) -> dict[str, Any]:
    """A line as JSON holds it, from the values of `COLUMNS` as the database gives them."""
    made = dict(zip(COLUMNS, values, strict=True))
    at: datetime = made["at"]
    made["at"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    made["patient_id"], made["id"] = str(made["patient_id"]), str(made["id"])
    if isinstance(made["details"], str):
        made["details"] = json.loads(made["details"])
    return made


def canonical(value: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed or signed: JSON, sorted keys, no blank, UTF-8 (as RFC 8785)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(line: Mapping[str, Any]) -> bytes:
    """The digest of one line."""
    return hashlib.sha256(canonical(line)).digest()


def link(before: bytes, digest: bytes) -> bytes:
    """The hash of a line, from the one before (`ORIGIN` for the first) and its own digest."""
    return hashlib.sha256(before + digest).digest()


def leaf(patient_id: UUID, seq: int, hash_: bytes) -> bytes:
    """The leaf of a chain that ends with `hash_`, its line number `seq` (RFC 6962 §2.1: 0x00)."""
    return hashlib.sha256(b"\0" + patient_id.bytes + seq.to_bytes(8, "big") + hash_).digest()


def node(left: bytes, right: bytes) -> bytes:
    """A node over two others (RFC 6962 §2.1: 0x01)."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these hashes (RFC 6962 §2.1)."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node(root(leaves[:split]), root(leaves[split:]))


def path(leaves: Sequence[bytes], place: int) -> list[Step]:
    """What leads from one of these to their root: at each step, on which side which hash."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if place < split:
        return [*path(leaves[:split], place), ("right", root(leaves[split:]))]
    return [*path(leaves[split:], place - split), ("left", root(leaves[:split]))]


def climb(start: bytes, steps: Sequence[Step]) -> bytes:
    """The root that these steps lead to."""
    for side, other in steps:
        start = node(other, start) if side == "left" else node(start, other)
    return start


def bucket(patient_id: UUID) -> int:
    """In which tree of a day this patient's chain is."""
    return patient_id.bytes[-1]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1
