"""One document to the shared record: published, in place of another, or deleted (TD2.1, TD3.3c).

Every identifier of the request is made of stored rows: an attempt made again is the same request,
which the record answers as it did. A signature of the lot says its own time: the record then tells
a duplicate, and is asked what it holds. Source: spec dmp §2.1, §3.5, §3.8 to §3.10, §5.3.
Requirements: EX_3.1-2030.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Final

from carnet.establishment.clients.dmp import DmpClient
from carnet.establishment.clients.errors import Unavailable
from carnet.establishment.exchange import letters
from carnet.establishment.exchange.attempts import Outcome
from carnet.establishment.exchange.checks import Sendable, sendable
from carnet.establishment.exchange.configuration import Configuration
from carnet.establishment.exchange.models import Delivery, Document
from carnet.standards import nos
from carnet.standards.hl7v2.messages import Flags
from carnet.standards.ids import EntryUuid
from carnet.standards.vihf.assertion import Mode, Vihf
from carnet.standards.xds import from_cda, rules
from carnet.standards.xds.errors import ErrorCode, RegistryError
from carnet.standards.xds.iti41 import ProvideRequest
from carnet.standards.xds.iti57 import StatusChange
from carnet.standards.xds.metadata import Author, Code, DocumentEntry, Status, SubmissionSet
from carnet.standards.xds.registry_response import RegistryResponse

State = Delivery.State

ENTRY: Final = "Document01"
LOT: Final = "SubmissionSet01"
AUTOMATE: Final = Code("AUTOMATE", "1.2.250.1.213.1.1.4.6", "Automate")
UNSPECIFIED: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
_VISIBILITY: Final = "1.2.250.1.213.1.1.4.13"

#: Answers that say "later".
_BUSY: Final = frozenset(
    {
        ErrorCode.REGISTRY_NOT_AVAILABLE,
        ErrorCode.REGISTRY_BUSY,
        ErrorCode.REPOSITORY_BUSY,
        ErrorCode.REGISTRY_OUT_OF_RESOURCES,
        ErrorCode.REPOSITORY_OUT_OF_RESOURCES,
    }
)
#: Answers that may mean that an earlier attempt had succeeded.
_ALREADY: Final = frozenset(
    {
        ErrorCode.DUPLICATE_UNIQUE_ID_IN_REGISTRY,
        ErrorCode.NON_IDENTICAL_HASH,
        ErrorCode.REGISTRY_DEPRECATED_DOCUMENT,
        ErrorCode.METADATA_UPDATE_ERROR,
    }
)


def deliver(
    row: Delivery, now: datetime, *, client: DmpClient, configuration: Configuration
) -> Outcome:
    """Send one delivery of the lane of the record. Raises a `CallError` as the client does."""
    ready = sendable(row, configuration)
    if isinstance(ready, Outcome):
        return ready
    exchange = _Exchange(ready, client, configuration, now)
    if row.document.action == Document.Action.DELETE:
        return exchange.delete()
    return exchange.publish()


class _Exchange:
    """The calls of one attempt."""

    def __init__(
        self, ready: Sendable, client: DmpClient, configuration: Configuration, now: datetime
    ) -> None:
        self._ready = ready
        self._client = client
        self._configuration = configuration
        self._now = now

    def publish(self) -> Outcome:
        """ITI-41, with RPLC when there is something to replace."""
        ready = self._ready
        replaces: dict[str, str] = {}
        if ready.document.action == Document.Action.REPLACE:
            replaced = self._to_replace()
            if isinstance(replaced, Outcome):
                return replaced
            if replaced:
                replaces[ENTRY] = replaced
        entry = from_cda.entry_from_cda(
            ready.header, entry_id=ENTRY, confidentiality=visibility(ready.event.flags)
        )
        submission = from_cda.submission(self._lot(), [entry], replaces=replaces)
        if problems := rules.check(submission, patient=ready.ins):
            return Outcome(State.STUCK, "registry", _told(problems), called=False)
        request = ProvideRequest(submission, {ENTRY: ready.content})
        return self._settled(self._client.publish(request, self._vihf()), self._is_there)

    def delete(self) -> Outcome:
        """ITI-57: the status becomes Deleted. What never reached the record needs nothing."""
        found = self._find(self._ready.document.uid)
        if found is None:
            return Outcome(State.CANCELLED, "nothing_to_delete")
        if found.status is Status.DELETED:
            return Outcome(State.DELIVERED, receipt=found.id)
        change = StatusChange(
            submission_set=self._lot(),
            target=EntryUuid(found.id),
            original=found.status or Status.APPROVED,
            new=Status.DELETED,
        )
        return self._settled(self._client.change_status(change, self._vihf()), self._is_deleted)

    def _to_replace(self) -> str | Outcome:
        """The entryUUID of what is replaced; empty when it was never sent from here."""
        document = self._ready.document
        target = document.target
        if target is not None and target.entry_uuid:
            return target.entry_uuid
        found = self._find(target.uid if target else document.parent_uid)
        if found is not None:
            if target is not None:
                target.entry_uuid = found.id
                target.save(update_fields=["entry_uuid"])
            return found.id
        before = self._ready.row.after
        if before is not None and before.state != State.DELIVERED:
            return ""
        return Outcome(State.STUCK, "900")

    def _find(self, uid: str) -> DocumentEntry | None:
        """The entry of this uniqueId in the record (TD3.1b)."""
        answer = self._client.documents(uid, self._vihf())
        if answer.status != "Success":
            raise Unavailable(_told(answer.errors), code="registry")
        return answer.documents[0] if answer.documents else None

    def _is_there(self) -> bool:
        found = self._find(self._ready.document.uid)
        digest = hashlib.sha1(self._ready.content, usedforsecurity=False).hexdigest()
        return found is not None and found.hash.lower() == digest

    def _is_deleted(self) -> bool:
        found = self._find(self._ready.document.uid)
        return found is not None and found.status is Status.DELETED

    def _settled(self, answer: RegistryResponse, done: Callable[[], bool]) -> Outcome:
        lot = lot_id(self._ready.row)
        if answer.status == "Success":
            return Outcome(State.DELIVERED, detail=_told(answer.errors), receipt=lot)
        codes = {error.code for error in answer.errors}
        if codes and codes <= _BUSY:
            raise Unavailable(_told(answer.errors), code="registry")
        if codes & _ALREADY and done():
            return Outcome(State.DELIVERED, receipt=lot)
        return Outcome(State.STUCK, "registry", _told(answer.errors))

    def _lot(self) -> SubmissionSet:
        event = self._ready.event
        return from_cda.submission_set(
            lot_id=LOT,
            unique_id=lot_id(self._ready.row),
            source_id=self._configuration.oid_root,
            patient_id=self._ready.ins.cx,
            author=self._author(),
            content_type=from_cda.content_type(event.patient_class),
            at=self._ready.document.received_at,
            title=self._ready.header.title,
        )

    def _author(self) -> Author:
        """The sender of the lot, told by the PRT; its structure at least is always known."""
        sender = letters.sending(self._ready.event.sender, self._configuration)
        return from_cda.sender_author(sender.party)

    def _vihf(self) -> Vihf:
        sender = letters.sending(self._ready.event.sender, self._configuration)
        software = self._configuration.software
        return Vihf(
            id=f"_{uuid.uuid4()}",
            name_id=sender.person,
            issued_at=self._now,
            authn_instant=self._now,
            authn_class=UNSPECIFIED,
            mode=Mode.INDIRECTE,
            structure=sender.structure,
            sector=self._configuration.sector,
            roles=(AUTOMATE,),
            software=software,
            patient=self._ready.ins,
            subject_id=f"{software.name} {software.version}, {sender.structure_name}",
            secret_connection=self._ready.event.flags.secret_connection,
        )


def lot_id(row: Delivery) -> str:
    """The uniqueId of the lot: one delivery, one lot, however many attempts."""
    return f"2.25.{row.id.int}"


def visibility(flags: Flags) -> tuple[Code, ...]:
    """The confidentiality codes that the flags of the message add (spec dmp §3.11)."""
    wanted = (
        (flags.masked_to_professionals, "MASQUE_PS"),
        (flags.hidden_from_patient, "INVISIBLE_PATIENT"),
        (flags.hidden_from_representatives, "INVISIBLE_REPRESENTANTS_LEGAUX"),
    )
    return tuple(
        Code(code, _VISIBILITY, nos.display(_VISIBILITY, code)) for said, code in wanted if said
    )


def _told(errors: tuple[RegistryError, ...]) -> str:
    return "; ".join(f"{error.code}: {error.context}" for error in errors)
