"""A whole record as one file, for its holder (RGPD, articles 15 and 20) or for another Carnet.

A zip that holds:

- `LISEZ-MOI.txt`: what is in it, in French;
- `documents/…`: every document, byte for byte as it was received, named by what it is;
- `acces.jsonl`: who did what, one act a line, as sentences; `preuve.json`: the same, proved
  (docs/how-to/prove-the-journal.md);
- `tables/….jsonl`: the record itself, a line of a table each, metadata as ebRIM;
- `manifest.json`: whose it is, what each document is, and its SHA-256; of a document whose bytes
  are not here, the repository that holds them.
"""

from __future__ import annotations

from typing import Final

FORMAT: Final = "carnet-record-1"
MANIFEST: Final = "manifest.json"

#: What makes a record, in an order in which it can be written again.
TABLES: Final = (
    "record_record",
    "record_administrative",
    "record_submissionset",
    "record_document",
    "record_folder",
    "record_association",
    "record_locator",
    "record_authorisation",
    "record_firstaccess",
    "record_episode",
    "record_teammember",
    "record_release",
)
#: What is made again from these, what is under way, and what is about no patient.
LEFT_OUT: Final = frozenset(
    {
        "record_indexed",
        "record_organisation",
        "record_organisationmember",
        "record_outbox",
        "record_place",
        "record_reading",
        "record_text",
        "record_usedcontext",
        "record_vocabulary",
    }
)


def table_file(table: str) -> str:
    """Where the lines of a table are in the archive."""
    return f"tables/{table}.jsonl"
