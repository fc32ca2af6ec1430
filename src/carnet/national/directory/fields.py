"""The fields of each resource that the directory is searched by, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from carnet.national.directory.matching import (
    PERSONAL,
    SHARED,
    SITUATED,
    Match,
    address,
    any_code,
    arhgos,
    by_id,
    code,
    flag,
    mailbox,
    mailbox_type,
    named,
    names,
    of_kinds,
    plain,
    postal_code,
    professional_identifier,
    profile,
    qualification,
    refers,
    role_identifier,
    structure_identifier,
    structure_type,
    text,
    updated,
)

_PROVIDED: Final = refers("structure_id", "directory_structure", "struct_idnat")

FIELDS: Final[Mapping[str, Mapping[str, Match]]] = MappingProxyType(
    {
        "Practitioner": {
            "id": by_id("Practitioner"),
            "last_updated": updated,
            "information_system": named("RPPS"),
            "active": flag("is_active"),
            "family": text("family_key", "family_name"),
            "given": text("given_key", "given_name"),
            "name": names,
            "identifier": professional_identifier,
            "identifier_type": of_kinds({"IDNPS": "TRUE", "RPPS": "r.ps_idnat LIKE '8%%'"}),
            "mailbox": mailbox(PERSONAL),
            "mailbox_type": mailbox_type(PERSONAL),
            "qualification": qualification("r.ps_idnat"),
        },
        "PractitionerRole": {
            "id": by_id("PractitionerRole"),
            "last_updated": updated,
            "information_system": named("RPPS"),
            "active": flag("is_active"),
            "identifier": role_identifier,
            "mailbox": mailbox(SITUATED),
            "mailbox_type": mailbox_type(SITUATED),
            "organization": _PROVIDED,
            "practitioner": refers("professional_id", "directory_professional", "ps_idnat"),
            "role": code(
                ("TRE_R21", "role"),
                ("TRE_R22", "activity"),
                ("TRE_R23", "mode"),
                ("TRE_R06", "section"),
            ),
            "specialty": qualification("r.professional_id"),
        },
        "Organization": {
            "id": by_id("Organization"),
            "last_updated": updated,
            "information_system": of_kinds(
                {"FINESS": "r.struct_idnat LIKE '1%%'", "RPPS": "r.struct_idnat NOT LIKE '1%%'"}
            ),
            "active": flag("is_active"),
            "address": address,
            "city": text("city_key", "city"),
            "line": plain("street"),
            "postal_code": postal_code,
            "identifier": structure_identifier,
            "identifier_type": of_kinds(
                {
                    "IDNST": "TRUE",
                    "FINEJ": "r.struct_idnat LIKE '1%%' AND r.kind = 'EJ'",
                    "FINEG": "r.struct_idnat LIKE '1%%' AND r.kind = 'EG'",
                    "SIREN": "r.struct_idnat LIKE '2%%'",
                    "SIRET": "r.struct_idnat LIKE '3%%' OR r.siret <> ''",
                    "RPPSRG": "r.struct_idnat LIKE '4%%'",
                }
            ),
            "mailbox": mailbox(SHARED),
            "mailbox_type": mailbox_type(SHARED),
            "name": text("name_key", "name"),
            "part_of": refers("parent_id", "directory_structure", "struct_idnat"),
            "licence": plain("licence"),
            "type": structure_type,
        },
        "HealthcareService": {
            "id": by_id("HealthcareService"),
            "last_updated": updated,
            "information_system": named("FINESS"),
            "profile": profile,
            "active": flag("is_active"),
            "form": any_code("form"),
            "identifier": arhgos,
            "organization": _PROVIDED,
            "modality": any_code("modality"),
            "code": any_code("code"),
        },
        "Device": {
            "id": by_id("Device"),
            "last_updated": updated,
            "information_system": named("FINESS"),
            "identifier": arhgos,
            "manufacturer": plain("manufacturer"),
            "model": plain("model"),
            "organization": _PROVIDED,
            "status": of_kinds({"active": "r.is_active", "inactive": "NOT r.is_active"}),
            "code": code(("TRE_R272", "code")),
        },
    }
)
