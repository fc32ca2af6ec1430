"""People are found by a family name, birth or used (TD0.5)."""

from django.db import migrations


class Migration(migrations.Migration):
    """Hyphens and apostrophes are no difference: what `find_by_traits` compares is indexed."""

    dependencies = [("identity", "0002_foreign_keys")]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX identity_person_{name} ON identity_person"
            f" (translate({name}, '-''', '  '))",
            f"DROP INDEX identity_person_{name}",
        )
        for name in ("birth_name", "used_name")
    ]
