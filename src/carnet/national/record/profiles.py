"""What the registry and its repository do for each kind of caller: the two profiles, a line each.

`fr-dmp` is the DMP; `ihe` is plain XDS.b for an affinity domain. The store, the tables and the code
are the same; what differs is here and in the tables of `standards.xds.rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from carnet.national.journal.actors import Actor, Member
from carnet.national.record import entries
from carnet.national.record.actions import content, metadata_update, signing
from carnet.national.record.actions.change_entry import change_entry
from carnet.national.record.actions.change_status import change_status
from carnet.national.record.actions.content import Contents
from carnet.national.record.actions.refusals import same_patient
from carnet.national.record.actions.updating import Updating
from carnet.national.record.whose import Whose, asked_by_vihf, asked_in_domain, of_domain
from carnet.standards.ids import Ins
from carnet.standards.xds import affinity_domain, rules
from carnet.standards.xds.affinity_domain import AffinityDomain
from carnet.standards.xds.iti18 import StoredQuery
from carnet.standards.xds.iti57 import (
    AssociationSubmission,
    EntryUpdate,
    FolderUpdate,
    Operation,
    StatusUpdate,
)
from carnet.standards.xds.metadata import Submission


def _new_id(_submitted: str) -> UUID:
    return uuid7()


def _free() -> AffinityDomain:
    return _ANY_CODES


_ANY_CODES: Final = AffinityDomain()


def domain() -> AffinityDomain:
    """The affinity domain of `CARNET_AFFINITY_DOMAIN`."""
    return _read(settings.CARNET_AFFINITY_DOMAIN)


@cache
def _read(file: Path) -> AffinityDomain:
    return affinity_domain.read(file.read_bytes())


@dataclass(frozen=True, slots=True)
class RegistryProfile:
    """One line: which rules judge, and what is done where the two profiles differ."""

    provided: rules.Profile  #: judges ITI-41
    registered: rules.Profile  #: judges ITI-42
    updated: rules.Profile  #: judges ITI-57
    operations: Mapping[type[Operation], Callable[[Updating, Any], None]]  #: of ITI-57
    domain: Callable[[], AffinityDomain]  #: the codes beyond those of the rules
    contents: Contents
    #: Of a lot whose documents are here.
    check_signature: Callable[[Actor, Submission, Mapping[str, bytes], datetime], None]
    whose: Callable[[Ins | None, str], Whose]  #: by the INS of the VIHF and the patientId
    asked: Callable[[Ins | None, StoredQuery], Whose | None]
    new_id: Callable[[str], UUID]  #: the entryUUID of an object that is submitted under this id
    #: Objects are found by their entryUUID without their patient; no two have the same.
    places: bool
    #: An author of the lot is of the caller's structure, and replaces what is theirs alone.
    own_authors: bool
    #: The same lot again is answered as the first time; else it is a duplicate.
    replays: bool
    #: What is published is read, found by its words, told to the patient.
    announces: bool


FR_DMP: Final = RegistryProfile(
    provided=rules.FR_DMP,
    registered=rules.FR_DMP,
    updated=rules.FR_UPDATE,
    operations=MappingProxyType({StatusUpdate: change_status, EntryUpdate: change_entry}),
    domain=_free,
    contents=content.FRENCH,
    check_signature=signing.check_signature,
    whose=same_patient,
    asked=asked_by_vihf,
    new_id=_new_id,
    places=False,
    own_authors=True,
    replays=True,
    announces=True,
)
IHE: Final = RegistryProfile(
    provided=rules.IHE,
    registered=rules.IHE_REGISTRATION,
    updated=rules.IHE,
    operations=MappingProxyType(
        {
            StatusUpdate: metadata_update.change_status,
            EntryUpdate: metadata_update.change_entry,
            FolderUpdate: metadata_update.change_folder,
            AssociationSubmission: metadata_update.submit_association,
        }
    ),
    domain=domain,
    contents=content.ANY,
    check_signature=signing.ignore_signature,
    whose=of_domain,
    asked=asked_in_domain,
    new_id=entries.kept_id,
    places=True,
    own_authors=False,
    replays=False,
    announces=False,
)
_PROFILES: Final[Mapping[type[Actor], RegistryProfile]] = MappingProxyType({Member: IHE})


def profile_of(actor: Actor) -> RegistryProfile:
    """A member of the affinity domain has its profile, everybody else that of the DMP."""
    return _PROFILES.get(type(actor), FR_DMP)
