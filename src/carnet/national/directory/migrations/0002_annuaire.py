"""The directory as software asks it: exercises, qualifications, mailboxes, services, equipments."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from carnet.national.directory.numbers import NextNumber


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0001_initial"),
    ]

    operations = [
        # A trusted extension: the owner of the database may create it.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.RunSQL("CREATE SEQUENCE directory_number", "DROP SEQUENCE directory_number"),
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "number",
                    models.BigIntegerField(
                        db_default=NextNumber(), editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.TextField(unique=True)),
                ("authorisation", models.TextField(blank=True, db_default="", default="")),
                ("code", models.TextField()),
                ("label", models.TextField(blank=True, db_default="", default="")),
                ("manufacturer", models.TextField(blank=True, db_default="", default="")),
                ("model", models.TextField(blank=True, db_default="", default="")),
                ("serial", models.TextField(blank=True, db_default="", default="")),
                ("authorised_on", models.DateField(null=True)),
                ("started_on", models.DateField(null=True)),
                ("ended_on", models.DateField(null=True)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("fed_by", models.TextField(blank=True, db_default="", default="")),
                (
                    "last_updated",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), db_index=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("file", models.TextField()),
                ("fingerprint", models.TextField()),
                ("line", models.BigIntegerField(default=0)),
                ("rows", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                ("closed", models.BigIntegerField(default=0)),
                ("closes", models.BooleanField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("address", models.TextField()),
                ("kind", models.TextField()),
                ("description", models.TextField(blank=True, db_default="", default="")),
                ("service", models.TextField(blank=True, db_default="", default="")),
                ("is_unlisted", models.BooleanField(db_default=False, default=False)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("fed_by", models.TextField(blank=True, db_default="", default="")),
                (
                    "last_updated",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), db_index=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "mailboxes",
            },
        ),
        migrations.CreateModel(
            name="Qualification",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("type_code", models.TextField(blank=True, db_default="", default="")),
                ("code", models.TextField()),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("fed_by", models.TextField(blank=True, db_default="", default="")),
            ],
        ),
        migrations.CreateModel(
            name="Seen",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("table", models.SmallIntegerField()),
                ("key", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "number",
                    models.BigIntegerField(
                        db_default=NextNumber(), editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.TextField(unique=True)),
                ("kind", models.TextField()),
                ("authorisation", models.TextField(blank=True, db_default="", default="")),
                ("code", models.TextField()),
                ("modality", models.TextField(blank=True, db_default="", default="")),
                ("form", models.TextField(blank=True, db_default="", default="")),
                ("label", models.TextField(blank=True, db_default="", default="")),
                ("authorised_on", models.DateField(null=True)),
                ("started_on", models.DateField(null=True)),
                ("ended_on", models.DateField(null=True)),
                ("is_active", models.BooleanField(db_default=True, default=True)),
                ("fed_by", models.TextField(blank=True, db_default="", default="")),
                (
                    "last_updated",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), db_index=True
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="exercise",
            name="directory_exercise_once",
        ),
        migrations.AddField(
            model_name="exercise",
            name="activity",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="exercise",
            name="ended_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="exercise",
            name="fed_by",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="exercise",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="exercise",
            name="key",
            field=models.TextField(default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="exercise",
            name="last_updated",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), db_index=True
            ),
        ),
        migrations.AddField(
            model_name="exercise",
            name="mode",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="exercise",
            name="number",
            field=models.BigIntegerField(db_default=NextNumber(), editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="exercise",
            name="profession",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="exercise",
            name="section",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="exercise",
            name="started_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="professional",
            name="civility",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="professional",
            name="family_key",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="professional",
            name="fed_by",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="professional",
            name="given_key",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="professional",
            name="last_updated",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), db_index=True
            ),
        ),
        migrations.AddField(
            model_name="professional",
            name="names",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="professional",
            name="number",
            field=models.BigIntegerField(db_default=NextNumber(), editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="structure",
            name="activity",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="alias",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="category",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="city",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="city_key",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="closed_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="structure",
            name="commune",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="email",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="fax",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="fed_by",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="ght",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="hospital_service",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="last_updated",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), db_index=True
            ),
        ),
        migrations.AddField(
            model_name="structure",
            name="legal_status",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="licence",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="name_key",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="number",
            field=models.BigIntegerField(db_default=NextNumber(), editable=False, unique=True),
        ),
        migrations.AddField(
            model_name="structure",
            name="opened_on",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="structure",
            name="phone",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="postal_code",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="siret",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="structure",
            name="street",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="exercise",
            name="professional",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="directory.professional",
            ),
        ),
        migrations.AlterField(
            model_name="exercise",
            name="role",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AlterField(
            model_name="exercise",
            name="structure",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="directory.structure",
            ),
        ),
        migrations.AlterField(
            model_name="professional",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AlterField(
            model_name="structure",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True),
        ),
        # The table has been written anew: its foreign keys are checked before indexes are made.
        migrations.RunSQL(
            [
                "SET CONSTRAINTS ALL IMMEDIATE",
                "UPDATE directory_exercise SET key = structure_id",
                "SET CONSTRAINTS ALL DEFERRED",
            ],
            migrations.RunSQL.noop,
        ),
        migrations.AddIndex(
            model_name="exercise",
            index=models.Index(fields=["structure"], name="directory_exercise_structure"),
        ),
        migrations.AddIndex(
            model_name="professional",
            index=models.Index(
                fields=["family_key"],
                include=("ps_idnat", "number"),
                name="directory_professional_family",
                opclasses=["text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="professional",
            index=models.Index(
                fields=["given_key"],
                name="directory_professional_given",
                opclasses=["text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="professional",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["names"], name="directory_professional_within", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=models.Index(
                fields=["name_key"], name="directory_structure_name", opclasses=["text_pattern_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=models.Index(
                fields=["city_key"],
                include=("struct_idnat",),
                name="directory_structure_city",
                opclasses=["text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=models.Index(
                fields=["postal_code"],
                name="directory_structure_postal",
                opclasses=["text_pattern_ops"],
            ),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["name_key"], name="directory_structure_within", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="structure",
            index=models.Index(fields=["siret"], name="directory_structure_siret"),
        ),
        migrations.AddIndex(
            model_name="exercise",
            index=models.Index(
                fields=["professional"],
                include=("structure", "number"),
                name="directory_exercise_where",
            ),
        ),
        migrations.AddConstraint(
            model_name="exercise",
            constraint=models.UniqueConstraint(
                fields=("professional", "key"), name="directory_exercise_by_key"
            ),
        ),
        migrations.AddField(
            model_name="device",
            name="structure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to="directory.structure"
            ),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="professional",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="directory.professional",
            ),
        ),
        migrations.AddField(
            model_name="mailbox",
            name="structure",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="directory.structure",
            ),
        ),
        migrations.AddField(
            model_name="qualification",
            name="professional",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                to="directory.professional",
            ),
        ),
        migrations.AddField(
            model_name="seen",
            name="run",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, to="directory.import"
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="structure",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to="directory.structure"
            ),
        ),
        migrations.AddIndex(
            model_name="mailbox",
            index=models.Index(
                fields=["address"], name="directory_mailbox_prefix", opclasses=["text_pattern_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="mailbox",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["address"], name="directory_mailbox_within", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="mailbox",
            index=models.Index(fields=["professional"], name="directory_mailbox_professional"),
        ),
        migrations.AddIndex(
            model_name="mailbox",
            index=models.Index(fields=["structure"], name="directory_mailbox_structure"),
        ),
        migrations.AddConstraint(
            model_name="mailbox",
            constraint=models.UniqueConstraint(
                fields=("address", "professional", "structure"),
                name="directory_mailbox_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="mailbox",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["PER", "ORG", "APP", "CAB"])),
                name="directory_mailbox_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="mailbox",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["PER", "CAB"]), ("professional__isnull", False)),
                    models.Q(
                        ("kind__in", ["ORG", "APP"]),
                        ("professional__isnull", True),
                        ("structure__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="directory_mailbox_holder",
            ),
        ),
        migrations.AddIndex(
            model_name="qualification",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["code", "professional"],
                include=("kind", "type_code"),
                name="directory_qualification_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="qualification",
            constraint=models.UniqueConstraint(
                fields=("professional", "kind", "type_code", "code"),
                name="directory_qualification_once",
            ),
        ),
    ]
