"""A directory of before is searched as one of now."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from carnet.national.directory import models, searching
from carnet.standards.fhir.directory import search
from tests.national.world import NOW

BEFORE = [("directory", "0001_initial")]


@pytest.mark.django_db(transaction=True)
def test_what_was_registered_before_becomes_searchable() -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        apps = executor.loader.project_state(BEFORE).apps
        structure = apps.get_model("directory", "Structure").objects.create(
            struct_idnat="1990000010",
            name="Hôpital d'Avant",
            kind="EG",
            address="1 rue du Lac, 99000 Aubreville",
        )
        professional = apps.get_model("directory", "Professional").objects.create(
            ps_idnat="899000000012",
            family_name="NOËL",
            given_name="Léa",
            profession_code="10",
            profession_system="1.2.250.1.71.1.2.7",
            specialty_code="SM26",
            specialty_system="1.2.250.1.71.4.2.5",
        )
        apps.get_model("directory", "Exercise").objects.create(
            professional=professional, structure=structure
        )
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes("directory"))
    asked = [("practitioner.family", "noel"), ("organization.address-city", "aubre")]
    found = searching.search(search.read("PractitionerRole", asked, now=NOW))
    assert found.numbers == (models.Exercise.objects.get().number,)
    assert models.Exercise.objects.get().key == "1990000010"
    assert models.Qualification.objects.filter(code="SM26", type_code="S").exists()
