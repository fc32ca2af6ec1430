"""Catalogues of translations, compiled and checked without GNU gettext.

`python -m carnet.ops.translations` writes the `.mo` file beside each `.po` file, and `--check`
says what is stale, missing or not translated. Both files are kept under version control, so that
a checkout runs as it is. Format of `.mo`: GNU gettext manual, "The Format of GNU MO Files".
"""

import argparse
import ast
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import carnet

_MAGIC = 0x950412DE
_CONTEXT = "\x04"  # between a message's context and itself
_PLURAL = "\x00"  # between the forms of a message
_KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+(".*")')

_WITH_CONTEXT = ("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy")
_FUNCTIONS = (
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
    *_WITH_CONTEXT,
)
# What Django makes of a template: the same functions, with texts as Python writes them.
_STRING = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_IN_TEMPLATE = re.compile(rf"(?<!\w)(n?p?gettext|_)\(\s*{_STRING}(?:\s*,\s*{_STRING})?")


class CatalogueError(Exception):
    """A `.po` file cannot be read; holds its path and the line."""


@dataclass
class Entry:
    """One message of a catalogue: its parts by keyword (`msgid`, `msgstr[1]`…)."""

    parts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """The message as a catalogue knows it, without its plural."""
        context = self.parts.get("msgctxt")
        return (f"{context}{_CONTEXT}" if context is not None else "") + self.parts["msgid"]

    @property
    def forms(self) -> list[str]:
        return [self.parts[name] for name in sorted(self.parts) if name.startswith("msgstr")]

    @property
    def translated(self) -> bool:
        return bool(self.forms) and all(self.forms) and not self.fuzzy


def read(path: Path) -> list[Entry]:
    """The entries of a `.po` file, its header included. Raises `CatalogueError`."""
    entries: list[Entry] = []
    current, keyword, fuzzy = Entry(), "", False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        found = _KEYWORD.fullmatch(line)
        if found:
            keyword, line = found.groups()
            if keyword == "msgctxt" or (keyword == "msgid" and "msgid" in current.parts):
                if current.parts:
                    entries.append(current)
                current, fuzzy = Entry(fuzzy=fuzzy), False
            elif keyword == "msgid":
                current.fuzzy, fuzzy = fuzzy, False
            current.parts[keyword] = ""
        if not keyword or not (line.startswith('"') and line.endswith('"') and len(line) > 1):
            raise CatalogueError(f"{path}:{number}: neither a keyword nor a quoted text")
        current.parts[keyword] += ast.literal_eval(line)
    if current.parts:
        entries.append(current)
    return entries


def compiled(entries: Sequence[Entry]) -> bytes:
    """The `.mo` file of these entries: those that are not translated are left out."""
    messages = {}
    for entry in entries:
        if entry.translated:
            plural = entry.parts.get("msgid_plural")
            original = entry.key + (f"{_PLURAL}{plural}" if plural is not None else "")
            messages[original.encode()] = _PLURAL.join(entry.forms).encode()
    ordered = sorted(messages.items())
    start = 7 * 4 + 2 * 8 * len(ordered)
    originals: list[int] = []
    translations: list[int] = []
    texts = b""
    for index, table in ((0, originals), (1, translations)):
        for pair in ordered:
            table += [len(pair[index]), start + len(texts)]
            texts += pair[index] + b"\0"
    head = (_MAGIC, 0, len(ordered), 7 * 4, 7 * 4 + 8 * len(ordered), 0, start)
    return (
        struct.pack(f"<{len(head)}I", *head)
        + struct.pack(f"<{4 * len(ordered)}I", *originals, *translations)
        + texts
    )


def catalogues(root: Path) -> list[Path]:
    return sorted(root.rglob("locale/*/LC_MESSAGES/django.po"))


def sources(root: Path) -> Iterator[tuple[str, str]]:
    """Each message of the code and the templates under `root`, with the place it is at."""
    for path in sorted(root.rglob("*.py")):
        yield from _of_code(path)
    for pattern in ("templates/**/*.html", "templates/**/*.txt"):
        for path in sorted(root.rglob(pattern)):
            yield from _of_template(path)


def _of_code(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
        texts = [str(a.value) for a in node.args if isinstance(a, ast.Constant)]
        if name in _FUNCTIONS and texts:
            yield _key(name, texts), f"{path}:{node.lineno}"


def _of_template(path: Path) -> Iterator[tuple[str, str]]:
    from django.utils.translation.template import templatize

    for found in _IN_TEMPLATE.finditer(templatize(path.read_text(encoding="utf-8"))):
        name, *given = found.groups()
        yield _key(name, [ast.literal_eval(text) for text in given if text]), str(path)


def _key(function: str, texts: Sequence[str]) -> str:
    """The message among the arguments of a function that translates, as catalogues know it."""
    return f"{texts[0]}{_CONTEXT}{texts[1]}" if function in _WITH_CONTEXT else texts[0]


def problems(root: Path) -> Iterator[str]:
    """What is wrong with the catalogues of the wing (or `ops`) at `root`, a sentence each."""
    translated: set[str] = set()
    for path in catalogues(root):
        entries = read(path)
        translated |= {entry.key for entry in entries if entry.translated}
        mo = path.with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != compiled(entries):
            yield f"{mo} is not what {path.name} gives: run python -m carnet.ops.translations"
    for message, place in sources(root):
        if message not in translated:
            yield f"{place}: not translated: {message!r}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile, or with `--check` only look; the exit code."""
    parser = argparse.ArgumentParser(prog="carnet.ops.translations")
    parser.add_argument("--check", action="store_true")
    package = Path(carnet.__file__).parent
    if parser.parse_args(arguments).check:
        found = [
            p for wing in ("national", "establishment", "ops") for p in problems(package / wing)
        ]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    for path in catalogues(package):
        path.with_suffix(".mo").write_bytes(compiled(read(path)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
