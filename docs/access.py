"""The section of the rules page on access: the tables that decide, for a jurist to read."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from tables import table

from carnet.national.record.rules.chain import CHAIN
from carnet.national.record.rules.matrix import Matrix, shipped
from carnet.national.record.rules.policies import POLICIES, Consent
from carnet.national.record.rules.rights import table as rights
from carnet.national.record.sentences import GROUNDS, REASONS
from carnet.standards import nos

HEAD = """
## Access

`carnet.national.record.rules`: who may do what with a record. One function decides, for every door,
for a list as for a document, over the tables that follow. What no table grants is refused. Every
refusal is written in the journal with its reasons, every access of a professional with what it
rests on.
"""
CHAIN_HEAD = """
### How a decision is taken

The links of the chain, in order. The first five close the record to the caller whatever the
document; the others are looked at together, and all that refuse are told.
"""
CONSENT_HEAD = """
### Consent to consult

The law has changed three times. Each state is a policy; the server applies the one of the day,
or the one that `CARNET_CONSENT_POLICY` names. Whatever the policy: a valid authorisation opens, a
block closes, in person or for a whole structure; the two emergencies need no consent, and the
holder may oppose each. A member of the care team (CSP L.1110-12) is whoever works in a structure
during its care episode, whom the patient recognises (as they do their médecin traitant), or who is
part of an organisation during its care episode. A structure counts when a certificate proves it,
or when the directory knows that the holder of a card works there. Feeding is under none of these:
it follows non-opposition.
"""
RIGHTS_HEAD = """
### Functional rights

By transaction and by caller, as the sheets FI-526 v1.8 (card, certificate) and FI-606 v1.3 (AIR;
AIR simplifié has the same rights) give them; lines marked § are from the digest. A line about a
kind of document is asked beside the line of the act itself. A call through the proxy of Pro Santé
Connect (`DELEGUEE`) has the rights of AIR in normal mode [unverified]. What a sheet has no column
for is refused: a médecin du travail elsewhere than in normal mode with a card, a structure in *bris
de glace*.

*oui* with a note: (1) for the structure; (2) professionals of the same structure; (3) new
authorisations since a date; (4) imputed to the structure; (5) own documents only, to find a
reference before deletion; (6) own documents, and those of the caller's structure (R.1111-49); (7)
if the patient allowed it in emergencies, or as (6); (8) own documents only; (9) documents of the
structure.
"""
MATRIX_HEAD = """
### Matrix: profession and type of document

What a profession does not read, by version. A type or a profession that is not named is refused;
an author and their structure read what they deposited (R.1111-49). A *?* marks what no source at
hand confirms: **the official table must replace it before any real use** (`CARNET_MATRICES`;
`carnet manage national matrix FILE` checks a file and says what it changes). Professions in
training (G16) have the column of their profession.

A file of the folder is one version, in columns separated by tabs: lines `# version:`, `# since:
YYYY-MM-DD` and `# source:`, then a head `type`, `system`, `label` and the professions (`G15_60`, or
`G15_60/SI01` with a savoir-faire), then a line for each typeCode with a cell for each profession:
`oui`, `non`, either with a *?*, or nothing.
"""
#: Titles of the tables, and how the columns of each begin.
_SHEETS = {
    "With a card": "direct_",
    "AIR and AIR simplifié": "AIR_",
    "By the certificate of a structure": "indirect_certificat_",
    "Citizens": "citoyen_",
}
_STEPS = {
    "identity": "Who calls: a caller that the tables know",
    "record": "The record: open, and governed as the act supposes",
    "block": "The holder blocked neither the professional nor their structure",
    "emergency": "The holder did not oppose this kind of emergency",
    "consent": "The holder consented, or the policy presumes it of the care team",
    "role": "The functional rights of the role, in this mode",
    "matrix": "The matrix opens this type of document to this profession",
    "confidentiality": "Masked, invisible to the patient or to representatives, secret connection",
    "state": "Archived, replaced, deleted",
}


def sections() -> Iterator[str]:
    """The section, part by part."""
    yield HEAD
    yield CHAIN_HEAD
    yield table(
        ("link", "refused because", "said to the patient", "said to the professional"),
        [
            (_STEPS[name], f"`{reason}`", str(words.patient), str(words.professional))
            for name, reasons in CHAIN
            for reason, words in REASONS.items()
            if reason in reasons
        ],
    )
    yield "\nWhat an access rests on:\n"
    yield table(
        ("ground", "said to the patient", "said to the professional"),
        [
            (f"`{ground}`", str(words.patient), str(words.professional))
            for ground, words in GROUNDS.items()
        ],
    )
    yield CONSENT_HEAD
    yield table(
        (
            "policy",
            "from",
            *(f"team, consent {said.replace('_', ' ')}" for said in Consent),
            "TD0.3 holds, in the team",
            "outside",
            "source",
        ),
        [
            (
                f"`{each.code}`: {each.name}",
                f"{each.since:%d/%m/%Y}",
                *("presumed" if said in each.presumes else "no" for said in Consent),
                _days(each.team_term),
                _days(each.other_term),
                each.source,
            )
            for each in POLICIES
        ],
    )
    yield RIGHTS_HEAD
    head, *lines = rights()
    for title, prefix in _SHEETS.items():
        places = [place for place, column in enumerate(head) if column.startswith(prefix)]
        yield f"\n#### {title}\n"
        yield table(
            ("", *(head[place].removeprefix(prefix).replace("_", " ") for place in places)),
            [
                (line[2], *(line[place] for place in places))
                for line in lines
                if any(line[place] != "non" for place in places)
            ],
        )
    yield MATRIX_HEAD
    for matrix in shipped():
        yield from _matrix(matrix)


def _days(term: timedelta) -> str:
    return "1 day" if term.days == 1 else f"{term.days} days"


def _matrix(matrix: Matrix) -> Iterator[str]:
    yield f"\n#### Version {matrix.version}, from {matrix.since:%d/%m/%Y}\n\n{matrix.source}.\n"
    yield table(
        ("profession", "reads", "does not read"),
        [
            (
                nos.display("1.2.250.1.71.1.2.7", profession.partition("_")[2]),
                _amount(cells),
                _refused(cells),
            )
            for profession, cells in matrix.cells.items()
        ],
    )


def _amount(cells: Mapping[str, str]) -> str:
    granted = [cell for cell in cells.values() if cell.startswith("oui")]
    sure = granted.count("oui")
    return f"{len(granted)} types of {len(cells)}, {sure} of them confirmed"


def _refused(cells: Mapping[str, str]) -> str:
    refused = {type_: cell for type_, cell in cells.items() if not cell.startswith("oui")}
    if len(refused) == len(cells):
        return "any type (?)"
    return "; ".join(
        nos.display(system, code) + ("" if cell == "non" else " (?)")
        for (code, _separator, system), cell in (
            (type_.partition("^^"), cell) for type_, cell in refused.items()
        )
    )
