from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("desk_accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="desksession",
            name="situations",
            field=models.JSONField(default=list),
        ),
    ]
