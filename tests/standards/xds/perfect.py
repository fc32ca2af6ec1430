"""One perfect submission: a discharge letter in PDF, as a hospital sends it. Tests break copies."""

from __future__ import annotations

from carnet.standards.xds.metadata import (
    Association,
    AssociationType,
    Author,
    Code,
    DocumentEntry,
    Submission,
    SubmissionSet,
)

INS = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
OTHER_INS = "187089900112345^^^&1.2.250.1.213.1.4.10&ISO^NH"
DOCTOR = "899700218896^MARTIN^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS"
HOSPITAL = "CH DE LA VALLEE^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000011"
DOCUMENT = b"<ClinicalDocument/>"

NORMAL = Code("N", "2.16.840.1.113883.5.25", "Normal")
MASKED = Code("MASQUE_PS", "1.2.250.1.213.1.1.4.13", "Masqué aux professionnels de santé")
HIDDEN = Code("INVISIBLE_PATIENT", "1.2.250.1.213.1.1.4.13", "Non visible par le patient")

AUTHOR = Author(
    person=DOCTOR,
    institutions=(HOSPITAL,),
    roles=("Médecin traitant",),
    specialties=("G15_10/SM26^Qualifié en Médecine Générale (SM)^1.2.250.1.213.1.1.4.5",),
)

ENTRY = DocumentEntry(
    id="Document01",
    unique_id="1.2.250.1.999.1.1.4.12",
    patient_id=INS,
    mime_type="text/xml",
    class_code=Code("10", "1.2.250.1.213.1.1.4.1", "Compte rendu"),
    type_code=Code(
        "11490-0",
        "2.16.840.1.113883.6.1",
        "Lettre de liaison à la sortie d'un établissement de soins",
    ),
    format_code=Code("urn:ihe:iti:xds-sd:pdf:2008", "1.3.6.1.4.1.19376.1.2.3", "PDF"),
    facility_type=Code("SA01", "1.2.250.1.71.4.2.4", "Etablissement public de santé"),
    practice_setting=Code("ETABLISSEMENT", "1.2.250.1.213.1.1.4.9", "Etablissement de santé"),
    confidentiality=(NORMAL,),
    events=(Code("I10", "2.16.840.1.113883.6.3", "Hypertension essentielle"),),
    authors=(AUTHOR,),
    title="Lettre de liaison à la sortie de l'hôpital",
    comments="Séjour du 2 au 5 mars",
    language="fr-FR",
    creation_time="20260305143000",
    service_start_time="20260302081500",
    service_stop_time="20260305120000",
    legal_authenticator=DOCTOR,
    source_patient_id="0012345^^^&1.2.250.1.999.1.2&ISO^PI",
    source_patient_info=("PID-5|DURAND^Anne^^^^^L", "PID-7|19790312", "PID-8|F"),
    reference_ids=("A123^^^&1.2.250.1.999.1.3&ISO^urn:ihe:iti:xds:2013:order",),
)

LOT = SubmissionSet(
    id="Lot01",
    unique_id="1.2.250.1.999.1.1.5.7",
    source_id="1.2.250.1.999.1.1",
    patient_id=INS,
    submission_time="20260305143100",
    content_type=Code("03", "1.2.250.1.213.2.2", "Hospitalisation complète"),
    author=(AUTHOR,),
    title="Sortie",
)

MEMBER = Association(
    type=AssociationType.HAS_MEMBER,
    source="Lot01",
    target="Document01",
    id="Member01",
    slots=(("SubmissionSetStatus", ("Original",)),),
)

SUBMISSION = Submission(LOT, (ENTRY,), (), (MEMBER,))
