"""PS_LibreAcces_SavoirFaire and PS_LibreAcces_Dipl_AutExerc: a line is one qualification."""

from __future__ import annotations

from typing import Final

from carnet.national.directory.importing.activities import FIRST_SPECIALTY
from carnet.national.directory.importing.plans import Plan, Table, gone, leaving, seen

_REFUSED: Final = """
SELECT line, 'the directory does not know this professional: import the activities first'
  FROM staged
 WHERE NOT EXISTS (SELECT FROM directory_professional p WHERE p.ps_idnat = staged.ps_idnat)
 ORDER BY line
"""


def _plan(kind: str, fed_by: str, *settle: str) -> Plan:
    said = (
        f"(SELECT DISTINCT s.ps_idnat, '{kind}' AS kind, s.type_code, s.code FROM staged s"  # noqa: S608 - constants
        " JOIN directory_professional p ON p.ps_idnat = s.ps_idnat) said"
    )
    merge = f"""
    WITH changed AS (
         INSERT INTO directory_qualification AS r (professional_id, kind, type_code, code, fed_by)
         SELECT said.ps_idnat, said.kind, said.type_code, said.code, '{fed_by}' FROM {said}
             ON CONFLICT (professional_id, kind, type_code, code) DO UPDATE
            SET is_active = TRUE, fed_by = '{fed_by}'
          WHERE r.fed_by <> '' AND (NOT r.is_active OR r.fed_by <> '{fed_by}')
         RETURNING professional_id)
    UPDATE directory_professional SET last_updated = %(now)s
     WHERE ps_idnat IN (SELECT professional_id FROM changed) AND last_updated < %(now)s
    """  # noqa: S608 - constants
    close = f"""
    WITH changed AS (
         UPDATE directory_qualification r SET is_active = FALSE
          WHERE r.is_active AND r.fed_by = '{fed_by}' AND {gone(Table.QUALIFICATION, "id")}
         RETURNING professional_id)
    UPDATE directory_professional SET last_updated = %(now)s
     WHERE ps_idnat IN (SELECT professional_id FROM changed)
    """  # noqa: S608 - constants
    return Plan(
        fed=f"SELECT EXISTS (SELECT FROM directory_qualification WHERE fed_by = '{fed_by}')",  # noqa: S608 - constants
        merge=(
            merge,
            seen(
                Table.QUALIFICATION,
                "r.id",
                f"{said} JOIN directory_qualification r ON r.professional_id = said.ps_idnat"
                " AND r.kind = said.kind AND r.type_code = said.type_code AND r.code = said.code"
                " WHERE TRUE",
            ),
        ),
        leaving=leaving("directory_qualification", fed_by, Table.QUALIFICATION, "id"),
        close=(close,),
        tables=("directory_qualification",),
        refused=_REFUSED,
        settle=settle,
    )


SAVOIR_FAIRE: Final = _plan("savoir_faire", "RPPS-SF", FIRST_SPECIALTY)
DIPLOMAS: Final = _plan("diploma", "RPPS-DIPL")
