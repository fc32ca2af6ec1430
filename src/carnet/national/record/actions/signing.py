"""The signature of a lot at publication (TD2.1, spec dmp §3.8): who signs, what, and no other.

A lot without a signature costs nothing here; whether it may come is a setting. Who signs follows
from who sends, as for the VIHF (spec dmp §4.3): a professional, whom the rules let feed in direct
mode alone, by their card; an establishment by its certificate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.conf import settings

from carnet.national.clients.trust import trust
from carnet.national.journal.actors import Actor, Establishment, Professional
from carnet.national.record import entries
from carnet.standards import dsg
from carnet.standards.certificates import Certificate
from carnet.standards.dsg import Fault, Problem, SignatureRefused
from carnet.standards.xds.errors import ErrorCode, RegistryError, XdsRefused, refused
from carnet.standards.xds.metadata import Submission, SubmissionSet
from carnet.standards.xds.rules.signatures import signatures_of

REQUIRED: Final = "required"

#: The DMP has a code for who signs (spec dmp §3.12); what is signed is the content of a document.
_OF_THE_SIGNER: Final = frozenset({Fault.CERTIFICATE, Fault.UNTRUSTED, Fault.HOLDER})


def check_signature(
    actor: Actor, submission: Submission, documents: Mapping[str, bytes], now: datetime
) -> None:
    """The lot is signed by who sends it, as it comes, when it is signed or must be.

    `documents` are by the ids of their entries. Raises `XdsRefused`: DMPInvalidCertificate for who
    signs, InvalidDocumentContent for what is signed, XDSRegistryMetadataError when there must be a
    signature and there is none.
    """
    signatures, lot = signatures_of(submission), submission.submission_set
    if lot is None or not signatures:
        if settings.CARNET_LOT_SIGNATURE == REQUIRED:
            raise refused(
                ErrorCode.REGISTRY_METADATA_ERROR, "the lot has no signature (typeCode E1762)"
            )
        return
    entry = signatures[0]
    places = {each.unique_id: each.id for each in submission.documents if each is not entry}
    try:
        signature = dsg.verify(
            documents[entry.id],
            trust=trust(settings.CARNET_TRUST_CA, settings.CARNET_TRUST_CRL),
            now=now,
            allow_sha1=settings.CARNET_LOT_SIGNATURE_SHA1,
        )
        _check_holder(actor, lot, signature.certificate)
    except SignatureRefused as refusal:
        raise XdsRefused(_error(refusal.problem, entry.id)) from None
    signed = {unique_id: documents[place] for unique_id, place in places.items()}
    if problems := tuple(dsg.differences(signature, lot.unique_id, signed)):
        raise XdsRefused(
            *(_error(each, places.get(each.place, each.place or entry.id)) for each in problems)
        )


def ignore_signature(
    _actor: Actor, _submission: Submission, _documents: Mapping[str, bytes], _now: datetime
) -> None:
    """In an affinity domain a signature is a document like others (ITI TF-3 5.5): no check."""


def _check_holder(actor: Actor, lot: SubmissionSet, signer: Certificate) -> None:
    """Who signs sends the lot and is its author (EX_2.1-1140). Raises `SignatureRefused`."""
    match actor:
        case Professional():
            signs = signer.ps_idnat == actor.ps_idnat
            sends = _is_of(lot, {actor.ps_idnat}, {actor.structure})
        case Establishment():
            signs = bool(signer.struct_idnat) and signer.struct_idnat == actor.holder
            sends = _is_of(lot, set(), {actor.struct_idnat, actor.holder})
        case _:
            signs = sends = False
    if not signs:
        raise SignatureRefused(Fault.HOLDER)
    if not sends:
        raise SignatureRefused(Fault.HOLDER, "il n'est pas l'auteur du lot")


def _is_of(lot: SubmissionSet, persons: set[str], structures: set[str]) -> bool:
    """Whether an author of the lot is one of these persons, or of one of these structures."""
    return any(
        entries.xcn_id(author.person) in persons
        or not structures.isdisjoint(map(entries.xon_id, author.institutions))
        for author in lot.author
    )


def _error(problem: Problem, place: str) -> RegistryError:
    of_signer = problem.fault in _OF_THE_SIGNER
    code = ErrorCode.DMP_INVALID_CERTIFICATE if of_signer else ErrorCode.INVALID_DOCUMENT_CONTENT
    return RegistryError(code, problem.message, location=place)
