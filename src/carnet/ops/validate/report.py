"""`carnet validate FILE…`: reads files, prints what is said of them, for a person or a machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.validate.kinds import judge, unknown
from carnet.ops.validate.verdict import Finding, Severity, Verdict, shown
from carnet.standards.xml import DEFAULT_LIMIT

#: Bytes of a file that is read.
LARGEST_FILE: Final = DEFAULT_LIMIT

_WORDS: Final = {Severity.ERROR: _("erreur"), Severity.WARNING: _("avertissement")}
_COLOURS: Final = {Severity.ERROR: "\x1b[31m", Severity.WARNING: "\x1b[33m"}
_STRONG: Final = "\x1b[1m"
_PLAIN: Final = "\x1b[0m"
_MARGIN: Final = max(map(len, _WORDS.values())) + 4


def run(files: Sequence[Path], *, as_json: bool = False) -> int:
    """Judge and print each file; the greatest exit code: 0 no error, 1 errors, 2 not judged.

    As JSON, one object a line for each file.
    """
    codes = [0]
    for path in files:
        verdict = validate_file(path)
        codes.append(verdict.exit_code)
        if as_json:
            print(json.dumps(as_object(str(path), verdict), ensure_ascii=False))
        else:
            print("\n".join(lines(str(path), verdict)))
    return max(codes)


def validate_file(path: Path) -> Verdict:
    """The verdict on a file; one that cannot be read is told as such."""
    try:
        if not path.is_file():
            there = path.exists()
            return unknown(
                "file-not-regular" if there else "file-missing",
                _("Ce n'est pas un fichier.") if there else _("Le fichier n'existe pas."),
            )
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return unknown(
            "file-unreadable", _("Le fichier ne peut pas être lu : %s.") % error.strerror
        )
    if len(data) > LARGEST_FILE:
        return unknown("file-too-large", _("Le fichier dépasse %d octets.") % LARGEST_FILE)
    return judge(data)


def _has_colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def lines(name: str, verdict: Verdict) -> Iterator[str]:
    """What is said of the file `name`, for a person, in colours where the terminal has some."""
    colour = _has_colours()

    def painted(text: str, code: str) -> str:
        return f"{code}{text}{_PLAIN}" if colour else text

    yield painted(shown(name), _STRONG)
    yield f"  {shown(verdict.title)}"
    for finding in _ordered(verdict):
        word = _WORDS[finding.severity].ljust(_MARGIN - 2)
        rule = shown(", ".join(filter(None, (finding.rule, finding.requirement))))
        yield f"  {painted(word, _COLOURS[finding.severity])}{rule}"
        told = (finding.place, finding.problem, finding.remedy and f"→ {finding.remedy}")
        yield from (" " * _MARGIN + shown(text) for text in told if text)
    yield _("  %(errors)d erreur(s), %(warnings)d avertissement(s)") % {
        "errors": verdict.count(Severity.ERROR),
        "warnings": verdict.count(Severity.WARNING),
    }


def _ordered(verdict: Verdict) -> list[Finding]:
    """Errors first, each part in the order of the file."""
    return sorted(verdict.findings, key=lambda finding: finding.severity is Severity.WARNING)


def as_object(name: str, verdict: Verdict) -> dict[str, object]:
    """What is said of the file `name`, for a machine."""
    return {
        "file": shown(name),
        "kind": verdict.kind,
        "title": shown(verdict.title),
        "exit_code": verdict.exit_code,
        "errors": verdict.count(Severity.ERROR),
        "warnings": verdict.count(Severity.WARNING),
        "findings": [
            {
                "rule": shown(finding.rule),
                "severity": finding.severity,
                "place": shown(finding.place),
                "problem": shown(finding.problem),
                "remedy": shown(finding.remedy),
                "requirement": finding.requirement,
            }
            for finding in _ordered(verdict)
        ],
    }
