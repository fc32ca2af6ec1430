"""The tables of the local identity.

Ordinary keys: a hospital's base lives on one machine, and its outbox is drained across patients.
An INS is kept beside the status: it may only leave when the status is *qualifiée*, and two
patients can never both be *qualifiées* under the same INS (RNIV EXI SI 32).
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from carnet.standards.ins import Status

#: The four statuses of an identity (RNIV 3.2), as a page names them.
STATUSES = [
    (Status.PROVISOIRE.value, _("Identité provisoire")),
    (Status.RECUPEREE.value, _("Identité récupérée")),
    (Status.VALIDEE.value, _("Identité validée")),
    (Status.QUALIFIEE.value, _("Identité qualifiée")),
]


class Patient(models.Model):
    """One person as the establishment knows them: strict traits, used names, status, INS."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    status = models.CharField(max_length=10, choices=STATUSES, default=Status.PROVISOIRE.value)
    attributes = ArrayField(models.CharField(max_length=4), default=list)  # HOMA, DOUT, FICT…
    birth_name = models.TextField()
    first_given_name = models.TextField()
    given_names = models.TextField(blank=True)
    used_name = models.TextField(blank=True)
    used_given_name = models.TextField(blank=True)
    birth_date = models.TextField(blank=True)  # as received: lunar and partial dates exist
    sex = models.CharField(max_length=1, blank=True)
    birth_place = models.TextField(blank=True)
    address = models.TextField(blank=True)
    phones = ArrayField(models.TextField(), default=list)
    deceased = models.BooleanField(default=False)
    ins_matricule = models.CharField(max_length=15, blank=True)
    ins_oid = models.CharField(max_length=64, blank=True)
    ins_refused = models.TextField(blank=True)  # why the INS that was present was left out
    traits_recorded_at = models.DateTimeField()  # EVN-2 of the last message that was believed
    established_here = models.BooleanField(default=False)  # its status was given at this desk
    verified_at = models.DateTimeField(null=True)  # when INSi last said that the INS is theirs
    compared_at = models.DateTimeField(null=True)  # when its doubles were last looked for
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="patient_qualified_has_ins",
                condition=~Q(status="qualifiée") | ~Q(ins_matricule=""),
            ),
            models.CheckConstraint(
                name="patient_provisional_has_no_ins",
                condition=~Q(status="provisoire") | Q(ins_matricule=""),
            ),
            models.UniqueConstraint(
                name="patient_one_qualified_by_ins",
                fields=["ins_matricule", "ins_oid"],
                condition=Q(status="qualifiée"),
            ),
        ]
        indexes = [
            models.Index(
                name="patient_ins", fields=["ins_matricule"], condition=~Q(ins_matricule="")
            ),
            models.Index(
                name="patient_not_qualified",
                fields=["-updated_at"],
                condition=~Q(status="qualifiée") & Q(merged_into=None),
            ),
            models.Index(name="patient_birth_date", fields=["birth_date"]),
            models.Index(
                name="patient_to_compare",
                fields=["updated_at"],
                condition=Q(merged_into=None)
                & (Q(compared_at=None) | Q(compared_at__lt=models.F("updated_at"))),
            ),
            models.Index(
                name="patient_to_verify",
                fields=["verified_at"],
                condition=Q(status="qualifiée") & Q(merged_into=None),
            ),
        ]


class Identifier(models.Model):
    """An identifier given to a patient by an authority: the IPP and its like (PID-3, type PI)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    domain = models.TextField()
    value = models.TextField()
    authority = models.TextField(blank=True)
    type = models.CharField(max_length=8, default="PI")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="identifier_once", fields=["domain", "value"]),
        ]


class InsHistory(models.Model):
    """Every INS a patient has held here, from when to when, and why it went."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="ins_history")
    matricule = models.CharField(max_length=15)
    oid = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=32, blank=True)  # trigger or status event: what took it


class Merge(models.Model):
    """`merged` and all it held went to `survivor`: an A40, or a deed of the desk.

    `held` is what the merge changed, so that it can be undone: status, INS, movements, wishes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    merged = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+", null=True)
    identifiers = models.JSONField(default=list)  # [domain, value] of what was moved
    held = models.JSONField(default=dict)
    at = models.DateTimeField()
    control_id = models.TextField()
    sender = models.TextField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.TextField(blank=True)


class Alert(models.Model):
    """Something that an identity vigilance officer must look at, and how it was settled.

    A pair that was settled is not proposed again; the same INS on several patients is, each time.
    """

    class Kind(models.TextChoices):
        SAME_INS = "same_ins", _("Même INS sur plusieurs patients")
        DUPLICATE = "duplicate", _("Doublon possible")
        HOMONYM = "homonym", _("Homonymes")
        COLLISION = "collision", _("Collision possible")

    class Outcome(models.TextChoices):
        MERGED = "merged", _("Dossiers fusionnés")
        DISTINCT = "distinct", _("Personnes distinctes")
        CORRECTED = "corrected", _("Identité corrigée")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    patients = ArrayField(models.UUIDField(), default=list)  # in order
    matricule = models.CharField(max_length=15, blank=True)
    oid = models.CharField(max_length=64, blank=True)
    score = models.PositiveSmallIntegerField(null=True)  # 0 to 100
    reasons = models.JSONField(default=list)  # [trait, one, other, similarity, weight]
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="alert_open_once",
                fields=["kind", "matricule", "oid"],
                condition=Q(closed_at=None, kind="same_ins"),
            ),
            models.UniqueConstraint(
                name="alert_pair_once",
                fields=["patients"],
                condition=Q(kind__in=["duplicate", "homonym"]),
            ),
            models.UniqueConstraint(
                name="alert_collision_open_once",
                fields=["patients"],
                condition=Q(closed_at=None, kind="collision"),
            ),
        ]
        indexes = [
            models.Index(name="alert_open", fields=["-score"], condition=Q(closed_at=None)),
        ]


class Change(models.Model):
    """The trace of a change of identity: who, when, what (RNIV EXI SI 14). Append only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="changes", db_index=False
    )
    at = models.DateTimeField()
    actor = models.TextField()
    what = models.CharField(max_length=24)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    trigger = models.CharField(max_length=32)  # of the message, or the status event
    control_id = models.TextField()

    class Meta:
        indexes = [models.Index(name="change_by_patient", fields=["patient", "-at"])]


