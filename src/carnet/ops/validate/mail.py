"""MSSanté: messages, the XDM packages that they carry, the list of operators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from carnet.ops.language import gettext as _
from carnet.ops.validate.documents import CDA_TYPES, judge_content, judge_entry
from carnet.ops.validate.remedies import explained
from carnet.ops.validate.verdict import Finding, Kind, Severity, Verdict
from carnet.ops.validate.xds import count_of, refusals
from carnet.standards.ids import IdentifierError, Ins
from carnet.standards.mss import message as mss
from carnet.standards.mss import whitelist, xdm
from carnet.standards.mss.addresses import Address, is_patient
from carnet.standards.mss.message.incoming import XDM_MARK
from carnet.standards.xds import rules
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.metadata import DocumentEntry

_PDF: Final = "application/pdf"
#: ECO.2.1.3: label, surname in plain capitals, given name, and the date of birth or not.
_SUBJECT: Final = re.compile(
    r"XDM/1\.0/DDM\+(?:\[[^\]]{1,40}\] )?(?P<label>\S.{0,39}?) (?P<surname>[A-Z][A-Z' -]{0,99}) "
    r"(?P<given>[A-Za-z][A-Za-z' -]{0,99}?)(?: (?P<birth>\d{2}/\d{2}/\d{4}))?",
    re.ASCII,
)

_ABSENT: Final = {
    "no_index": _("INDEX.HTM manque à la racine de l'archive."),
    "no_readme": _("README.TXT manque à la racine de l'archive."),
    "no_hash": _("Un document n'annonce pas son empreinte (hash)."),
    "no_size": _("Un document n'annonce pas sa taille (size)."),
}


def judge_xdm(data: bytes) -> Verdict:
    """The verdict on an XDM package: the zip, its metadata, each document of it."""
    package, findings = read_package(data)
    if package is None:
        return Verdict(Kind.XDM, _("Archive ZIP qui n'est pas un paquet XDM lisible"), findings)
    return Verdict(Kind.XDM, f"{_('Paquet XDM')} : {count_of(package.submission)}", findings)


def read_package(data: bytes) -> tuple[xdm.XdmPackage | None, tuple[Finding, ...]]:
    """A package, when it can be read, and what is wrong in it."""
    try:
        package = xdm.read(data)
    except xdm.XdmError as error:
        return None, tuple(_unread(error))
    return package, tuple(
        finding
        for number, each in enumerate((package, *package.others), start=1)
        for finding in _subset(each, "" if number == 1 else _("sous-ensemble %d") % number)
    )


def _unread(error: xdm.XdmError) -> Iterator[Finding]:
    yield Finding(
        f"xdm-{error.code.replace('_', '-')}",
        error.place,
        error.message,
        _("Refaire l'archive selon le profil IHE XDM."),
        requirement="mssante §5.2, §5.3",
    )
    if isinstance(error.__cause__, XdsRefused):
        yield from refusals(error.__cause__)


def _subset(package: xdm.XdmPackage, place: str) -> Iterator[Finding]:
    def at(finding: Finding) -> Finding:
        return finding.inside(place) if place else finding

    for warning in package.warnings:
        yield at(
            Finding(
                f"xdm-{warning.replace('_', '-')}",
                "",
                _ABSENT[warning],
                _("Refaire l'archive selon le profil IHE XDM."),
                Severity.WARNING,
                "mssante §5.2",
            )
        )
    for error in rules.check(package.submission):
        yield at(explained(error))
    for entry in package.submission.documents:
        for finding in judge_entry(entry, package.document(entry)):
            yield at(finding.inside(entry.uri))


def judge_mail(data: bytes) -> Verdict:
    """The verdict on a message: its headers, its package, what is beside it."""
    try:
        read = mss.read(data)
    except mss.MessageError as error:
        finding = Finding(
            f"smtp-{error.enhanced}", "", f"{error.reply}.", requirement="mssante §12"
        )
        return Verdict(Kind.MAIL, _("Message refusé"), (finding,))
    if read.report is not None:
        title = _("Message MSSanté : accusé (%(kind)s, %(outcome)s)") % {
            "kind": read.report.kind,
            "outcome": read.report.outcome or "?",
        }
        return Verdict(Kind.MAIL, title, tuple(_headers(read)))
    findings = [*_headers(read), *_beside(read)]
    if read.xdm is None:
        findings += _without_package(read)
        return Verdict(Kind.MAIL, _("Message MSSanté sans paquet XDM"), tuple(findings))
    package, found = read_package(read.xdm)
    findings += [finding.inside("IHE_XDM.zip") for finding in found]
    findings += _with_package(read, package)
    told = count_of(package.submission if package else None)
    return Verdict(Kind.MAIL, f"{_('Message MSSanté avec paquet XDM')} : {told}", tuple(findings))


def _headers(read: mss.IncomingMessage) -> Iterator[Finding]:
    if not read.message_id:
        yield _header("Message-ID", _("Le message n'a pas d'identifiant."), "ECO.2.2.1")
    if read.date is None:
        yield _header("Date", _("Le message n'a pas de date lisible."), "ECO.2.2.1")
    if not read.product and not read.is_report:
        yield _header(
            "X-MSS-NIL",
            _("Le message ne dit pas quel logiciel l'envoie."),
            "ECO.2.4.3",
            Severity.WARNING,
        )


def _header(
    name: str, problem: str, requirement: str, severity: Severity = Severity.ERROR
) -> Finding:
    remedy = _("Renseigner l'en-tête %s.") % name
    return Finding(f"mail-{name.lower()}", name, problem, remedy, severity, requirement)


def _without_package(read: mss.IncomingMessage) -> Iterator[Finding]:
    if read.subject.startswith(XDM_MARK):
        yield Finding(
            "mail-xdm-missing",
            "Subject",
            _("L'objet annonce un paquet XDM que le message ne porte pas."),
            _("Joindre IHE_XDM.zip, ou écrire un autre objet."),
            requirement="ECO.2.1.1",
        )


def _beside(read: mss.IncomingMessage) -> Iterator[Finding]:
    """The files beside the package. Their names hold the patient's: told by rank."""
    for rank, attachment in enumerate(read.attachments, start=1):
        for finding in judge_content(attachment.media_type, attachment.data):
            yield finding.inside(_("pièce jointe %d") % rank)


