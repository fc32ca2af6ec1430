"""Two professionals and a citizen."""

from carnet.standards.openid import Activity, Exercice, Professional

_HOSPITAL = Activity(
    mode="S",
    sector="SA01",
    kind="GENR01",
    finess="990000028",
    structure="F990000028",
    name="Hôpital Sainte-Aurore",
    postcode="99000",
    country="99000",
)
DOCTOR = Professional(
    "899000000016",
    "ARNOUX",
    "Hélène",
    (
        Exercice("10", "C", "DR", "ARNOUX", "Hélène", "S", "SM04", (_HOSPITAL,)),
        Exercice("10", "C", "DR", "ARNOUX", "Hélène", "S", "SM04", (Activity(mode="L"),)),
    ),
    civility="MME",
    organization="Hôpital Sainte-Aurore",
    organization_id="F990000028",
    sector="SA01",
    roles=("10",),
    other_ids=(("99000000016", "RPPS"),),
)
NURSE = Professional("899000000107", "JOUBERT", "Antoine", (Exercice("60", "C"),), civility="M")
CITIZEN = "jeanne"
