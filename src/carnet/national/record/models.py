"""The tables of the record, all keyed by patient (DESIGN §4).

Hot paths write and read them by SQL (`actions`, `queries`); the classes hold names, types,
constraints and indexes. Statuses are names of `standards.xds.metadata.Status`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value
from uuid_utils.compat import uuid7

from carnet.national.record.care import (
    Episode,
    Organisation,
    OrganisationMember,
    Release,
    TeamMember,
)
from carnet.national.record.finding.models import Indexed, Reading, Text, Vocabulary

__all__ = [
    "Administrative",
    "Association",
    "Authorisation",
    "Document",
    "Episode",
    "FirstAccess",
    "Folder",
    "Indexed",
    "Locator",
    "Organisation",
    "OrganisationMember",
    "Outbox",
    "Place",
    "Reading",
    "Record",
    "Release",
    "SubmissionSet",
    "TeamMember",
    "Text",
    "Vocabulary",
]


class Record(models.Model):
    """One person's record (DMP): open or closed, with the holder's choices for emergencies."""

    patient_id = models.UUIDField(primary_key=True)
    status = models.TextField()  #: "active" or "terminated"
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.TextField(blank=True)
    opposes_bris_de_glace = models.BooleanField(default=False)
    opposes_centre_15 = models.BooleanField(default=False)
    masked_in_emergency = models.BooleanField(default=False)
    medecin_traitant = models.TextField(blank=True)
    #: What the holder said of the access of care teams: a `rules.Consent`.
    team_consent = models.TextField(default="not_asked", db_default="not_asked")
    team_consent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="record_team_consent",
                condition=models.Q(team_consent__in=["not_asked", "given", "refused"]),
            ),
            models.CheckConstraint(
                name="record_status", condition=models.Q(status__in=["active", "terminated"])
            ),
        ]

    def __str__(self) -> str:
        return str(self.patient_id)


class Administrative(models.Model):
    """What a record says of its holder beside the traits of the INS (spec dmp §2.2, TD1.3).

    A record without a line was opened with Mon espace santé, where its holder governs it.
    `telecoms` are `{"value", "use"}`; `address` is `{"lines", "postal_code", "city", "country"}`
    or empty.
    """

    patient_id = models.UUIDField(primary_key=True)
    linked_to_mes = models.BooleanField(default=True)
    prefix = models.TextField(blank=True)  #: civilité
    telecoms = models.JSONField(default=list)
    address = models.JSONField(default=dict)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.patient_id)


class SubmissionSet(models.Model):
    """A lot as received. `digest` tells a replay from another lot under the same uniqueId.

    `fragment` is the rim:RegistryPackage as ITI-18 answers it; `submission_time` is its DTM.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    unique_id = models.TextField()
    source_id = models.TextField()
    content_type = models.TextField()
    submission_time = models.TextField()
    sender_name = models.TextField()
    sender_structure = models.TextField()
    title = models.TextField()
    digest = models.TextField()
    received_at = models.DateTimeField()
    status = models.TextField(db_default="APPROVED")
    author_persons = ArrayField(models.TextField(), db_default=Value("{}"))
    fragment = models.TextField(db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "unique_id"], name="record_submissionset_unique_id"
            ),
        ]
        indexes = [
            models.Index(fields=["patient_id", "-received_at"], name="record_set_received"),
        ]

    def __str__(self) -> str:
        return self.unique_id


