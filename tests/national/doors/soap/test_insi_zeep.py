"""A client that is not ours, given nothing but the WSDL, drives INSi over HTTP (zeep)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import zeep
from requests import Session
from zeep.exceptions import Fault

from carnet.national.identity.insi import batches
from carnet.national.identity.insi.scripted import register_population
from carnet.standards.ins.insi import scripted_population
from tests.national import world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import header
from tests.national.doors.soap.test_insi import named

TEST_OID = "1.2.250.1.213.1.4.10"
FATOU = {
    "NomNaissance": "OUEDRAOGO",
    "ListePrenom": "FATOU",
    "Sexe": "F",
    "DateNaissance": "1988-08-08",
    "LieuNaissance": "99331",
}


@pytest.fixture
def insi(live_server: Any, trusting: Papers, transactional_db: None) -> Iterator[Any]:
    """The service as zeep makes it of the WSDL, with both contexts in every header."""
    world.make_hospital()
    register_population(world.TESTS, scripted_population(), now=world.NOW)
    with Session() as session:
        session.headers.update(header(named(trusting, "INSI-MANU")))
        client = zeep.Client(
            f"{live_server.url}/lps?wsdl",
            transport=zeep.Transport(session=session),
        )
        client.set_default_soapheaders(contexts())
        yield client.service


def contexts(idam: str = "AA1B2C3D4E") -> dict[str, Any]:
    common = {"Temps": datetime.now(UTC), "Emetteur": world.SITE}
    software = {"_value_1": idam, "R": "4"}
    return {
        "ContexteLPS": {
            **common,
            "Id": str(uuid4()),
            "Nature": "CTXLPS",
            "Version": "01_00",
            "LPS": {"IDAM": software, "Version": "1", "Instance": str(uuid4()), "Nom": "Zeep"},
        },
        "ContexteBAM": {
            **common,
            "Id": str(uuid4()),
            "Nature": "CTXBAM",
            "Version": "01_02",
            "COUVERTURE": "",
        },
    }


def test_zeep_searches_by_traits(insi: Any) -> None:
    found = insi.rechercherInsAvecTraitsIdentite(
        NomNaissance="ECETINSI",
        Prenom=["PIERRE-ALAIN"],
        Sexe="M",
        DateNaissance="2009-07-14",
    )
    assert (found.CR.CodeCR, found.CR.LibelleCR) == ("00", "OK")
    assert found.INDIVIDU.INSACTIF.IdIndividu.NumIdentifiant == "1090763220834"
    assert [one.DateFin for one in found.INDIVIDU.INSHISTO] == ["2019-02-28", None]
    assert found.INDIVIDU.TIQ.ListePrenom == "PIERRE-ALAIN MURIEL FLORIANT"


def test_zeep_reads_several_and_nobody(insi: Any) -> None:
    def code(name: str, given: str, sex: str, day: str) -> tuple[str, Any]:
        found = insi.rechercherInsAvecTraitsIdentite(
            NomNaissance=name, Prenom=[given], Sexe=sex, DateNaissance=day
        )
        return found.CR.CodeCR, found.INDIVIDU

    assert code("DE VINCI", "LEONARDO", "M", "2014-02-01") == ("02", None)
    assert code("HOUILLES", "PAUL", "M", "1993-01-27") == ("01", None)


def test_zeep_searches_by_card_and_verifies(insi: Any) -> None:
    found = insi.rechercherInsAvecCarteVitale(
        MatriculeOD={"NumIdentifiant": "2920959606101", "Cle": "09"},
        DateNaissance="2021-05-04",
        RangNaissance="2",
    )
    assert found.INDIVIDU.TIQ.ListePrenom == "LOUISE ALMA"
    assert insi.verifierInsAvecTraitsIdentite(IndividuVerifie=verified()).CodeCR == "00"


def verified(**more: Any) -> dict[str, Any]:
    identifier = {
        "IdIndividu": {"NumIdentifiant": "2880899331113", "Cle": "72"},
        "OID": TEST_OID,
    }
    return {"INSFourni": identifier, "TraitsIdentiteIndividu": FATOU} | more


def test_zeep_deposits_a_batch_and_collects_its_result(insi: Any) -> None:
    wrong = {**FATOU, "Sexe": "M"}
    receipt = insi.deposerDemandeVerification(
        IndividuVerifie=[
            verified(Reference="IPP-1"),
            verified(Reference="IPP-2", TraitsIdentiteIndividu=wrong),
        ]
    )
    waiting = insi.recupererResultatVerification(IdentifiantDemande=receipt.IdentifiantDemande)
    assert (waiting.Etat, waiting.IndividuVerifie) == ("EN_COURS", [])
    batches.verify_some(now=world.NOW)
    done = insi.recupererResultatVerification(IdentifiantDemande=receipt.IdentifiantDemande)
    assert done.Etat == "TERMINEE"
    assert [(one.Reference, one.CR.CodeCR) for one in done.IndividuVerifie] == [
        ("IPP-1", "00"),
        ("IPP-2", "01"),
    ]


def test_zeep_reads_a_fault_and_its_error(insi: Any) -> None:
    with pytest.raises(Fault) as caught:
        insi.rechercherInsAvecTraitsIdentite(
            NomNaissance="PANNE", Prenom=["ALICE"], Sexe="F", DateNaissance="1980-01-01"
        )
    (error,) = caught.value.detail
    assert (error.get("code"), error.get("severite")) == ("insi_102", "fatal")


def test_zeep_is_refused_without_authorisation_of_its_software(insi: Any) -> None:
    with pytest.raises(Fault) as caught:
        insi.rechercherInsAvecTraitsIdentite(
            NomNaissance="ADRUN",
            Prenom=["ZOE"],
            Sexe="F",
            DateNaissance="1975-12-31",
            _soapheaders=contexts(idam=""),
        )
    assert caught.value.detail[0].get("code") == "desir_550"
