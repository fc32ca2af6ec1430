"""XDS metadata from the header of a CDA document, and the lot that carries it.

A transformation, not a judgement: what the header lacks is left empty and what it says wrong is
kept as written, for `rules.check` to tell. Source: spec dmp §3.4 to §3.7 and §3.11; identity §5.11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from carnet.standards import nos
from carnet.standards.cda.header import Coded, Form, Header, Id, ServiceEvent
from carnet.standards.hl7v2.messages import Party
from carnet.standards.ids import INS_OIDS
from carnet.standards.xds.data_types import (
    cx,
    dtm,
    patient_names,
    person,
    person_of_party,
    structure,
    structure_of_party,
)
from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Submission,
    SubmissionSet,
)

_CONFIDENTIALITY: Final = "2.16.840.1.113883.5.25"
_REFERENCE: Final = "urn:ihe:iti:xds:2013:"

#: mimeType by the form of the document (spec dmp §3.4, §5.2).
_MIME_TYPES: Final[Mapping[Form, str]] = MappingProxyType(
    {
        Form.PLAIN: "text/xml",
        Form.SIGNED: "text/xml",
        Form.SELF_PRESENTING: "application/xslt+xml",
    }
)
#: formatCode of a level 1 document by the type of what it holds (spec dmp §5.2).
_LEVEL_1_FORMATS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application/pdf": "urn:ihe:iti:xds-sd:pdf:2008",
        "text/plain": "urn:ihe:iti:xds-sd:text:2008",
        "image/jpeg": "urn:ihe:iti-fr:xds-sd:jpeg:2010",
        "text/rtf": "urn:ihe:iti-fr:xds-sd:rtf:2010",
        "image/tiff": "urn:ihe:iti-fr:xds-sd:tiff:2010",
    }
)
#: formatCode of a level 3 document of no model with a format of its own (spec dmp §3.11).
_NO_MODEL: Final = "urn:asipSante:modelesHorsProfils:2011"
#: PID-8 by the code of CDA.
_GENDERS: Final[Mapping[str, str]] = MappingProxyType({"M": "M", "F": "F", "UN": "U"})
#: contentTypeCode by PV1-2 (spec identity §5.11); any other class is told as undifferentiated.
_CONTENT_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"I": "03", "O": "07", "R": "19", "N": "97", "E": "07"}
)
_UNDIFFERENTIATED: Final = "97"
_ACTIVITIES: Final = "1.2.250.1.213.2.2"  #: TRE_R209


def entry_from_cda(
    header: Header,
    *,
    entry_id: str,
    mime_type: str = "",
    confidentiality: Sequence[Code] = (),
) -> DocumentEntry:
    """The entry of the document that `header` opens (spec dmp §3.4, column "CDA source").

    `confidentiality` are the visibility codes that the sender chose, put after the level of the
    header; `mime_type` is that of the form of the document unless it is given. hash and size are
    the server's.
    """
    service = _main_service(header.services)
    encounter = header.encounter
    performer = service.performer if service else None
    industry = performer.organization.industry if performer and performer.organization else None
    return DocumentEntry(
        id=entry_id,
        unique_id=_document_id(header.id),
        patient_id=_ins(header.patient.ids),
        mime_type=mime_type or _MIME_TYPES[header.form],
        class_code=_class_code(header.code.code),
        type_code=_code(header.code),
        format_code=_format_code(header),
        facility_type=_code(encounter.facility if encounter else None),
        practice_setting=_code(industry),
        confidentiality=(*_level(header.confidentiality), *confidentiality),
        events=_events(header.services),
        authors=tuple(
            Author(
                person=person(author),
                institutions=_present(structure(author.organization)),
                roles=_present(author.function.display if author.function else ""),
                specialties=_present(_triplet(author.code)),
            )
            for author in header.authors
        ),
        title=header.title,
        language=header.language,
        creation_time=dtm(header.effective_time),
        service_start_time=dtm(service.start) if service else "",
        service_stop_time=dtm(service.stop) if service else "",
        legal_authenticator=person(header.legal_authenticator),
        source_patient_id=_source_patient_id(header.patient.ids),
        source_patient_info=_traits(header),
        reference_ids=(
            *_references(header.orders, "order"),
            *_references(header.accessions, "accession"),
        ),
    )


def sender_author(sender: Party, *, specialty: Coded | None = None) -> Author:
    """The author of a lot: the sender that an HL7 v2 message names (PRT, spec identity §5.10)."""
    return Author(
        person=person_of_party(sender),
        institutions=_present(structure_of_party(sender)),
        specialties=_present(_triplet(specialty)),
    )


def content_type(patient_class: str) -> Code:
    """The contentTypeCode of a lot by PV1-2; an unknown class is "activité indifférenciée"."""
    code = _CONTENT_TYPES.get(patient_class, _UNDIFFERENTIATED)
    return Code(code, _ACTIVITIES, nos.display(_ACTIVITIES, code))


def submission_set(
    *,
    lot_id: str,
    unique_id: str,
    source_id: str,
    patient_id: str,
    author: Author,
    content_type: Code,
    at: datetime,
    title: str = "",
) -> SubmissionSet:
    """The lot that `author` sends at `at` (aware). Raises `ValueError` when `at` is naive."""
    if at.tzinfo is None:
        raise ValueError("the time of a submission needs its time zone")
    return SubmissionSet(
        id=lot_id,
        unique_id=unique_id,
        source_id=source_id,
        patient_id=patient_id,
        submission_time=at.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
        content_type=content_type,
        author=(author,),
        title=title,
    )


def submission(
    lot: SubmissionSet,
    entries: Sequence[DocumentEntry],
    *,
    replaces: Mapping[str, str] = MappingProxyType({}),
) -> Submission:
    """The lot with its members; `replaces` gives the entryUUID that an entry (by id) replaces."""
    members = [membership(lot, entry) for entry in entries]
    replacements = [
        Association(AssociationType.RPLC, entry, target, f"{entry}-RPLC")
        for entry, target in replaces.items()
    ]
    return Submission(lot, tuple(entries), (), (*members, *replacements))


def membership(lot: SubmissionSet, entry: DocumentEntry) -> Association:
    """The HasMember by which a lot brings a document (ITI TF-3, 4.2.1.4)."""
    return Association(
        AssociationType.HAS_MEMBER,
        lot.id,
        entry.id,
        f"{lot.id}-{entry.id}",
        (("SubmissionSetStatus", ("Original",)),),
    )


def _present(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _main_service(services: Sequence[ServiceEvent]) -> ServiceEvent | None:
    """The service with a performer and a start: the only one that must have both (dmp §5.1)."""
    main = (service for service in services if service.performer and service.start)
    return next(main, services[0] if services else None)


def _document_id(id_: Id) -> str:
    return f"{id_.root}^{id_.extension}" if id_.extension else id_.root


def _ins(ids: Iterable[Id]) -> str:
    return next((cx(id_, "NH") for id_ in ids if id_.root in INS_OIDS), "")


def _source_patient_id(ids: Sequence[Id]) -> str:
    """The first local identifier (IPP), or the INS when there is none."""
    local = next((cx(id_, "PI") for id_ in ids if id_.root not in INS_OIDS), "")
    return local or _ins(ids)


def _code(coded: Coded | None) -> Code | None:
    if coded is None or not coded.code:
        return None
    return Code(coded.code, coded.system, coded.display)


def _triplet(coded: Coded | None) -> str:
    code = _code(coded)
    return f"{code.code}^{code.display}^{code.scheme}" if code else ""


def _class_code(type_code: str) -> Code | None:
    try:
        concept = nos.class_of_type(type_code)
    except nos.UnknownCode:
        return None  # no class is published for the type: rules.check says that it is missing
    return Code(concept.code, concept.system, concept.display)


def _format_code(header: Header) -> Code | None:
    if header.level == 1:
        code = _LEVEL_1_FORMATS.get(header.body_media_type, "")
        concept = nos.value_set("format_codes").find(code)
    else:
        # The most precise model comes last.
        models = map(nos.format_of_template, reversed(header.templates))
        concept = next(filter(None, models), nos.value_set("format_codes").find(_NO_MODEL))
    return Code(concept.code, concept.system, concept.display) if concept else None


def _level(coded: Coded) -> tuple[Code, ...]:
    """The level N, R or V, always told in the code system of XDS."""
    known = nos.display(_CONFIDENTIALITY, coded.code)
    if known:
        return (Code(coded.code, _CONFIDENTIALITY, known),)
    code = _code(coded)
    return (code,) if code else ()


def _events(services: Sequence[ServiceEvent]) -> tuple[Code, ...]:
    """The acts and diagnoses of all services, each with its translations, each once."""
    coded = (
        code
        for service in services
        if service.code is not None
        for code in map(_code, (service.code, *service.code.translations))
        if code is not None
    )
    return tuple(dict.fromkeys(coded))


def _traits(header: Header) -> tuple[str, ...]:
    patient = header.patient
    names = (f"PID-5|{name}" for name in patient_names(patient.name))
    birth = (f"PID-7|{patient.birth_time[:8]}",) if patient.birth_time else ()
    gender = _GENDERS.get(patient.gender)
    return (*names, *birth, *((f"PID-8|{gender}",) if gender else ()))


def _references(ids: Iterable[Id], kind: str) -> tuple[str, ...]:
    """CXi: id, authority, kind; an identifier that is an OID alone has no authority."""
    return tuple(
        cx(id_, f"{_REFERENCE}{kind}") if id_.extension else f"{id_.root}^^^^{_REFERENCE}{kind}"
        for id_ in ids
    )
