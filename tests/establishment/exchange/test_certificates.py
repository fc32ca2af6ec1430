"""The certificates of the establishment, and what is to be done about each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from carnet.establishment.exchange.configuration import Configuration, configuration
from carnet.establishment.exchange.queries.certificates import NOTICE, Standing, papers
from carnet.establishment.patients.actors import Operator
from carnet.standards import certificates
from tests.establishment.country import Papers

CLAIRE = Operator(uuid4(), "claire", "Claire Martin")


@pytest.fixture
def here(papers: Papers) -> Configuration:
    return replace(
        configuration(),
        tls_certificate=papers.tls,
        signature_certificate=papers.sign,
        mail_certificate=papers.server,
    )


@pytest.mark.parametrize(
    ("before_its_end", "standing"),
    [
        (NOTICE + timedelta(seconds=1), Standing.GOOD),
        (NOTICE, Standing.ENDS_SOON),
        (timedelta(0), Standing.ENDED),
    ],
)
def test_a_certificate_is_renewed_before_it_ends(
    here: Configuration, before_its_end: timedelta, standing: Standing
) -> None:
    held = certificates.read(here.tls_certificate.read_bytes())
    first = papers(CLAIRE, here, now=held.not_after - before_its_end)[0]
    assert (first.standing, first.holder, first.until) == (
        standing,
        held.common_name,
        held.not_after,
    )


def test_the_one_that_connects_is_not_the_one_that_signs(here: Configuration) -> None:
    """EX_GEN-1450."""
    connection, signature = (
        certificates.read(file.read_bytes())
        for file in (here.tls_certificate, here.signature_certificate)
    )
    assert "client" in connection.usages
    assert "client" not in signature.usages
    assert signature.struct_idnat == connection.struct_idnat


def test_a_file_that_cannot_be_read_is_said_so(here: Configuration, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pem"
    damaged.write_bytes(b"-----BEGIN CERTIFICATE-----")
    for file in (damaged, tmp_path / "none.pem"):
        (first, *_others) = papers(
            CLAIRE,
            replace(here, tls_certificate=file),
            now=certificates.read(here.mail_certificate.read_bytes()).not_before,
        )
        assert (first.standing, first.until) == (Standing.UNREADABLE, None)
