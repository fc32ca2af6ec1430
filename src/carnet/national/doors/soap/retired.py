"""Operations that the DMP no longer has, and what replaced them (spec dmp §1.1, §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_IN_THE_SPACE: Final = (
    "removed on 2024-06-11: the patient opens an account in Mon espace santé without a professional"
)

#: By element of the Body: the sentence of the fault wsa:ActionNotSupported.
RETIRED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identityCertification": (
            "TD0.0 was retired on 2023-09-30: ask the INS teleservice (INSi) for the identity"
        ),
        "createPatientAccess": f"TD1.5a was {_IN_THE_SPACE}",
        "patientOTPUpdate": f"TD1.5b was {_IN_THE_SPACE}",
        "updatePatientAccess": f"TD1.5d was {_IN_THE_SPACE}",
    }
)
