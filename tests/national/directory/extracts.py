"""Extracts as the ANS and FINESS publish them, of people that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ACTIVITY_COLUMNS = (
    "Type d'identifiant PP",
    "Identifiant PP",
    "Identification nationale PP",
    "Code civilité d'exercice",
    "Libellé civilité d'exercice",
    "Code civilité",
    "Libellé civilité",
    "Nom d'exercice",
    "Prénom d'exercice",
    "Code profession",
    "Libellé profession",
    "Code catégorie professionnelle",
    "Libellé catégorie professionnelle",
    "Code type savoir-faire",
    "Libellé type savoir-faire",
    "Code savoir-faire",
    "Libellé savoir-faire",
    "Code mode exercice",
    "Libellé mode exercice",
    "Numéro SIRET site",
    "Numéro SIREN site",
    "Numéro FINESS site",
    "Numéro FINESS établissement juridique",
    "Identifiant technique de la structure",
    "Raison sociale site",
    "Enseigne commerciale site",
    "Complément destinataire (coord. structure)",
    "Complément point géographique (coord. structure)",
    "Numéro Voie (coord. structure)",
    "Indice répétition voie (coord. structure)",
    "Code type de voie (coord. structure)",
    "Libellé type de voie (coord. structure)",
    "Libellé Voie (coord. structure)",
    "Mention distribution (coord. structure)",
    "Bureau cedex (coord. structure)",
    "Code postal (coord. structure)",
    "Code commune (coord. structure)",
    "Libellé commune (coord. structure)",
    "Code pays (coord. structure)",
    "Libellé pays (coord. structure)",
    "Téléphone (coord. structure)",
    "Téléphone 2 (coord. structure)",
    "Télécopie (coord. structure)",
    "Adresse e-mail (coord. structure)",
    "Code Département (structure)",
    "Libellé Département (structure)",
    "Ancien identifiant de la structure",
    "Autorité d'enregistrement",
    "Code secteur d'activité",
    "Libellé secteur d'activité",
    "Code section tableau pharmaciens",
    "Libellé section tableau pharmaciens",
    "Code rôle",
    "Libellé rôle",
    "Code genre activité",
    "Libellé genre activité",
)
SAVOIR_FAIRE_COLUMNS = (
    *ACTIVITY_COLUMNS[:3],
    "Nom d'exercice",
    "Prénom d'exercice",
    *ACTIVITY_COLUMNS[9:17],
)
DIPLOMA_COLUMNS = (
    *ACTIVITY_COLUMNS[:3],
    "Nom d'exercice",
    "Prénom d'exercice",
    "Code type diplôme obtenu",
    "Libellé type diplôme obtenu",
    "Code diplôme obtenu",
    "Libellé diplôme obtenu",
)
MAILBOX_COLUMNS = (
    "Type de BAL",
    "Adresse BAL",
    "Type Identifiant PP",
    "Identifiant PP",
    "Identification nationale PP",
    "Type identifiant structure",
    "Identification Structure",
    "Service de rattachement",
)


def activity(rpps: str, family: str = "MARTIN", given: str = "Léa", **said: Any) -> dict[str, str]:
    """A line of Personne_activite: a physician in a hospital, but for what is said."""
    return {
        "Identification nationale PP": f"8{rpps}",
        "Code civilité d'exercice": "DR",
        "Code civilité": "MME",
        "Nom d'exercice": family,
        "Prénom d'exercice": given,
        "Code profession": "10",
        "Code catégorie professionnelle": "C",
        "Code type savoir-faire": "S",
        "Code savoir-faire": "SM26",
        "Code mode exercice": "S",
        "Numéro FINESS site": "990000101",
        "Raison sociale site": "HOPITAL DE L'ESSAI",
        "Libellé Voie (coord. structure)": "DU LAC",
        "Code postal (coord. structure)": "99100",
        "Libellé commune (coord. structure)": "Essai-sur-Aubre",
        "Code secteur d'activité": "SA01",
        **said,
    }


def written(
    path: Path,
    columns: Iterable[str],
    rows: Iterable[dict[str, str]],
    *,
    encoding: str = "utf-8",
    extra: Iterable[str] = (),
) -> Path:
    """An extract with these lines, then the raw lines `extra`."""
    names = tuple(columns)

    def lines() -> Iterator[str]:
        yield "|".join(names) + "|"
        for row in rows:
            assert set(row) <= set(names), set(row) - set(names)
            yield "|".join(row.get(name, "") for name in names) + "|"
        yield from extra

    path.write_bytes(b"".join(f"{line}\n".encode(encoding) for line in lines()))
    return path
