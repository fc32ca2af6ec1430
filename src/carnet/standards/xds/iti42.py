"""ITI-42 Register Document Set-b: a repository says what it holds to the registry.

Source: ITI TF-2, 3.42. What the request must say is told by `rules`, profile `IHE_REGISTRATION`.
"""

from __future__ import annotations

from typing import Final

from lxml import etree

from carnet.standards.xds.ebrim import LCM, RIM, read_submission, write_submission
from carnet.standards.xds.errors import ErrorCode, refused
from carnet.standards.xds.metadata import Submission

ACTION: Final = "urn:ihe:iti:2007:RegisterDocumentSet-b"
RESPONSE_ACTION: Final = f"{ACTION}Response"


def read(payload: etree._Element) -> Submission:
    """The metadata that are to be registered. Raises `XdsRefused`."""
    objects = payload.find(f"{{{RIM}}}RegistryObjectList")
    if payload.tag != f"{{{LCM}}}SubmitObjectsRequest" or objects is None:
        raise refused(
            ErrorCode.REGISTRY_METADATA_ERROR,
            "a SubmitObjectsRequest with its RegistryObjectList is expected",
        )
    return read_submission(objects)


def write(submission: Submission) -> bytes:
    """The payload that registers `submission`."""
    return write_submission(submission)
