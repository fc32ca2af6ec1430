"""Documents: a CDA by itself, and a document beside the metadata that announce it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.standards.cda import reading
from carnet.standards.cda.header import Form, Header
from carnet.standards.cda.validation import RULES, UNREADABLE, validate
from carnet.standards.cda.validation.tables import body
from carnet.standards.ids import IdentifierError, Ins
from carnet.standards.xds.errors import ErrorCode
from carnet.standards.xds.metadata import DocumentEntry
from carnet.standards.xds.rules.relations import SIGNATURE_TYPE

#: Media types under which a CDA travels: plain, and autoprésentable.
CDA_TYPES: Final = frozenset({"text/xml", "application/xslt+xml"})
_PDF: Final = "application/pdf"

_BODY: Final = frozenset(rule.id for rule in body.RULES)
#: Where the specification asks for each rule of a CDA document.
REQUIREMENTS: Final = {rule.id: "dmp §5.2" if rule.id in _BODY else "dmp §5.1" for rule in RULES}

#: The rules that say that a file is no document at all.
UNREADABLE_RULES: Final = frozenset(f"cda-{code.replace('_', '-')}" for code in UNREADABLE)

_FORMS: Final = {
    Form.PLAIN: "",
    Form.SELF_PRESENTING: _(", autoprésentable"),
    Form.SIGNED: _(", signé"),
}


def judge_cda(data: bytes) -> Verdict:
    """The verdict on bytes that are, or pretend to be, a CDA document."""
    header: Header | None = None
    unread: list[Finding] = []
    try:
        document = reading.load(data)
        findings = validate(document)
        header = reading.read(document)
    except reading.CdaError as error:
        findings = validate(data)
        unread = [_unread(error)]
    told = [
        Finding(
            found.rule,
            found.place,
            found.problem,
            found.remedy,
            Severity(found.severity),
            REQUIREMENTS.get(found.rule, "dmp §5.1"),
        )
        for found in findings
    ]
    # Whatever keeps from reading breaks a rule, which says it better.
    broken = any(finding.severity is Severity.ERROR for finding in told)
    return Verdict(Kind.CDA, _title(header), (*told, *([] if broken else unread)))


def _title(header: Header | None) -> str:
    if header is None:
        return _("Document CDA R2 illisible")
    name = _("Document CDA R2 de niveau %(level)d%(form)s") % {
        "level": header.level,
        "form": _FORMS[header.form],
    }
    return f"{name} : {header.code.display or header.code.code}"


def _unread(error: reading.CdaError) -> Finding:
    return Finding(
        f"cda-{error.code.replace('_', '-')}",
        error.place,
        _("L'en-tête ne peut pas être lu : %s.") % error.message,
        _("Renseigner l'élément qui manque."),
        requirement="dmp §5.1",
    )


def judge_content(media_type: str, data: bytes) -> tuple[Finding, ...]:
    """What is wrong in a document that something carries; other types are not judged."""
    if media_type in CDA_TYPES:
        return judge_cda(data).findings
    if media_type == _PDF and b"%PDF-" not in data[:1024]:
        return (
            Finding(
                "pdf",
                "",
                _("Le document annoncé comme PDF n'en est pas un."),
                _("Joindre le fichier PDF lui-même."),
                requirement="dmp §5.2",
            ),
        )
    return ()


def judge_entry(entry: DocumentEntry, data: bytes) -> Iterator[Finding]:
    """What is wrong in a document, and between it and its entry."""
    yield from _announced(entry, data)
    if entry.type_code is not None and entry.type_code.code == SIGNATURE_TYPE:
        return
    yield from judge_content(entry.mime_type, data)
    if entry.mime_type not in CDA_TYPES:
        return
    try:
        header = reading.read(data)
    except reading.CdaError:
        return  # told above
    yield from _another(entry, header)


def _announced(entry: DocumentEntry, data: bytes) -> Iterator[Finding]:
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if entry.hash and entry.hash.lower() != digest:
        yield Finding(
            ErrorCode.REPOSITORY_METADATA_ERROR,
            "",
            _("L'empreinte annoncée (hash) n'est pas celle du document."),
            _("Calculer le SHA-1 des octets transmis, ou ne pas l'annoncer."),
            requirement="dmp §3.4",
        )
    if entry.size is not None and entry.size != len(data):
        yield Finding(
            ErrorCode.REPOSITORY_METADATA_ERROR,
            "",
            _("La taille annoncée (size) n'est pas celle du document."),
            _("Compter les octets transmis, ou ne pas l'annoncer."),
            requirement="dmp §3.4",
        )


def _another(entry: DocumentEntry, header: Header) -> Iterator[Finding]:
    """Whether the CDA is the document, and of the patient, that its entry says."""
    try:
        ins = Ins.from_cx(entry.patient_id)
    except IdentifierError:
        ins = None  # its form is judged by the rules of the metadata
    if ins and (ins.oid, ins.matricule) not in {(i.root, i.extension) for i in header.patient.ids}:
        yield Finding(
            ErrorCode.PATIENT_ID_DOES_NOT_MATCH,
            "",
            _("L'INS du document n'est pas le patientId de ses métadonnées."),
            _("Vérifier que le document est bien celui de ce patient."),
            requirement="dmp §3.12",
        )
    if header.id.extension or header.id.root != entry.unique_id:
        yield Finding(
            ErrorCode.INVALID_DOCUMENT_CONTENT,
            "",
            _("L'identifiant du document (id) n'est pas le uniqueId de ses métadonnées."),
            _("Reprendre dans uniqueId la racine de l'id du CDA, sans extension."),
            requirement="dmp §3.4",
        )
