"""The client of the record: one kept connection, bounded answers, faults told apart."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from carnet.establishment.clients.dmp import DmpClient
from carnet.establishment.clients.errors import Babbling, Refused, Unavailable, Unreachable
from carnet.standards.vihf import signature
from carnet.standards.vihf.assertion import Mode, Software, Vihf
from carnet.standards.xds.metadata import Code
from tests.establishment.country import Papers, Record
from tests.establishment.people import INS
from tests.waiting import LONG

#: Of a client that is not answered: much less than the silence lasts.
HASTY = {"timeout": 0.5, "longest": 1.0}


def client(papers: Papers, url: str, **options: Any) -> DmpClient:
    def sign(vihf: Vihf) -> bytes:
        return signature.sign(
            vihf,
            key_pem=papers.sign_key.read_bytes(),
            certificate_pem=papers.sign.read_bytes(),
        )

    return DmpClient(
        url,
        certificate=papers.tls,
        key=papers.tls_key,
        authorities=papers.ca,
        sign=sign,
        **{"timeout": LONG, "longest": LONG, **options},
    )


def vihf() -> Vihf:
    now = datetime.now(UTC)
    return Vihf(
        id="_1",
        name_id="899900000017",
        issued_at=now,
        authn_instant=now,
        authn_class="urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified",
        mode=Mode.INDIRECTE,
        structure="1990000028",
        sector="SA01",
        roles=(Code("AUTOMATE", "1.2.250.1.213.1.1.4.6", "Automate"),),
        software=Software("Carnet", "0", "non-homologue"),
        patient=INS,
        subject_id="Carnet",
    )


def test_a_question_is_answered(papers: Papers, record: Record) -> None:
    asking = client(papers, record.url)
    assert asking.documents("1.2.3", vihf()).documents == ()
    asking.close()


def test_the_connection_is_kept_and_opened_again_when_the_other_side_closed_it(
    papers: Papers, record: Record
) -> None:
    asking = client(papers, record.url)
    asking.documents("1.2.3", vihf())
    answers = iter(["lost"])
    record.behaviour = lambda: next(answers, "ok")
    assert asking.documents("1.2.3", vihf()).documents == ()
    assert record.calls == ["AdhocQueryRequest"] * 3
    asking.close()


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [
        ("silent", Unreachable),
        ("babble", Babbling),
        ("busy", Unreachable),
        ("later", Unavailable),
        ("fault", Refused),
    ],
)
def test_each_bad_answer_has_its_error(
    papers: Papers, record: Record, behaviour: str, error: type[Exception]
) -> None:
    record.behaviour = lambda: behaviour
    asking = client(papers, record.url, **(HASTY if behaviour == "silent" else {}))
    begun = time.monotonic()
    with pytest.raises(error) as raised:
        asking.documents("1.2.3", vihf())
    assert type(raised.value) is error
    assert time.monotonic() - begun < LONG / 2
    asking.close()


def test_nobody_listens(papers: Papers) -> None:
    with pytest.raises(Unreachable):
        client(papers, "https://localhost:1/services").documents("1.2.3", vihf())
