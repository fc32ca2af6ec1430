"""One perfect discharge letter, and the other forms of a CDA document, for each test to break."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree

from carnet.standards.cda import level1
from carnet.standards.cda.header import Coded, Id, Name, Organization, Participant, Patient
from carnet.standards.ids import (
    INS_NIR_TEST,
    PS_AUTHORITY,
    STRUCT_AUTHORITY,
    Oid,
    matricule_key,
)

PARIS = timezone(timedelta(hours=1))
PDF = b"%PDF-1.4\n% a synthetic letter \xe2\xe3\xcf\xd3\n%%EOF\n"
BODY = "2790351215189"
MATRICULE = BODY + matricule_key(BODY)

HOSPITAL = Organization(
    ids=(Id(STRUCT_AUTHORITY, "1750803447"),),
    name="CH de l'Exemple",
    telecoms=("tel:0100000000",),
    address="1 rue de l'Essai, 75015 PARIS",
)
DOCTOR = Participant(
    ids=(Id(PS_AUTHORITY, "899900063480"),),
    name=Name(families=(("", "MAX"),), givens=(("", "Libre"),), prefix="M", suffix="DR"),
    code=level1.coded("author_specialties", "G15_10/SM26"),
    organization=replace(HOSPITAL, industry=level1.coded("practice_settings", "ETABLISSEMENT")),
    telecoms=("tel:0100000001",),
)
PATIENT = Patient(
    ids=(Id(INS_NIR_TEST, MATRICULE), Id("1.2.3.4.567.8.9.10", "1234567890121")),
    name=level1.patient_name(
        birth_family="PAT-TROIS",
        birth_givens="DOMINIQUE MARIE-LOUISE",
        used_family="D'EXEMPLE",
        used_given="DOMINIQUE",
    ),
    gender="F",
    birth_time="19790328",
    birth_place="51215",
    telecoms=("tel:0144534551",),
    address="28 avenue de l'Essai, 75007 PARIS",
)


def perfect_letter(**changes: Any) -> level1.Letter:
    """A letter without a fault, with every part that a rule looks at."""
    letter = level1.Letter(
        id=Oid("1.2.250.1.213.1.1.9.2024.1.2"),
        set_id=Id("1.2.250.1.213.1.1.9.2024.1"),
        version=2,
        code=level1.coded("type_codes", "11490-0"),
        title="Lettre de liaison à la sortie",
        created_at=datetime(2024, 3, 8, 16, 30, 5, tzinfo=PARIS),
        patient=PATIENT,
        author=replace(DOCTOR, function=level1.coded("author_roles", "CORRE")),
        authored_at=datetime(2024, 3, 8, 16, 30, tzinfo=PARIS),
        custodian=HOSPITAL,
        legal_authenticator=DOCTOR,
        authenticated_at=datetime(2024, 3, 8, 16, 31, tzinfo=PARIS),
        performer=DOCTOR,
        service_start=datetime(2024, 3, 4, 8, tzinfo=PARIS),
        service_stop=datetime(2024, 3, 8, 16, tzinfo=PARIS),
        service_code=Coded("IMP", "2.16.840.1.113883.5.4", "Hospitalisation"),
        facility=level1.coded("facility_types", "SA01"),
        encounter_ids=(Id("1.2.3.4.567.8.9.11", "SEJOUR-1"),),
        encounter_code=level1.coded("encounter_types", "IMP"),
        encounter_start=datetime(2024, 3, 4, 8, tzinfo=PARIS),
        encounter_stop=datetime(2024, 3, 8, 16, tzinfo=PARIS),
        facility_name="Médecine polyvalente",
        recipients=(
            Participant(
                ids=(Id(PS_AUTHORITY, "899900063481"),),
                name=Name(families=(("", "ESSAI"),), givens=(("", "Alix"),)),
                telecoms=("mailto:alix.essai@medecin.formation.mssante.fr",),
            ),
        ),
        orders=(Id("1.2.3.4.567.8.9.12", "DEMANDE-1"),),
        replaces=Id("1.2.250.1.213.1.1.9.2024.1.1"),
    )
    return replace(letter, **changes)


def perfect() -> bytes:
    """The perfect letter as a level 1 document."""
    return level1.build(perfect_letter(), PDF)


NAMESPACES = {"h": "urn:hl7-org:v3", "xsl": "http://www.w3.org/1999/XSL/Transform"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
#: A section with every part of the narrative that a reader may meet.
SECTIONS = f"""
<component><section>
  <title>Évolution &lt;b&gt;</title>
  <text>Bon <content styleCode="Bold xUnknown" ID="c1">état</content> général.
    <paragraph>Sortie <sub>1</sub><br/>le 8<footnote ID="n1">mars 2024</footnote>.</paragraph>
    <list listType="ordered" styleCode="LittleRoman"><caption>Suites</caption>
      <item>repos</item><item>suivi</item></list>
    <table><caption>Résultats</caption>
      <thead><tr><th>Analyse</th><th colspan="2">Valeur</th></tr></thead>
      <tbody><tr><th>INR</th><td>2,5</td><td/></tr></tbody></table>
    <renderMultiMedia referencedObject="IMG"><caption>Courbe</caption></renderMultiMedia>
    <linkHtml href="https://exemple.test/">une page</linkHtml>
  </text>
  <entry><observationMedia classCode="OBS" moodCode="EVN" ID="IMG">
    <value mediaType="image/png" representation="B64">{base64.b64encode(PNG).decode()}</value>
  </observationMedia></entry>
  <component><section>
    <title>Détail</title><text>Rien <!-- caché -->à signaler</text>
  </section></component>
