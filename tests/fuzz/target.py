"""One reader of what comes from elsewhere, as the fuzzers drive it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.mutations import Mutation, any_of, spoil_bytes, spoil_xml

#: What earlier runs have found, made as small as it could be: a folder for each target.
FOUND = Path(__file__).parent / "found"
XML = any_of(spoil_bytes, spoil_xml, spoil_xml)


@dataclass(frozen=True)
class Target:
    """A reader, what it reads, how it refuses; `read` also asserts what holds of what is read.

    `published` are patterns of the published examples that are like the seeds.
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    mutation: Mutation = XML
    published: tuple[str, ...] = ()

    def found(self) -> list[bytes]:
        """What earlier runs have found."""
        return [path.read_bytes() for path in sorted((FOUND / self.name).glob("*"))]

    def examples(self, *, most: int = 40, longest: int = 60_000) -> Iterator[bytes]:
        """The published examples of `CARNET_EXAMPLES`, if it is set: the shorter ones."""
        folder = os.environ.get("CARNET_EXAMPLES", "")
        paths = [path for each in self.published if folder for path in Path(folder).glob(each)]
        sized = sorted((path.stat().st_size, path) for path in paths if path.is_file())
        for size, path in sized[:most]:
            if size <= longest:
                yield path.read_bytes()
