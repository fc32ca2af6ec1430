"""FINESS, etalab cs1100502: a line is a geographic establishment, and names its legal entity."""

from __future__ import annotations

from typing import Final

from carnet.national.directory.importing.plans import Plan, Table, gone, leaving, seen

#: Of a legal entity the file tells the number only.
_LEGAL: Final = """
INSERT INTO directory_structure AS r (
       struct_idnat, kind, name, sector, address, fed_by, last_updated)
SELECT DISTINCT parent, 'EJ', '', '', '', 'FINESS', %(now)s FROM staged WHERE parent <> ''
    ON CONFLICT (struct_idnat) DO UPDATE
   SET kind = 'EJ', fed_by = 'FINESS', is_active = TRUE, closed_on = NULL,
       last_updated = excluded.last_updated
 WHERE r.fed_by = 'RPPS' OR r.fed_by = 'FINESS' AND NOT r.is_active
"""
_STRUCTURES: Final = """
INSERT INTO directory_structure AS r (
       struct_idnat, kind, parent_id, name, sector, category, activity, hospital_service, siret,
       street, postal_code, city, commune, address, phone, fax, opened_on, name_key, city_key,
       fed_by, last_updated)
SELECT DISTINCT ON (structure)
       structure, 'EG', nullif(parent, ''), staged.name, '', staged.category, staged.activity,
       staged.hospital_service, staged.siret, staged.street, staged.postal_code, staged.city,
       staged.commune, staged.address, staged.phone, staged.fax,
       nullif(staged.opened_on, '')::date, staged.name_key, staged.city_key, 'FINESS', %(now)s
  FROM staged
 ORDER BY structure, line
    ON CONFLICT (struct_idnat) DO UPDATE
   SET kind = 'EG', parent_id = excluded.parent_id, name = excluded.name,
       category = excluded.category, activity = excluded.activity,
       hospital_service = excluded.hospital_service, siret = excluded.siret,
       street = excluded.street, postal_code = excluded.postal_code, city = excluded.city,
       commune = excluded.commune, address = excluded.address, phone = excluded.phone,
       fax = excluded.fax, opened_on = excluded.opened_on, name_key = excluded.name_key,
       city_key = excluded.city_key, fed_by = 'FINESS', is_active = TRUE, closed_on = NULL,
       last_updated = excluded.last_updated
 WHERE r.fed_by <> ''
   AND (r.fed_by, r.kind, r.parent_id, r.name, r.category, r.activity, r.hospital_service, r.siret,
        r.street, r.postal_code, r.city, r.commune, r.phone, r.fax, r.opened_on, r.is_active)
       IS DISTINCT FROM
       ('FINESS', 'EG', excluded.parent_id, excluded.name, excluded.category, excluded.activity,
        excluded.hospital_service, excluded.siret, excluded.street, excluded.postal_code,
        excluded.city, excluded.commune, excluded.phone, excluded.fax, excluded.opened_on, TRUE)
"""
_CLOSE: Final = f"""
UPDATE directory_structure r
   SET is_active = FALSE, closed_on = %(now)s::date, last_updated = %(now)s
 WHERE r.is_active AND r.fed_by = 'FINESS' AND {gone(Table.STRUCTURE, "number")}
"""  # noqa: S608 - constants

PLAN: Final = Plan(
    fed="SELECT EXISTS (SELECT FROM directory_structure WHERE fed_by = 'FINESS')",
    merge=(
        _LEGAL,
        _STRUCTURES,
        seen(
            Table.STRUCTURE,
            "r.number",
            "(SELECT structure AS name FROM staged UNION SELECT parent FROM staged) said"
            " JOIN directory_structure r ON r.struct_idnat = said.name WHERE TRUE",
        ),
    ),
    leaving=leaving("directory_structure", "FINESS", Table.STRUCTURE, "number"),
    close=(_CLOSE,),
    tables=("directory_structure",),
)
