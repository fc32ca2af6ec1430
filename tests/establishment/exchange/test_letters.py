"""The letter made around a PDF: who wrote it, where, and who keeps it."""

from typing import Any

import pytest

from carnet.establishment.exchange import actions, letters, stored
from carnet.establishment.exchange.configuration import configuration
from carnet.establishment.exchange.models import Document
from carnet.establishment.patients import queries as patients
from carnet.standards.cda import reading
from carnet.standards.cda.header import Header
from carnet.standards.hl7v2.messages import Party
from carnet.standards.xds import from_cda
from tests.establishment.messages import SENDER, pdf, wire
from tests.establishment.people import NOW, QUALIFIED, adt

pytestmark = pytest.mark.django_db

SITE, LEGAL_ENTITY = "1990000028", "1990000010"
COLLEAGUE = Party(person_id="899900000033", person_id_type="IDNPS", family="NOIRET", given="LUC")


def header_of(papers: Any, settings: Any, **fields: Any) -> Header:
    """The header of the letter that is made of this message."""
    for name, value in papers.settings().items():
        setattr(settings, name, value)
    actions.receive("test", wire(adt("A28", QUALIFIED)), now=NOW)
    actions.receive("test", wire(pdf(**fields)), now=NOW)
    document = Document.objects.get()
    assert document.patient_id is not None
    patient = patients.get(document.patient_id)
    assert patient is not None
    return reading.read(letters.build(stored.event(document), document, patient, configuration()))


def institution(header: Header) -> str:
    """authorInstitution, as the record receives it."""
    (author,) = from_cda.entry_from_cda(header, entry_id="Document01").authors
    return author.institutions[0]


@pytest.mark.parametrize("author", [None, SENDER, COLLEAGUE])
def test_whoever_wrote_it_did_so_on_the_site_that_sends(
    papers: Any, settings: Any, author: Party | None
) -> None:
    header = header_of(papers, settings, author=author)
    assert institution(header).startswith("Hôpital d'Aubreville^")
    assert institution(header).endswith(SITE)


def test_the_author_is_the_one_whom_the_message_names(papers: Any, settings: Any) -> None:
    header = header_of(papers, settings, author=COLLEAGUE)
    (author,) = header.authors
    assert author.name is not None
    assert author.name.families[0][1] == "NOIRET"


def test_a_sender_without_a_structure_is_the_establishment_itself(
    papers: Any, settings: Any
) -> None:
    sender = Party(person_id="899900000017", person_id_type="IDNPS", family="MARTIN")
    header = header_of(papers, settings, sender=sender, author=COLLEAGUE)
    assert institution(header).endswith(LEGAL_ENTITY)


def test_the_legal_entity_keeps_the_letter(papers: Any, settings: Any) -> None:
    custodian = header_of(papers, settings, author=COLLEAGUE).custodian
    assert custodian is not None
    assert custodian.ids[0].extension == LEGAL_ENTITY
