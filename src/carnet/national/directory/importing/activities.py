"""PS_LibreAcces_Personne_activite: a line is one exercise, of a professional, somewhere."""

from __future__ import annotations

from typing import Final

from carnet.national.directory.importing.plans import Plan, Table, gone, leaving, seen

#: FINESS says what a structure of its own is: a line of the RPPS makes it known, no more.
_STRUCTURES: Final = """
INSERT INTO directory_structure AS r (
       struct_idnat, kind, name, alias, sector, siret, street, postal_code, city, commune, address,
       phone, fax, email, name_key, city_key, parent_id, fed_by, last_updated)
SELECT DISTINCT ON (structure)
       structure, staged.kind, staged.name, staged.alias, staged.sector, staged.siret,
       staged.street, staged.postal_code, staged.city, staged.commune, staged.address,
       staged.phone, staged.fax, staged.email, staged.name_key, staged.city_key,
       parent.struct_idnat, 'RPPS', %(now)s
  FROM staged
  LEFT JOIN directory_structure parent ON parent.struct_idnat = staged.parent
 WHERE structure <> ''
 ORDER BY structure, line
    ON CONFLICT (struct_idnat) DO UPDATE
   SET name = excluded.name, alias = excluded.alias, sector = excluded.sector,
       siret = excluded.siret, street = excluded.street, postal_code = excluded.postal_code,
       city = excluded.city, commune = excluded.commune, address = excluded.address,
       phone = excluded.phone, fax = excluded.fax, email = excluded.email,
       name_key = excluded.name_key, city_key = excluded.city_key, parent_id = excluded.parent_id,
       is_active = TRUE, closed_on = NULL, last_updated = excluded.last_updated
 WHERE r.fed_by = 'RPPS'
   AND (r.name, r.alias, r.sector, r.siret, r.street, r.postal_code, r.city, r.commune, r.address,
        r.phone, r.fax, r.email, r.parent_id, r.is_active)
       IS DISTINCT FROM
       (excluded.name, excluded.alias, excluded.sector, excluded.siret, excluded.street,
        excluded.postal_code, excluded.city, excluded.commune, excluded.address, excluded.phone,
        excluded.fax, excluded.email, excluded.parent_id, TRUE)
"""
_PROFESSIONALS: Final = """
INSERT INTO directory_professional AS r (
       ps_idnat, civility, title, family_name, given_name, family_key, given_key, names,
       profession_code, profession_system, specialty_code, specialty_system, fed_by, last_updated)
SELECT DISTINCT ON (ps_idnat)
       ps_idnat, staged.civility, staged.title, family, given, staged.family_key, staged.given_key,
       staged.names, profession, '1.2.250.1.71.1.2.7',
       CASE WHEN type_code = 'S' THEN code ELSE '' END,
       CASE WHEN type_code = 'S' THEN '1.2.250.1.71.4.2.5' ELSE '' END, 'RPPS', %(now)s
  FROM staged
 ORDER BY ps_idnat, profession, line
    ON CONFLICT (ps_idnat) DO UPDATE
   SET civility = excluded.civility, title = excluded.title, family_name = excluded.family_name,
       given_name = excluded.given_name, family_key = excluded.family_key,
       given_key = excluded.given_key, names = excluded.names, is_active = TRUE,
       last_updated = excluded.last_updated
 WHERE r.fed_by = 'RPPS'
   AND (r.civility, r.title, r.family_name, r.given_name, r.is_active)
       IS DISTINCT FROM
       (excluded.civility, excluded.title, excluded.family_name, excluded.given_name, TRUE)
"""
_SAID: Final = """
SELECT ps_idnat, 'profession' AS kind, category AS type_code, profession AS code FROM staged
 UNION
SELECT ps_idnat, 'savoir_faire', type_code, code FROM staged WHERE code <> ''
"""
_QUALIFICATIONS: Final = f"""
WITH changed AS (
     INSERT INTO directory_qualification AS r (professional_id, kind, type_code, code, fed_by)
     SELECT said.ps_idnat, said.kind, said.type_code, said.code, 'RPPS' FROM ({_SAID}) said
         ON CONFLICT (professional_id, kind, type_code, code) DO UPDATE SET is_active = TRUE
      WHERE NOT r.is_active AND r.fed_by = 'RPPS'
     RETURNING professional_id)
UPDATE directory_professional SET last_updated = %(now)s
 WHERE ps_idnat IN (SELECT professional_id FROM changed) AND last_updated < %(now)s
"""  # noqa: S608 - constants
_EXERCISES: Final = """
INSERT INTO directory_exercise AS r (
       id, professional_id, structure_id, key, profession, mode, role, activity, section, fed_by,
       last_updated)
SELECT DISTINCT ON (ps_idnat, key)
       gen_random_uuid(), ps_idnat, nullif(structure, ''), key, profession, mode, role, activity,
       section, 'RPPS', %(now)s
  FROM staged
 ORDER BY ps_idnat, key, line
    ON CONFLICT (professional_id, key) DO UPDATE
   SET is_active = TRUE, ended_on = NULL, last_updated = excluded.last_updated
 WHERE r.fed_by = 'RPPS' AND NOT r.is_active
"""
#: What the record knows of a professional: their first profession, and their first specialty. A
#: student (category E) has the code of the profession, in the list of those in training (G16).
_FIRST_PROFESSION: Final = """
UPDATE directory_professional r
   SET profession_code = first.code, profession_system = first.system, last_updated = %(now)s
  FROM (SELECT DISTINCT ON (professional_id) professional_id, code,
               CASE type_code WHEN 'E' THEN '1.2.250.1.71.1.2.8' ELSE '1.2.250.1.71.1.2.7' END
               AS system
          FROM directory_qualification
         WHERE kind = 'profession' AND is_active
         ORDER BY professional_id, type_code = 'E', code) first
 WHERE r.ps_idnat = first.professional_id AND r.fed_by = 'RPPS'
   AND (r.profession_code, r.profession_system) <> (first.code, first.system)
"""
FIRST_SPECIALTY: Final = """
UPDATE directory_professional r
   SET specialty_code = first.code, specialty_system = '1.2.250.1.71.4.2.5',
       last_updated = %(now)s
  FROM (SELECT professional_id, min(code) AS code FROM directory_qualification
         WHERE kind = 'savoir_faire' AND type_code = 'S' AND is_active
         GROUP BY professional_id) first
 WHERE r.ps_idnat = first.professional_id AND r.fed_by = 'RPPS' AND r.specialty_code <> first.code
"""
_SEEN_EXERCISES: Final = seen(
    Table.EXERCISE,
    "r.number",
    "(SELECT DISTINCT ps_idnat, key FROM staged) said JOIN directory_exercise r"
    " ON r.professional_id = said.ps_idnat AND r.key = said.key WHERE TRUE",
)
_SEEN_QUALIFICATIONS: Final = seen(
    Table.QUALIFICATION,
    "r.id",
    f"({_SAID}) said JOIN directory_qualification r ON r.professional_id = said.ps_idnat"
    " AND r.kind = said.kind AND r.type_code = said.type_code AND r.code = said.code WHERE TRUE",
)
_CLOSE_EXERCISES: Final = f"""
UPDATE directory_exercise r SET is_active = FALSE, ended_on = %(now)s::date, last_updated = %(now)s
 WHERE r.is_active AND r.fed_by = 'RPPS' AND {gone(Table.EXERCISE, "number")}
"""  # noqa: S608 - constants
_CLOSE_QUALIFICATIONS: Final = f"""
WITH changed AS (
     UPDATE directory_qualification r SET is_active = FALSE
      WHERE r.is_active AND r.fed_by = 'RPPS' AND {gone(Table.QUALIFICATION, "id")}
     RETURNING professional_id)
UPDATE directory_professional SET last_updated = %(now)s
 WHERE ps_idnat IN (SELECT professional_id FROM changed)
"""  # noqa: S608 - constants
_CLOSE_PROFESSIONALS: Final = """
UPDATE directory_professional r SET is_active = FALSE, last_updated = %(now)s
 WHERE r.is_active AND r.fed_by = 'RPPS' AND NOT EXISTS (
       SELECT FROM directory_exercise x WHERE x.professional_id = r.ps_idnat AND x.is_active)
"""
_CLOSE_STRUCTURES: Final = """
UPDATE directory_structure r
   SET is_active = FALSE, closed_on = %(now)s::date, last_updated = %(now)s
 WHERE r.is_active AND r.fed_by = 'RPPS' AND NOT EXISTS (
       SELECT FROM directory_exercise x WHERE x.structure_id = r.struct_idnat AND x.is_active)
"""

PLAN: Final = Plan(
    fed="SELECT EXISTS (SELECT FROM directory_exercise WHERE fed_by = 'RPPS')",
    merge=(
        _STRUCTURES,
        _PROFESSIONALS,
        _QUALIFICATIONS,
        _EXERCISES,
        _SEEN_EXERCISES,
        _SEEN_QUALIFICATIONS,
    ),
    leaving=leaving("directory_exercise", "RPPS", Table.EXERCISE, "number"),
    close=(_CLOSE_EXERCISES, _CLOSE_QUALIFICATIONS, _CLOSE_PROFESSIONALS, _CLOSE_STRUCTURES),
    tables=(
        "directory_structure",
        "directory_professional",
        "directory_qualification",
        "directory_exercise",
    ),
    settle=(_FIRST_PROFESSION, FIRST_SPECIALTY),
)
