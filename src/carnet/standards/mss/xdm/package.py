"""What an XDM package holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from carnet.standards.xds.metadata import DocumentEntry, Submission

#: The extra metadata by which a sender says that a document replaces (C) or withdraws (D)
#: another; its place is not published: written on the entry, read anywhere (spec mssante Q2).
ACTION_SLOT: Final = "action"


@dataclass(frozen=True, slots=True)
class XdmPackage:
    """One submission set with its documents, by the `uri` that its entries give.

    `others` are the further subsets of the zip (SUBSET02…), in order. `warnings` say what is
    missing but does not keep from reading: `no_index`, `no_readme`, `no_hash`, `no_size`.
    """

    submission: Submission
    documents: Mapping[str, bytes]
    others: tuple[XdmPackage, ...] = ()
    warnings: tuple[str, ...] = ()

    def document(self, entry: DocumentEntry) -> bytes:
        """The bytes of one of its entries."""
        return self.documents[entry.uri]

    def action(self, entry: DocumentEntry) -> str:
        """`C` replaces, `D` withdraws, empty is a new document (spec mssante §5.3)."""
        submission_set = self.submission.submission_set
        slots = (*entry.extra_slots, *(submission_set.extra_slots if submission_set else ()))
        return next((v[0] for name, v in slots if name.lower() == ACTION_SLOT and v), "")