def _with_package(read: mss.IncomingMessage, package: xdm.XdmPackage | None) -> Iterator[Finding]:
    if not _is_subject(read.subject):
        yield Finding(
            "mail-subject",
            "Subject",
            _("L'objet n'a pas la forme XDM/1.0/DDM+<libellé> <NOM> <prenom> [JJ/MM/AAAA]."),
            _("Écrire l'objet sous cette forme, nom et prénom sans accent."),
            requirement="ECO.2.1.3",
        )
    if package is None:
        return
    entries = [
        entry
        for each in (package, *package.others)
        for entry in each.submission.documents
        if entry.mime_type in CDA_TYPES
    ]
    if not entries:
        return
    pdfs = sum(attachment.media_type == _PDF for attachment in read.attachments)
    if pdfs < len(entries):
        yield Finding(
            "mail-pdf-missing",
            "",
            _("Le message porte %(pdfs)d PDF pour %(documents)d document(s) CDA.")
            % {"pdfs": pdfs, "documents": len(entries)},
            _("Joindre au message chaque document en PDF/A-1, à côté de l'archive."),
            requirement="ECO.2.1.1",
        )
    yield from _codes(read, entries)
    yield from _recipients(read, entries)


def _is_subject(subject: str) -> bool:
    found = _SUBJECT.fullmatch(subject)
    if found is None:
        return False
    try:
        return found["birth"] is None or bool(datetime.strptime(found["birth"], "%d/%m/%Y"))  # noqa: DTZ007
    except ValueError:
        return False


def _codes(read: mss.IncomingMessage, entries: list[DocumentEntry]) -> Iterator[Finding]:
    codes = {entry.type_code.code for entry in entries if entry.type_code is not None}
    if set(read.cda_codes) != codes:
        yield _header(
            "X-MSS-CODECDA",
            _("L'en-tête ne dit pas les types des documents CDA du paquet."),
            "ECO.2.4.1",
            Severity.WARNING,
        )
    if read.ins_complete is None:
        yield _header(
            "X-MSS-INS",
            _("L'en-tête ne dit pas si l'INS est complète (O ou N)."),
            "ECO.2.4.2",
            Severity.WARNING,
        )


def _recipients(read: mss.IncomingMessage, entries: list[DocumentEntry]) -> Iterator[Finding]:
    """A citizen among the recipients must be the patient of the documents, or the mail leaks."""
    patients = {ins.matricule for entry in entries if (ins := _ins(entry)) is not None}
    if len(patients) > 1:
        yield Finding(
            "mail-one-patient",
            "",
            _("Le paquet porte les documents de plusieurs patients."),
            _("Envoyer un message par patient."),
            requirement="ECO.2.1.1",
        )
    for rank, party in enumerate(read.recipients, start=1):
        address = Address.parse(party.address)
        if is_patient(address) and patients and address.matricule not in patients:
            yield Finding(
                "mail-wrong-patient",
                _("destinataire %d") % rank,
                _("Le destinataire n'est pas le patient des documents."),
                _("Vérifier l'adresse du patient : son INS qualifiée, puis le domaine."),
                requirement="ECO.2.2.6",
            )


def _ins(entry: DocumentEntry) -> Ins | None:
    try:
        return Ins.from_cx(entry.patient_id)
    except IdentifierError:
        return None


def judge_whitelist(data: bytes) -> Verdict:
    """The verdict on a list of operators ("liste blanche")."""
    try:
        read = whitelist.parse(data)
    except whitelist.WhitelistError as error:
        finding = Finding(
            f"whitelist-{error.code.replace('_', '-')}",
            "",
            error.message,
            _("Reprendre la liste publiée, entière."),
            requirement="mssante §2",
        )
        return Verdict(Kind.WHITELIST, _("Liste blanche MSSanté refusée"), (finding,))
    title = _("Liste blanche MSSanté du %(date)s : %(count)d domaine(s)") % {
        "date": f"{read.generated_at:%d/%m/%Y}",
        "count": len(read.domains),
    }
    ignored = Finding(
        "whitelist-ignored",
        "",
        _("%d entrée(s) sans domaine ou sans nom de certificat lisible.") % read.ignored,
        _("Signaler ces entrées à l'opérateur de la liste : leurs messages sont refusés."),
        Severity.WARNING,
        "mssante §2",
    )
    return Verdict(Kind.WHITELIST, title, (ignored,) if read.ignored else ())
