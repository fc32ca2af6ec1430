"""One perfect file of each kind, all about one letter, for each test to break."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from carnet.ops.validate import Severity, Verdict
from carnet.standards.hl7v2 import build
from carnet.standards.hl7v2.messages import CarriedDocument
from carnet.standards.mss import message, xdm
from carnet.standards.mss.whitelist import Entry
from carnet.standards.mss.whitelist import write as write_whitelist
from carnet.standards.soap import envelope, mtom
from carnet.standards.xds import iti41
from carnet.standards.xds.metadata import DocumentEntry, Submission
from tests.standards.cda import letters
from tests.standards.hl7v2 import perfect as hl7
from tests.standards.xds import perfect as xds

PATIENT_ADDRESS = f"{letters.MATRICULE}@patient.mssante.fr"
OTHER_ADDRESS = "187089900112345@patient.mssante.fr"


def rules_of(verdict: Verdict, severity: Severity = Severity.ERROR) -> set[str]:
    return {finding.rule for finding in verdict.findings if finding.severity is severity}


def cda() -> bytes:
    return letters.perfect()


def entry(**changes: Any) -> DocumentEntry:
    return replace(xds.ENTRY, unique_id=str(letters.perfect_letter().id), **changes)


def submission(**changes: Any) -> Submission:
    return replace(xds.SUBMISSION, documents=(entry(**changes),))


def provide_request(document: bytes | None = None, **changes: Any) -> iti41.ProvideRequest:
    lot = submission(**changes)
    return iti41.ProvideRequest(
        lot, {each.id: cda() if document is None else document for each in lot.documents}
    )


def soap(
    request: iti41.ProvideRequest, assertion: bytes | None, *, action: str = iti41.ACTION
) -> tuple[bytes, dict[str, bytes]]:
    """An envelope around an ITI-41 request, and its attachments."""
    payload, attachments = iti41.write(request)
    addressing = envelope.Addressing(action, "urn:uuid:1", "https://localhost/repository")
    return envelope.write(addressing, payload, assertion=assertion), dict(attachments)


def multipart(root: bytes, attachments: dict[str, bytes]) -> tuple[str, bytes]:
    return mtom.write(root, attachments, boundary="carnet-boundary", action=iti41.ACTION)


def package(document: bytes | None = None, **changes: Any) -> bytes:
    lot = submission(**changes)
    return xdm.build(
        lot,
        {each.id: cda() if document is None else document for each in lot.documents},
        sender=xdm.Sender("Hôpital de l'Essai"),
        application=xdm.Application("Carnet", "0.1"),
    )


def mail(**changes: Any) -> bytes:
    return message.build(outgoing(**changes))


def outgoing(**changes: Any) -> message.OutgoingMessage:
    perfect = message.OutgoingMessage(
        message_id="<1@hopital.mssante.fr>",
        date=datetime(2026, 3, 5, 14, 32, tzinfo=UTC),
        sender=message.Party("medecine@hopital.mssante.fr", "Médecine polyvalente"),
        recipients=(message.Party(PATIENT_ADDRESS),),
        subject=message.Subject("Lettre de liaison à la sortie", "PAT-TROIS", "DOMINIQUE"),
        body_text="Bonjour, votre lettre est arrivée.",
        product="Carnet",
        xdm=package(),
        pdfs=(message.Attachment("lettre.pdf", "application/pdf", letters.PDF),),
        cda_codes=("11490-0",),
        ins_complete=True,
    )
    return replace(perfect, **changes)


def mdm(document: bytes | None = None, **changes: Any) -> bytes:
    carried = CarriedDocument("text/xml", cda() if document is None else document, "11490-0")
    return build.mdm(hl7.letter(documents=(carried,), **changes), hl7.ENVELOPE)


def adt() -> bytes:
    return build.adt(hl7.admission(), hl7.ENVELOPE)


def white_list(*entries: Entry) -> bytes:
    listed = entries or (Entry("hopital.mssante.fr", "CN=mail.hopital.fr,O=Hopital,C=FR"),)
    return write_whitelist(datetime(2026, 3, 1, tzinfo=UTC), listed)
