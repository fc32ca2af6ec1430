"""What was registered before becomes searchable."""

from django.db import migrations

from carnet.standards.directory import folded, split_address, words_of


def _fill(apps, _schema):
    """Folded names and places, and a line for each qualification."""
    structure = apps.get_model("directory", "Structure")
    for one in structure.objects.iterator():
        one.street, one.postal_code, one.city = split_address(one.address)
        one.name_key, one.city_key = folded(one.name), folded(one.city)
        one.save(update_fields=["street", "postal_code", "city", "name_key", "city_key"])
    professional = apps.get_model("directory", "Professional")
    qualification = apps.get_model("directory", "Qualification")
    for one in professional.objects.iterator():
        one.family_key, one.given_key = folded(one.family_name), folded(one.given_name)
        one.names = words_of(one.family_name, one.given_name)
        one.save(update_fields=["family_key", "given_key", "names"])
        qualification.objects.create(
            professional=one, kind="profession", type_code="C", code=one.profession_code
        )
        if one.specialty_code:
            qualification.objects.create(
                professional=one, kind="savoir_faire", type_code="S", code=one.specialty_code
            )


class Migration(migrations.Migration):
    dependencies = [("directory", "0002_annuaire")]

    operations = [migrations.RunPython(_fill, migrations.RunPython.noop)]
