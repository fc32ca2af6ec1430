"""What the wards of the region write: the texts as a secretary sees them before validating."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from carnet.ops.region.people import Citizen
from carnet.ops.region.places import Professional, Structure, professional, structure

#: The types of document that the wards write: LOINC code and label of JDV_J07.
TYPES: Final = {
    "11490-0": "Lettre de liaison à la sortie d'un établissement de soins",
    "11502-2": "CR d'examens biologiques",
    "11488-4": "CR ou fiche de consultation ou de visite",
    "57833-6": "Prescription de produits de santé",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper: paragraphs, then a list, then a table whose first row is its head."""

    title: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of a ward, validated on the day it was written."""

    type_code: str
    title: str
    patient: Citizen
    hospital: Structure
    ward: str
    author: Professional
    recipient: Professional
    begun: date
    written: date
    sections: tuple[Section, ...]

    @property
    def recipient_place(self) -> Structure:
        """Where the recipient works."""
        return structure(self.recipient.structure)

    @property
    def type_display(self) -> str:
        """The label of the type."""
        return TYPES[self.type_code]


def discharge(patient: Citizen, *, admitted: date, discharged: date) -> Paper:
    """A discharge letter of cardiology, after heart failure."""
    addressed = "Adressée" if patient.sex == "F" else "Adressé"
    return Paper(
        type_code="11490-0",
        title="Lettre de liaison de sortie, cardiologie",
        patient=patient,
        hospital=structure("aurore"),
        ward="Cardiologie",
        author=professional("cardio"),
        recipient=professional("generaliste"),
        begun=admitted,
        written=discharged,
        sections=(
            Section(
                "Motif d'hospitalisation",
                (
                    "Essoufflement d'aggravation progressive depuis dix jours, avec œdèmes des "
                    f"deux chevilles et prise de 4 kg. {addressed} par son médecin traitant.",
                ),
            ),
            Section(
                "Évolution dans le service",
                (
                    "Décompensation cardiaque globale sur hypertension artérielle (HTA) connue. "
                    "L'échographie montre une fraction d'éjection à 42 %. Bonne évolution sous "
                    "furosémide : perte de 4,2 kg, saturation à 97 % en air ambiant à la sortie.",
                    "Pas d'argument pour un syndrome coronarien aigu.",
                ),
            ),
            Section(
                "Examens marquants",
                table=(
                    ("Examen", "Entrée", "Sortie", "Valeurs habituelles"),
                    ("NT-proBNP (ng/L)", "4 810", "1 240", "moins de 450"),
                    ("Créatinine (µmol/L)", "98", "104", "45 à 84"),
                    ("Potassium (mmol/L)", "4,6", "4,2", "3,5 à 5,0"),
                    ("TA (mmHg)", "165/92", "128/74", "moins de 140/90"),
                ),
            ),
            Section(
                "Traitement de sortie",
                items=(
                    "Furosémide 40 mg : un comprimé le matin (dose augmentée)",
                    "Bisoprolol 2,5 mg : un comprimé le matin (sans changement)",
                    "Ramipril 5 mg : un comprimé le soir (sans changement)",
                    "Dapagliflozine 10 mg : un comprimé le matin (nouveau)",
                ),
            ),
            Section(
                "Ce qui est prévu",
                items=(
                    "Prise de sang (créatinine, potassium) dans sept jours",
                    "Consultation de cardiologie dans un mois, Hôpital Sainte-Aurore",
                    "Se peser chaque matin ; appeler en cas de prise de 2 kg en trois jours",
                ),
            ),
        ),
    )


def laboratory(patient: Citizen, *, on: date) -> Paper:
    """A laboratory report of the hospital, two months before."""
    return Paper(
        type_code="11502-2",
        title="Compte rendu de biologie, bilan rénal et ionogramme",
        patient=patient,
        hospital=structure("aurore"),
        ward="Laboratoire",
        author=professional("medecine"),
        recipient=professional("generaliste"),
        begun=on,
        written=on,
        sections=(
            Section(
                "Résultats",
                table=(
                    ("Examen", "Résultat", "Valeurs habituelles"),
                    ("Créatinine (µmol/L)", "89", "45 à 84"),
                    ("Débit de filtration estimé (mL/min)", "58", "plus de 60"),
                    ("Sodium (mmol/L)", "139", "136 à 145"),
                    ("Potassium (mmol/L)", "4,4", "3,5 à 5,0"),
                    ("Hémoglobine (g/dL)", "12,8", "12,0 à 16,0"),
                ),
            ),
            Section("Conclusion", ("Fonction rénale légèrement diminuée, stable.",)),
        ),
    )


def consultation(patient: Citizen, *, on: date) -> Paper:
    """A consultation report."""
    return Paper(
        type_code="11488-4",
        title="Compte rendu de consultation de pneumologie",
        patient=patient,
        hospital=structure("montbrelan"),
        ward="Pneumologie",
        author=professional("pneumo"),
        recipient=professional("generaliste"),
        begun=on,
        written=on,
        sections=(
            Section("Motif", ("Toux persistante depuis trois semaines.",)),
            Section(
                "Examen",
                (
                    "Auscultation claire des deux côtés. Souffle normal au spiromètre. La "
                    "radiographie du thorax ne montre pas de foyer.",
                ),
            ),
            Section("Conclusion", ("Toux après infection virale, sans signe de gravité.",)),
        ),
    )


def prescription(patient: Citizen, *, on: date) -> Paper:
    """A prescription written at the hospital."""
    return Paper(
        type_code="57833-6",
        title="Ordonnance de sortie de pédiatrie"
        if on.year - patient.birth_date.year < 18
        else "Ordonnance de consultation",
        patient=patient,
        hospital=structure("aurore"),
        ward="Consultations",
        author=professional("pediatrie"),
        recipient=professional("generaliste2"),
        begun=on,
        written=on,
        sections=(
            Section(
                "Traitement",
                items=(
                    "Paracétamol : toutes les six heures si douleur ou fièvre, trois jours au plus",
                    "Sérum physiologique : lavage de nez matin et soir",
                ),
            ),
        ),
    )


def history(people: tuple[Citizen, ...], *, today: date) -> tuple[Paper, ...]:
    """What the hospitals already sent before the newcomer arrives: a record is never empty."""
    jeanne, agathe, hugo, claire = people[:4]
    return (
        consultation(jeanne, on=today - timedelta(days=412)),
        laboratory(jeanne, on=today - timedelta(days=63)),
        prescription(agathe, on=today - timedelta(days=90)),
        consultation(hugo, on=today - timedelta(days=31)),
        laboratory(claire, on=today - timedelta(days=200)),
    )
