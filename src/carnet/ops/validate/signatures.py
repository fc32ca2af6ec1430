"""The signature of a lot, alone in its file or beside the documents that it signs (dmp §3.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.validate.documents import judge_cda
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.standards import dsg, xml
from carnet.standards.dsg import Fault, LotSignature, Problem, SignatureRefused
from carnet.standards.xds.metadata import Submission
from carnet.standards.xds.rules.signatures import signatures_of
from carnet.standards.xmldsig import ds

REQUIREMENT: Final = "dmp §3.8"

#: What to do about each fault.
REMEDIES: Final[Mapping[Fault, str]] = {
    Fault.MALFORMED: _("Écrire la signature en XML, sans DTD."),
    Fault.SHAPE: _("Signer, dans cet ordre, le manifeste IHEManifest et les SignedProperties."),
    Fault.ALGORITHM: _("Signer en RSA avec SHA-256, sans transformation autre que canonique."),
    Fault.CERTIFICATE: _("Signer par la carte (signature) ou le certificat ORG_SIGN."),
    Fault.UNTRUSTED: _("Joindre dans KeyInfo le certificat qui signe."),
    Fault.DESIGNATION: _("Mettre en premier dans SigningCertificate le certificat qui signe."),
    Fault.VALUE: _("Signer SignedInfo canonique avec la clé du certificat joint."),
    Fault.ALTERED: _("Ne plus rien changer au fichier une fois signé."),
    Fault.TIME: _("Mettre l'horloge à l'heure et signer pendant la validité du certificat."),
    Fault.HOLDER: _("Faire signer le lot par celui qui l'envoie."),
    Fault.LOT: _("Donner au manifeste pour première référence urn:oid: et le uniqueId du lot."),
    Fault.MISSING: _("Ajouter au manifeste une référence à ce document."),
    Fault.STRANGER: _("Ne désigner dans le manifeste que les documents du lot."),
    Fault.REPEATED: _("Ne désigner chaque objet du lot qu'une fois."),
    Fault.DIGEST: _("Signer le document tel qu'il est envoyé, XML canonique avec commentaires."),
}


def judge_signed(data: bytes) -> Verdict:
    """The verdict on a file whose root is a signature: of a lot, or around a CDA document."""
    root = xml.parse(data)
    if root.find(f"{ds('Object')}/{ds('Manifest')}") is None:
        return judge_cda(data)
    signature, findings = _read(data)
    if signature is None:
        return Verdict(Kind.SIGNATURE, _("Signature de lot refusée"), tuple(findings))
    told = _("Signature de lot de %(count)d document(s), du %(time)s, certificat non vérifié")
    facts = {"count": len(signature.documents), "time": f"{signature.signed_at:%Y-%m-%d}"}
    return Verdict(Kind.SIGNATURE, told % facts, tuple(findings))


def judge_signature_of(submission: Submission, documents: Mapping[str, bytes]) -> Iterator[Finding]:
    """What is wrong between a lot and its signature, when it has one; `documents` by entry id."""
    lot = submission.submission_set
    for entry in signatures_of(submission)[:1]:
        signature, findings = _read(documents[entry.id])
        if signature is not None and lot is not None:
            signed = {
                each.unique_id: documents[each.id]
                for each in submission.documents
                if each is not entry
            }
            findings += map(_finding, dsg.differences(signature, lot.unique_id, signed))
        yield from (finding.inside(entry.id) for finding in findings)


def _read(data: bytes) -> tuple[LotSignature | None, list[Finding]]:
    """The signature when it proves something, and what is to be said of it."""
    findings: list[Finding] = []
    try:
        signature = dsg.read(data, allow_sha1=True)
    except SignatureRefused as refusal:
        return None, [_finding(refusal.problem)]
    if "signature" not in signature.certificate.usages:
        findings.append(_finding(Problem(Fault.CERTIFICATE)))
    try:
        dsg.read(data)
    except SignatureRefused:
        findings.append(
            Finding(
                "dsg-sha1",
                "",
                _("La signature emploie SHA-1, qu'un registre peut refuser."),
                REMEDIES[Fault.ALGORITHM],
                Severity.WARNING,
                REQUIREMENT,
            )
        )
    return signature, findings


def _finding(problem: Problem) -> Finding:
    return Finding(
        f"dsg-{problem.fault}",
        problem.place,
        problem.message,
        REMEDIES[problem.fault],
        requirement=REQUIREMENT,
    )
