"""`python -m carnet.ops.dictionary FILE`: what `national.record.fragments` packs ebRIM with.

It is trained on entries about people who do not exist, with the codes of all value sets: the same
bytes each time, with one version of zstandard. What has been stored can be read with its own
dictionary alone: a better one takes another number and lies beside the first.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import zstandard

from carnet.standards import nos
from carnet.standards.ids import INS_NIR_TEST, PS_AUTHORITY, STRUCT_AUTHORITY, EntryUuid
from carnet.standards.xds.ebrim import entry_fragment
from carnet.standards.xds.metadata import Author, Code, DocumentEntry, Status

NUMBER: Final = 1
_BYTES: Final = 16 * 1024
_SAMPLES: Final = 2000
_FAMILIES: Final = ("ARNOUX", "BELLEGARDE", "COSTE", "DELORME", "FABRE", "PAT-TROIS", "ROUX")
_GIVENS: Final = ("Hélène", "Camille", "Paul", "Anne Marie", "Dominique", "Zoé", "Jean")
_SITES: Final = ("Hôpital Sainte-Aurore", "Centre de santé du Port", "Cabinet du Dr COSTE")
_TITLES: Final = ("Lettre de liaison de sortie", "Compte rendu de consultation", "Ordonnance")
_MEDIA: Final = ("text/xml", "text/xml", "application/pdf", "image/jpeg")


def made() -> bytes:
    """The dictionary."""
    chance = random.Random(NUMBER)  # noqa: S311 - nothing secret: the same each time
    samples: list[bytes | bytearray | memoryview] = [
        entry_fragment(entry).encode() for entry in _entries(chance)
    ]
    return zstandard.train_dictionary(_BYTES, samples, dict_id=NUMBER).as_bytes()


def _entries(chance: random.Random) -> Iterator[DocumentEntry]:
    def digits(count: int) -> str:
        return "".join(chance.choices("0123456789", k=count))

    def code(value_set: str) -> Code:
        concept = chance.choice(nos.value_set(value_set).concepts)
        return Code(concept.code, concept.system, concept.display)

    def moment() -> str:
        return f"20{digits(2)}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}{digits(6)}"

    for _ in range(_SAMPLES):
        urn = EntryUuid.of(UUID(int=chance.getrandbits(128), version=4))
        family, given = chance.choice(_FAMILIES), chance.choice(_GIVENS)
        doctor = f"8{digits(11)}^{family}^{given}^^^^^^&{PS_AUTHORITY}&ISO^D^^^IDNPS"
        specialty = code("author_specialties")
        yield DocumentEntry(
            id=urn,
            logical_id=urn,
            version=1,
            status=Status.APPROVED,
            unique_id=f"1.2.250.1.{digits(3)}.{digits(12)}",
            patient_id=f"{digits(15)}^^^&{INS_NIR_TEST}&ISO^NH",
            mime_type=chance.choice(_MEDIA),
            class_code=code("class_codes"),
            type_code=code("type_codes"),
            format_code=code("format_codes"),
            facility_type=code("facility_types"),
            practice_setting=code("practice_settings"),
            confidentiality=(Code("N", "2.16.840.1.113883.5.25", "Normal"),)
            if chance.random() < 0.8
            else (code("confidentiality_codes"),),
            authors=(
                Author(
                    person=doctor,
                    institutions=(
                        f"{chance.choice(_SITES)}^^^^^&{STRUCT_AUTHORITY}&ISO^IDNST^^^1{digits(9)}",
                    ),
                    specialties=(f"{specialty.code}^{specialty.display}^{specialty.scheme}",),
                ),
            ),
            title=chance.choice(_TITLES),
            language="fr-FR",
            creation_time=moment(),
            service_start_time=moment(),
            service_stop_time=moment(),
            legal_authenticator=doctor,
            source_patient_id=f"{digits(9)}^^^&1.2.250.1.{digits(3)}&ISO^PI",
            source_patient_info=(
                f"PID-5|{family}^{given}^^^^^L",
                f"PID-7|19{digits(6)}",
                f"PID-8|{chance.choice('FM')}",
            ),
            hash=f"{chance.getrandbits(160):040x}",
            size=chance.randrange(1000, 1_000_000),
            repository_unique_id="1.2.250.1.213.4.1",
        )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(made())