class Document(models.Model):
    """A version of a document entry: what is searched or decided upon, the rest in its fragment.

    Versions of one document share `unique_id` and `logical_id`; the one of the highest `version`
    is the document, and tells of all of them who may see them (`masked`, `invisible_…`, DELETED).
    `fragment` is the rim:ExtrinsicObject as ITI-18 answers it, rendered when the entry changes
    and packed by `fragments`; it leaves to `status` what the status is.
    `service_start` orders: it is creationTime when serviceStartTime, kept beside, is not said.
    `author_ids` are PS_IdNat, `structures` Struct_IdNat of authors and sender. Codes searched by
    ITI-18 are kept as `code^^codingScheme`.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    submission_set_id = models.UUIDField()
    unique_id = models.TextField()
    logical_id = models.UUIDField()
    version = models.IntegerField()
    status = models.TextField()
    title = models.TextField()
    type_code = models.TextField()
    class_code = models.TextField()
    category = models.TextField()
    format_code = models.TextField()
    facility_type = models.TextField()
    practice_setting = models.TextField()
    confidentiality = ArrayField(models.TextField())
    events = ArrayField(models.TextField())
    author_persons = ArrayField(models.TextField())
    author_ids = ArrayField(models.TextField())
    structures = ArrayField(models.TextField())
    words = models.TextField()
    masked = models.BooleanField()
    invisible_patient = models.BooleanField()
    invisible_representatives = models.BooleanField()
    from_patient = models.BooleanField()
    replaces_id = models.UUIDField(null=True)
    creation_time = models.DateTimeField()
    service_start = models.DateTimeField()
    service_stop = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    mime_type = models.TextField()
    size = models.BigIntegerField()
    sha1 = models.TextField()
    sha256 = models.TextField()
    opened_at = models.DateTimeField(null=True)
    fragment = models.BinaryField()
    reference_ids = ArrayField(models.TextField(), db_default=Value("{}"))
    availability = models.TextField(db_default="")
    service_start_time = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "unique_id", "version"], name="record_document_unique_id"
            ),
        ]
        indexes = [
            models.Index(fields=["patient_id", "-service_start"], name="record_document_service"),
        ]

    def __str__(self) -> str:
        return self.unique_id


class Folder(models.Model):
    """A version of a folder ("classeur", spec dmp §3.6), as `Document` is of a document.

    `last_update_time` is a whole DTM, set when the folder changes or a document enters it.
    """

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    submission_set_id = models.UUIDField()
    unique_id = models.TextField()
    logical_id = models.UUIDField()
    version = models.IntegerField()
    status = models.TextField()
    codes = ArrayField(models.TextField())
    last_update_time = models.TextField()
    received_at = models.DateTimeField()
    fragment = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "unique_id", "version"], name="record_folder_unique_id"
            ),
        ]

    def __str__(self) -> str:
        return self.unique_id


class Association(models.Model):
    """A link between objects of one record, by their ids; `fragment` is its rim:Association."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField()
    submission_set_id = models.UUIDField()
    type = models.TextField()
    source_id = models.UUIDField()
    target_id = models.UUIDField()
    slots = models.JSONField()
    status = models.TextField(db_default="APPROVED")
    fragment = models.TextField(db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["patient_id", "source_id"], name="record_association_source"),
            models.Index(fields=["patient_id", "target_id"], name="record_association_target"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.type} {self.target_id}"


class Locator(models.Model):
    """Where an object is, for those who know its id and not its patient (DESIGN §4).

    `digest` tells identical content: SHA-1 of a document's bytes, content digest of a lot.
    `entry_uuid` is that of the last version.
    """

    unique_id = models.TextField(primary_key=True)
    entry_uuid = models.UUIDField(unique=True)
    patient_id = models.UUIDField()
    kind = models.TextField()  #: "document", "submission_set" or "folder"
    digest = models.TextField()

    def __str__(self) -> str:
        return self.unique_id


class Place(models.Model):
    """Which record of the affinity domain holds an object, for those who know its entryUUID alone.

    Every object, every version: in profile `ihe` a query may name one without its patient, and
    the entryUUIDs are those that were submitted.
    """

    id = models.UUIDField(primary_key=True)
    patient_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.id)


class Authorisation(models.Model):
    """What was said of the access of a professional, or of a structure: VALIDE or INTERDIT.

    `ps_idnat` is a PS_IdNat or a Struct_IdNat; `since` to `until` is when it holds.
    """

    pk = models.CompositePrimaryKey("patient_id", "ps_idnat")
    patient_id = models.UUIDField()
    ps_idnat = models.TextField()
    state = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="record_authorisation_state",
                condition=models.Q(state__in=["VALIDE", "INTERDIT"]),
            ),
        ]
        indexes = [models.Index(fields=["ps_idnat"], name="record_authorisation_ps")]

    def __str__(self) -> str:
        return f"{self.ps_idnat} {self.state}"


class FirstAccess(models.Model):
    """A professional has read for the first time: ever in normal mode, each day in an emergency."""

    pk = models.CompositePrimaryKey("patient_id", "ps_idnat", "scope")
    patient_id = models.UUIDField()
    ps_idnat = models.TextField()
    scope = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.ps_idnat} {self.scope}"


class UsedContext(models.Model):
    """A signed context that has opened a page (TD0.9, TD0.10): it opens no other.

    By its own id and not by a patient's: the same id must not serve for two patients either.
    """

    id = models.TextField(primary_key=True)
    used_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["used_at"], name="record_usedcontext_at")]

    def __str__(self) -> str:
        return self.id


class Outbox(models.Model):
    """What remains to be done after a commit; the worker removes the line with the deed."""

    pk = models.CompositePrimaryKey("patient_id", "id")
    patient_id = models.UUIDField()
    id = models.UUIDField(default=uuid7)
    kind = models.TextField()
    payload = models.JSONField()
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.IntegerField()
    problem = models.TextField()
    correlation = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="record_outbox_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
