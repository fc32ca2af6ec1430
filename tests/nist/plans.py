"""The test plans of the NIST XDS toolkit as they are published: which there are, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

#: Tests that others stand on come first: the feeds of patients, then the data that queries find.
FIRST = ("15817", "15817b", "15818", "12346")


@dataclass(frozen=True)
class Plan:
    """One testplan.xml; `name` is its folder under `tests`, as `11897/author`."""

    name: str
    folder: Path

    @property
    def test(self) -> str:
        """The number of its test."""
        return self.name.partition("/")[0]

    @property
    def section(self) -> str:
        """Its section of the test; empty for a plan of the whole test."""
        return self.name.partition("/")[2]

    @property
    def root(self) -> etree._Element:
        """The plan itself."""
        return etree.parse(self.folder / "testplan.xml").getroot()


def plans(tests: Path) -> Iterator[Plan]:
    """Every plan under `tests`, each after those that it refers to."""
    folders = {each.name: each for each in tests.iterdir() if each.is_dir()}
    for name in sorted(folders, key=lambda name: (name not in FIRST, _place(name), name)):
        for section in _sections(folders[name]):
            yield Plan(f"{name}/{section}" if section else name, folders[name] / section)


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else 0


def _sections(test: Path) -> Iterator[str]:
    """The sections of a test in the order of its index; those that it leaves out come first."""
    index = test / "index.idx"
    listed = index.read_text("ascii").split() if index.is_file() else []
    found = sorted(each.parent.name for each in test.glob("*/testplan.xml"))
    yield from (each for each in found if each not in listed)
    yield from (each for each in listed if each in found)
    if (test / "testplan.xml").is_file():
        yield ""