</section></component>
<component><section>
  <templateId root="1.2.250.1.213.1.1.2.243"/>
  <title>Copie du document</title><text>Voir le PDF.</text>
  <entry><observationMedia classCode="OBS" moodCode="EVN" ID="COPIE">
    <value mediaType="application/pdf" representation="B64">{base64.b64encode(PDF).decode()}</value>
  </observationMedia></entry>
</section></component>
"""


def structured(sections: str = SECTIONS) -> bytes:
    """The perfect letter as a level 3 document with these sections (XML, CDA by default)."""
    root = etree.fromstring(perfect())
    level_1 = root.find("h:templateId[@root='1.3.6.1.4.1.19376.1.2.20']", NAMESPACES)
    level_1.set("root", "1.2.250.1.213.1.1.1.29")
    component = root.find("h:component", NAMESPACES)
    component.clear()
    component.append(
        etree.fromstring(f'<structuredBody xmlns="urn:hl7-org:v3">{sections}</structuredBody>')
    )
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def narrative(text: str) -> bytes:
    """A level 3 document of one section, whose narrative is `text` (CDA XML)."""
    return structured(f"<component><section><text>{text}</text></section></component>")


def _inside(document: bytes) -> bytes:
    return document.partition(b"?>")[2]


def self_presenting(document: bytes, *, presentation: bytes = b"", prologue: bool = True) -> bytes:
    """The document inside its own stylesheet."""
    return b"".join(
        (
            b'<?xml version="1.0" encoding="UTF-8"?>\n',
            b'<?xml-stylesheet type="text/xsl" href="#"?>\n' if prologue else b"",
            b'<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" ',
            b'xmlns:d="urn:asip-sante:ci-sis"><d:Contenu>',
            _inside(document),
            b'</d:Contenu><xsl:template match="/"><html><body>',
            presentation,
            b"</body></html></xsl:template></xsl:stylesheet>",
        )
    )


def signed(document: bytes) -> bytes:
    """The document inside an enveloping signature (its value is of no matter here)."""
    return (
        b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo/>'
        b"<ds:Object>" + _inside(document) + b"</ds:Object></ds:Signature>"
    )
