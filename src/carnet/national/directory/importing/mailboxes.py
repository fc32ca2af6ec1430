"""Extraction_Correspondance_MSSante: a line is one mailbox of one holder (spec mssante §9)."""

from __future__ import annotations

from typing import Final

from carnet.national.directory.importing.plans import Plan, Table, gone, leaving, seen

_REFUSED: Final = """
SELECT line, CASE WHEN staged.ps_idnat <> ''
                  THEN 'the directory does not know this professional'
                  ELSE 'the directory does not know this structure' END
  FROM staged
  LEFT JOIN directory_professional p ON p.ps_idnat = staged.ps_idnat
  LEFT JOIN directory_structure o ON o.struct_idnat = staged.structure
 WHERE CASE WHEN staged.ps_idnat <> '' THEN p.ps_idnat IS NULL ELSE o.struct_idnat IS NULL END
 ORDER BY line
"""
#: A personal mailbox is of an exercise when the professional works in the structure that is told,
#: else of the professional.
_HELD: Final = """
(SELECT DISTINCT ON (staged.address, p.ps_idnat, place.structure)
        staged.address, staged.kind, staged.service, p.ps_idnat, place.structure
   FROM staged
   LEFT JOIN directory_professional p ON p.ps_idnat = staged.ps_idnat
   LEFT JOIN directory_structure o ON o.struct_idnat = staged.structure
  CROSS JOIN LATERAL (
        SELECT CASE WHEN staged.ps_idnat = '' THEN o.struct_idnat
                    WHEN EXISTS (SELECT FROM directory_exercise x
                                  WHERE x.professional_id = staged.ps_idnat AND x.is_active
                                    AND x.structure_id = o.struct_idnat)
                    THEN o.struct_idnat END AS structure) place
  WHERE CASE WHEN staged.ps_idnat <> ''
             THEN p.ps_idnat IS NOT NULL ELSE o.struct_idnat IS NOT NULL END
  ORDER BY staged.address, p.ps_idnat, place.structure, line) held
"""
_TOUCH: Final = """
     practitioners AS (
     UPDATE directory_professional SET last_updated = %(now)s
      WHERE ps_idnat IN (SELECT professional_id FROM changed WHERE structure_id IS NULL)),
     organizations AS (
     UPDATE directory_structure SET last_updated = %(now)s
      WHERE struct_idnat IN (SELECT structure_id FROM changed WHERE professional_id IS NULL))
UPDATE directory_exercise SET last_updated = %(now)s
 WHERE (professional_id, structure_id) IN (
       SELECT professional_id, structure_id FROM changed
        WHERE professional_id IS NOT NULL AND structure_id IS NOT NULL)
"""
_MERGE: Final = f"""
WITH changed AS (
     INSERT INTO directory_mailbox AS r (
            address, kind, professional_id, structure_id, service, fed_by, last_updated)
     SELECT held.address, held.kind, held.ps_idnat, held.structure, held.service, 'MSS', %(now)s
       FROM {_HELD}
         ON CONFLICT (address, professional_id, structure_id) DO UPDATE
        SET kind = excluded.kind, service = excluded.service, is_active = TRUE,
            last_updated = excluded.last_updated
      WHERE r.fed_by = 'MSS' AND (r.kind, r.service, r.is_active)
            IS DISTINCT FROM (excluded.kind, excluded.service, TRUE)
     RETURNING professional_id, structure_id),
{_TOUCH}
"""  # noqa: S608 - constants
_CLOSE: Final = f"""
WITH changed AS (
     UPDATE directory_mailbox r SET is_active = FALSE, last_updated = %(now)s
      WHERE r.is_active AND r.fed_by = 'MSS' AND {gone(Table.MAILBOX, "id")}
     RETURNING professional_id, structure_id),
{_TOUCH}
"""  # noqa: S608 - constants

PLAN: Final = Plan(
    fed="SELECT EXISTS (SELECT FROM directory_mailbox WHERE fed_by = 'MSS')",
    merge=(
        _MERGE,
        seen(
            Table.MAILBOX,
            "r.id",
            f"{_HELD} JOIN directory_mailbox r ON r.address = held.address"
            " AND r.professional_id IS NOT DISTINCT FROM held.ps_idnat"
            " AND r.structure_id IS NOT DISTINCT FROM held.structure WHERE TRUE",
        ),
    ),
    leaving=leaving("directory_mailbox", "MSS", Table.MAILBOX, "id"),
    close=(_CLOSE,),
    tables=("directory_mailbox",),
    refused=_REFUSED,
)
