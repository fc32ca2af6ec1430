"""French postal addresses: the last line is a postal code and a town (NF Z10-011)."""

from __future__ import annotations

import re
from typing import Final

_TOWN: Final = re.compile(r"(?:(.*?),?\s+|)([0-9]{5})\s+(.+)")


def split_address(line: str) -> tuple[str, str, str]:
    """Street, postal code and town of an address in one line; else all of it is the street."""
    matched = _TOWN.fullmatch(line.strip())
    return (matched[1] or "", matched[2], matched[3]) if matched else (line.strip(), "", "")
