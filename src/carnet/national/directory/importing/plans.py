"""How an extract is merged: statements in order, which take `now`, `run` and `closes` by name.

`staged` holds the rows of the batch, with their line. A row that was registered here (`fed_by`
empty) is never changed by an extract, and a row that says what it said is not written again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Table(IntEnum):
    """`table` of a row of `Seen`."""

    EXERCISE = 1
    QUALIFICATION = 2
    STRUCTURE = 3
    MAILBOX = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """The merge of one extract.

    `fed` asks whether an earlier import brought anything; `refused` gives line and reason of what
    cannot be merged; `leaving` counts what is open and no longer in the extract, and what is open;
    `close` closes it; `settle` is done once, at the end, after `tables` are analysed.
    """

    fed: str
    merge: tuple[str, ...]
    leaving: str
    close: tuple[str, ...]
    tables: tuple[str, ...]
    refused: str = ""
    settle: tuple[str, ...] = ()


def seen(table: Table, key: str, source: str) -> str:
    """The statement that notes what the batch has of a table; `source` ends with its conditions."""
    return (
        'INSERT INTO directory_seen (run_id, "table", key)'  # noqa: S608 - constants
        f" SELECT %(run)s, {table}, {key} FROM {source} AND %(closes)s"
    )


def gone(table: Table, key: str) -> str:
    """What holds of a row `r` that the extract did not have."""
    return (
        "NOT EXISTS (SELECT FROM directory_seen s"
        f' WHERE s.run_id = %(run)s AND s."table" = {table} AND s.key = r.{key})'
    )


def leaving(name: str, fed_by: str, table: Table, key: str) -> str:
    """The statement that counts what would be closed, and what is open."""
    open_ = f"SELECT count(*) FROM {name} r WHERE r.is_active AND r.fed_by = '{fed_by}'"  # noqa: S608 - constants
    return f"SELECT ({open_} AND {gone(table, key)}), ({open_})"