class Movement(models.Model):
    """One movement of a stay (ZBE): the last thing said of it, by order of EVN-2."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="movements", db_index=False
    )
    domain = models.TextField(blank=True)
    value = models.TextField()
    visit_domain = models.TextField(blank=True)
    visit = models.TextField(blank=True)
    trigger = models.CharField(max_length=3)
    patient_class = models.CharField(max_length=2, blank=True)
    at = models.DateTimeField()
    nature = models.CharField(max_length=8, blank=True)
    medical_unit = models.TextField(blank=True)
    nursing_unit = models.TextField(blank=True)
    historic = models.BooleanField(default=False)
    cancelled = models.BooleanField(default=False)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="movement_once", fields=["domain", "value"]),
        ]
        indexes = [models.Index(name="movement_by_stay", fields=["patient", "visit", "at"])]


class Wishes(models.Model):
    """What the patient wants of the shared record (ZFA-9 and ZFA-11)."""

    patient = models.OneToOneField(
        Patient, on_delete=models.PROTECT, primary_key=True, related_name="wishes"
    )
    feeding = models.CharField(max_length=3)
    consultation = models.CharField(max_length=3)
    recorded_at = models.DateTimeField()


class Proof(models.Model):
    """What was shown to prove an identity: which device, to whom, when (EXI SI 10). Append only.

    `ended_at` is when the identity it proved was doubted or changed: it proves nothing any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="proofs", db_index=False
    )
    device = models.CharField(max_length=32)  # an id of `standards.ins.devices.DEVICES`
    origin = models.CharField(max_length=20)
    expires_on = models.DateField(null=True)  # of the document, which may be expired
    at = models.DateTimeField()
    actor = models.TextField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(name="proof_by_patient", fields=["patient", "-at"])]


class Inquiry(models.Model):
    """One question to INSi and what it answered, kept as received (EXI SI 06, 14).

    An answer waits for a person, or a rule, to accept or refuse it: `decision` is what they said.
    """

    class Decision(models.TextChoices):
        ACCEPTED = "accepted", _("Acceptée")
        REFUSED = "refused", _("Refusée")
        VOID = "void", _("Sans objet")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="inquiries", db_index=False
    )
    at = models.DateTimeField()
    actor = models.TextField()
    purpose = models.CharField(max_length=16)  # of `insi.Purpose`
    operation = models.CharField(max_length=48)
    asked = models.BinaryField()  # the payload of the question
    code = models.TextField()  # CodeCR, or the code of the error
    answer = models.BinaryField(default=b"")  # the payload of the answer
    detail = models.TextField(blank=True)  # what the service said of its error, technical
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(name="inquiry_by_patient", fields=["patient", "-at"]),
            models.Index(
                name="inquiry_to_decide", fields=["at"], condition=Q(code="00", decision="")
            ),
        ]


class Errand(models.Model):
    """A question to put to INSi without anybody waiting: a row of the outbox towards INSi."""

    class State(models.TextChoices):
        READY = "ready", _("À faire")
        DONE = "done", _("Fait")
        STUCK = "stuck", _("À reprendre")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="errands")
    purpose = models.CharField(max_length=16)
    state = models.CharField(max_length=5, choices=State.choices, default=State.READY)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="errand_open_once",
                fields=["patient", "purpose"],
                condition=Q(state__in=["ready", "stuck"]),
            ),
        ]
        indexes = [
            models.Index(name="errand_due", fields=["next_attempt_at"], condition=Q(state="ready")),
        ]


class Batch(models.Model):
    """A verification of many identities: deposited, then collected when INSi has done it.

    Kept before it is deposited, under a message id of its own: deposited again after a cut, it is
    the same batch for INSi.
    """

    class State(models.TextChoices):
        READY = "ready", _("À déposer")
        DEPOSITED = "deposited", _("Déposé")
        DONE = "done", _("Terminé")
        STUCK = "stuck", _("À reprendre")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lines = models.JSONField(default=dict)  # patient id -> [matricule, OID] as it was asked
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    batch_id = models.TextField(blank=True)  # that INSi gave
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                name="batch_due",
                fields=["next_attempt_at"],
                condition=Q(state__in=["ready", "deposited"]),
            ),
        ]


class Operator(models.Model):
    """Who may sign in at the desk."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    login = models.CharField(max_length=64, unique=True)
    name = models.TextField()
    password = models.CharField(max_length=256)  # django.contrib.auth.hashers
    active = models.BooleanField(default=True)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    session_key = models.UUIDField(default=uuid.uuid4)  # changing it ends every open session
