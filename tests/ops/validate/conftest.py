"""An authority, and a signed VIHF for the messages that carry one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from carnet.standards.ids import INS_NIR_TEST, Ins
from carnet.standards.vihf import sign
from tests.standards.cda.letters import MATRICULE
from tests.standards.conftest import LocalPki, make_pki
from tests.standards.vihf.conftest import perfect

PATIENT = Ins(MATRICULE, INS_NIR_TEST)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> LocalPki:
    """An authority, and those whom it certifies."""
    return make_pki(
        tmp_path_factory.mktemp("pki") / "authority", datetime(2026, 3, 2, 9, tzinfo=UTC)
    )


@pytest.fixture(scope="session")
def vihf_of(pki: LocalPki) -> Callable[..., bytes]:
    """The perfect assertion about the patient of the letter, with changes, signed."""

    def vihf_of(**changes: Any) -> bytes:
        wanted = replace(perfect(pki), **{"patient": PATIENT, **changes})
        issued = pki.org_sign
        return sign(wanted, key_pem=issued.key_pem, certificate_pem=issued.cert_pem)

    return vihf_of


@pytest.fixture(scope="session")
def vihf(vihf_of: Callable[..., bytes]) -> bytes:
    return vihf_of()


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 2, 9, tzinfo=UTC)
