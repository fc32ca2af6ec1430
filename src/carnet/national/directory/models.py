"""What the directory knows: structures, professionals, where they work, mailboxes, services.

Nothing here is about a patient: ordinary keys, the same rows on every node. A row that its source
no longer has is closed (`is_active`), never deleted. `number` is the id of the row in FHIR and the
order of pages; `fed_by` names the extract that a row comes from, and is empty for what was
registered here, which no extract closes.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from uuid_utils.compat import uuid7

from carnet.national.directory.numbers import NextNumber


def _text() -> models.TextField[str, str]:
    return models.TextField(blank=True, default="", db_default="")


def _number() -> models.BigIntegerField[int, int]:
    return models.BigIntegerField(unique=True, editable=False, db_default=NextNumber())


def _updated() -> models.DateTimeField[object, object]:
    return models.DateTimeField(db_default=Now(), db_index=True)


def _prefix(field: str, name: str, *told: str) -> models.Index:
    """An index of what begins with, whatever the collation; it tells `told` by itself."""
    return models.Index(
        fields=[field], opclasses=["text_pattern_ops"], name=name, include=told or None
    )


def _within(field: str, name: str) -> GinIndex:
    """An index of what holds."""
    return GinIndex(fields=[field], opclasses=["gin_trgm_ops"], name=name)


class Structure(models.Model):
    """A structure. A geographic establishment (EG) has its legal entity (EJ) as `parent`.

    `name_key` and `city_key` are folded (`carnet.standards.directory.folded`). Requirements: R-049.
    """

    struct_idnat = models.CharField(max_length=20, primary_key=True)
    number = _number()
    name = models.TextField()
    alias = _text()  #: enseigne commerciale
    kind = models.TextField()  #: EJ or EG
    sector = models.TextField(blank=True)  #: TRE_R02
    category = _text()  #: TRE_R66
    legal_status = _text()  #: TRE_R72
    activity = _text()  #: NAF, TRE_R75
    hospital_service = _text()  #: TRE_R73
    siret = _text()
    licence = _text()  #: of a pharmacy
    ght = _text()  #: groupement hospitalier de territoire of a legal entity
    address = models.TextField(blank=True)  #: in one line
    street = _text()
    postal_code = _text()
    city = _text()
    commune = _text()  #: INSEE, TRE_R13
    phone = _text()
    fax = _text()
    email = _text()
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)
    name_key = _text()
    city_key = _text()
    parent = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="establishments"
    )
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()
    last_updated = _updated()

    class Meta:
        indexes = [
            _prefix("name_key", "directory_structure_name"),
            _prefix("city_key", "directory_structure_city", "struct_idnat"),
            _prefix("postal_code", "directory_structure_postal"),
            _within("name_key", "directory_structure_within"),
            models.Index(fields=["siret"], name="directory_structure_siret"),
        ]

    def __str__(self) -> str:
        return self.name


class Professional(models.Model):
    """A professional: their names of exercise, and the first of their professions and specialties.

    Those two are what the record needs (G15, R01); all are `Qualification`s. `names` holds the
    words of all names, each after a space.
    """

    ps_idnat = models.CharField(max_length=80, primary_key=True)
    number = _number()
    civility = _text()  #: TRE_R81: M, MME
    title = models.TextField(blank=True)  #: civility of exercise, TRE_R11: DR, PR
    family_name = models.TextField()
    given_name = models.TextField()
    profession_code = models.TextField()
    profession_system = models.TextField()
    specialty_code = models.TextField(blank=True)
    specialty_system = models.TextField(blank=True)
    family_key = _text()
    given_key = _text()
    names = _text()
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()
    last_updated = _updated()

    class Meta:
        indexes = [
            _prefix("family_key", "directory_professional_family", "ps_idnat", "number"),
            _prefix("given_key", "directory_professional_given"),
            _within("names", "directory_professional_within"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.given_name} {self.family_name}".strip()


class Qualification(models.Model):
    """A profession, a savoir-faire or a diploma of a professional.

    `type_code` is the category of a profession (TRE_R09), the type of a savoir-faire (TRE_R04) or
    of a diploma (TRE_R14).
    """

    id = models.BigAutoField(primary_key=True)
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, db_index=False)
    kind = models.TextField()  #: profession, savoir_faire or diploma
    type_code = _text()
    code = models.TextField()
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["professional", "kind", "type_code", "code"],
                name="directory_qualification_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["code", "professional"],
                include=["kind", "type_code"],
                condition=models.Q(is_active=True),
                name="directory_qualification_code",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class Exercise(models.Model):
    """A professional working somewhere, as one profession, in one way ("situation d'exercice").

    `key` tells the exercises of one professional apart; it begins with the structure.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = _number()
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, db_index=False)
    structure = models.ForeignKey(Structure, null=True, on_delete=models.CASCADE, db_index=False)
    key = models.TextField()
    profession = _text()  #: TRE_G15
    role = models.TextField(blank=True, default="", db_default="")  #: TRE_R21
    mode = _text()  #: TRE_R23: L, S, B
    activity = _text()  #: genre d'activité, TRE_R22
    section = _text()  #: section of the order of pharmacists
    started_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()
    last_updated = _updated()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["professional", "key"], name="directory_exercise_by_key"
            ),
        ]
        indexes = [
            models.Index(fields=["structure"], name="directory_exercise_structure"),
            models.Index(
                fields=["professional"],
                include=["structure", "number"],
                name="directory_exercise_where",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional_id} in {self.structure_id}"


class Mailbox(models.Model):
    """A mailbox (BAL) of MSSanté, with one holder: a professional, in a structure or not, or a
    structure. One address may have several holders.

    Source: spec mssante §9 (metadata and placement of each type).
    """

    id = models.BigAutoField(primary_key=True)
    address = models.TextField()  #: lower case
    kind = models.TextField()  #: TRE_R257: PER, ORG, APP, CAB
    professional = models.ForeignKey(
        Professional, null=True, on_delete=models.CASCADE, db_index=False
    )
    structure = models.ForeignKey(Structure, null=True, on_delete=models.CASCADE, db_index=False)
    description = _text()
    service = _text()
    is_unlisted = models.BooleanField(default=False, db_default=False)  #: liste rouge
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()
    last_updated = _updated()

    class Meta:
        verbose_name_plural = "mailboxes"
        constraints = [
            models.UniqueConstraint(
                fields=["address", "professional", "structure"],
                name="directory_mailbox_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="directory_mailbox_kind",
                condition=models.Q(kind__in=["PER", "ORG", "APP", "CAB"]),
            ),
            models.CheckConstraint(
                name="directory_mailbox_holder",
                condition=models.Q(kind__in=["PER", "CAB"], professional__isnull=False)
                | models.Q(
                    kind__in=["ORG", "APP"], professional__isnull=True, structure__isnull=False
                ),
            ),
        ]
        indexes = [
            _prefix("address", "directory_mailbox_prefix"),
            _within("address", "directory_mailbox_within"),
            models.Index(fields=["professional"], name="directory_mailbox_professional"),
            models.Index(fields=["structure"], name="directory_mailbox_structure"),
        ]

    def __str__(self) -> str:
        return self.address


class Service(models.Model):
    """What a structure is authorised to do: an activity of care, or a social equipment (FINESS)."""

    number = models.BigIntegerField(primary_key=True, editable=False, db_default=NextNumber())
    key = models.TextField(unique=True)
    structure = models.ForeignKey(Structure, on_delete=models.CASCADE)
    kind = models.TextField()  #: care or social
    authorisation = _text()  #: ARHGOS
    code = models.TextField()  #: activity, or discipline
    modality = _text()  #: TRE_R275 of an activity; the people received, of an equipment
    form = _text()  #: TRE_R276 of an activity; TRE_R209 of an equipment
    label = _text()
    authorised_on = models.DateField(null=True)
    started_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()
    last_updated = _updated()

    def __str__(self) -> str:
        return self.key


class Device(models.Model):
    """A heavy equipment (EML) that a structure is authorised to have (FINESS)."""

    number = models.BigIntegerField(primary_key=True, editable=False, db_default=NextNumber())
    key = models.TextField(unique=True)
    structure = models.ForeignKey(Structure, on_delete=models.CASCADE)
    authorisation = _text()  #: ARHGOS
    code = models.TextField()  #: TRE_R272
    label = _text()
    manufacturer = _text()
    model = _text()
    serial = _text()
    authorised_on = models.DateField(null=True)
    started_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    is_active = models.BooleanField(default=True, db_default=True)
    fed_by = _text()
    last_updated = _updated()

    def __str__(self) -> str:
        return self.key


class Import(models.Model):
    """One reading of an extract: how far it went, so that it goes on from there after a stop."""

    id = models.BigAutoField(primary_key=True)
    kind = models.TextField()
    file = models.TextField()
    fingerprint = models.TextField()
    line = models.BigIntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    closed = models.BigIntegerField(default=0)
    closes = models.BooleanField()  #: whether an earlier import brought what this one may close
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.file}"


class Seen(models.Model):
    """A row that an import under way has met: the others are closed at its end."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Import, on_delete=models.CASCADE, db_index=False)
    table = models.SmallIntegerField()
    key = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.table} {self.key}"
