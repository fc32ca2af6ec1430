"""Binary: the bytes of a document (ITI-68), by its uniqueId."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Final

from django.conf import settings

from carnet.national.doors.fhir.service import Call, Reply, json_types, media_types
from carnet.national.record import actions as record
from carnet.standards.fhir.data_types import Resource
from carnet.standards.fhir.outcome import FhirRefused, refused
from carnet.standards.xds.errors import ErrorCode, XdsRefused
from carnet.standards.xds.iti43 import DocumentRef, Retrieved

_RANGE: Final = re.compile(r"bytes=([0-9]{0,12})-([0-9]{0,12})")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
#: Software that asks for the resource says so; everything else gets the document as it is.
_ANY: Final = frozenset({"*/*", "application/*"})


def read(call: Call, id: str) -> Reply:
    """ITI-68. A document that the caller may not read is answered as one that does not exist."""
    if not id.isprintable():
        raise _not_found()
    refs = [DocumentRef(settings.CARNET_REPOSITORY_OID, id)]
    retrieved, errors = record.retrieve(call.session.actor, refs, **call.context)
    if not retrieved:
        known = [each for each in errors if each.code == ErrorCode.DOCUMENT_UNIQUE_ID_ERROR]
        if known:
            raise _not_found()
        raise XdsRefused(*errors)
    (found,) = retrieved
    headers = {
        "ETag": f'"{hashlib.sha256(found.data).hexdigest()}"',
        "Accept-Ranges": "bytes",
    }
    if _is_known(call.request.headers.get("If-None-Match", ""), headers["ETag"]):
        return Reply(status=304, headers=headers)
    accepted = media_types(call.request.headers.get("Accept", "*/*") or "*/*")
    native = {*_ANY, found.mime_type, f"{found.mime_type.partition('/')[0]}/*"}
    if any(each in json_types() and each != found.mime_type for each in accepted[:1]):
        return Reply(_resource(found), headers=headers)
    if native & set(accepted):
        return _bytes(call, found, headers)
    if set(accepted) & set(json_types()):
        return Reply(_resource(found), headers=headers)
    raise refused(406, "not-supported", f"the document is {found.mime_type}")


def _not_found() -> FhirRefused:
    return refused(404, "not-found", "no such document, or none that you may read")


def _resource(found: Retrieved) -> Resource:
    written: Resource = {"resourceType": "Binary"}
    if _ID.fullmatch(found.ref.unique_id):
        written["id"] = found.ref.unique_id
    return {
        **written,
        "contentType": found.mime_type,
        "data": base64.b64encode(found.data).decode(),
    }


def _bytes(call: Call, found: Retrieved, headers: dict[str, str]) -> Reply:
    """The document, or the one part that is asked for (RFC 9110, 14.2); several are answered whole.

    It is never shown inside a page of this server.
    """
    headers |= {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"}
    size = len(found.data)
    asked = _RANGE.fullmatch(call.request.headers.get("Range", "").replace(" ", ""))
    condition = call.request.headers.get("If-Range", headers["ETag"])
    if asked is None or not (asked[1] or asked[2]) or condition != headers["ETag"]:
        return Reply(data=found.data, media_type=found.mime_type, headers=headers)
    start, end = _interval(asked[1], asked[2], size)
    if start > end or start >= size:
        headers["Content-Range"] = f"bytes */{size}"
        return Reply(status=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    return Reply(
        status=206,
        data=found.data[start : end + 1],
        media_type=found.mime_type,
        headers=headers,
    )


def _interval(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and the last byte; `-n` are the last n."""
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (size, size - 1)
    return int(first), min(int(last), size - 1) if last else size - 1


def _is_known(said: str, etag: str) -> bool:
    return said.strip() == "*" or etag in (
        each.strip().removeprefix("W/") for each in said.split(",")
    )
