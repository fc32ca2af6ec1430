"""The shared record: XDS.b and GDP over SOAP, mutual TLS, VIHF (spec dmp §1 to §4)."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from lxml import etree

from carnet.establishment.clients.errors import Babbling, Refused, Unavailable
from carnet.establishment.clients.https import Connection, Reply, without_soap
from carnet.standards.gdp import td02
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing, SoapFault
from carnet.standards.vihf.assertion import Vihf
from carnet.standards.xds import iti18, iti41, iti57, registry_response
from carnet.standards.xds.errors import XdsRefused
from carnet.standards.xds.registry_response import RegistryResponse

#: Bytes of one answer read at most: none of those we ask for carries a document.
ANSWER_LIMIT: Final = 4 * 1024 * 1024

Sign = Callable[[Vihf], bytes]
#: A lot with its signature, made at this time (spec dmp §3.8).
SignLot = Callable[[iti41.ProvideRequest, datetime], iti41.ProvideRequest]


class DmpClient:
    """One connection to one record, kept open between calls. Not to be shared between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        certificate: Path,
        key: Path,
        authorities: Path,
        sign: Sign,
        sign_lot: SignLot | None = None,
        timeout: float = 10.0,
        longest: float = 60.0,
    ) -> None:
        self._sign = sign
        self._sign_lot = sign_lot
        self._connection = Connection(
            base_url,
            certificate=certificate,
            key=key,
            authorities=authorities,
            timeout=timeout,
            longest=longest,
            answer_limit=ANSWER_LIMIT,
        )

    def publish(self, request: iti41.ProvideRequest, vihf: Vihf) -> RegistryResponse:
        """TD2.1: provide and register a document set (ITI-41), signed when lots are."""
        if self._sign_lot is not None:
            request = self._sign_lot(request, vihf.issued_at)
        payload, attachments = iti41.write(request)
        answer = self._call("repository", iti41.ACTION, payload, attachments, vihf)
        return _registry(answer)

    def change_status(self, change: iti57.StatusChange, vihf: Vihf) -> RegistryResponse:
        """TD3.3c, TD3.3d: delete, archive or unarchive (ITI-57)."""
        return _registry(self._call("registry", iti57.ACTION, iti57.write(change), {}, vihf))

    def documents(self, unique_id: str, vihf: Vihf) -> iti18.QueryResponse:
        """TD3.1b: the entries of this uniqueId, to know their entryUUID (ITI-18 GetDocuments)."""
        query = iti18.GetDocuments(unique_ids=(unique_id,), return_type="LeafClass")
        answer = self._call("registry", iti18.ACTION, iti18.write(query), {}, vihf)
        try:
            return iti18.read_response(answer)
        except XdsRefused as error:
            raise Babbling(f"the answer cannot be read: {error}") from None

    def existence(self, query: td02.ExistenceQuery, vihf: Vihf) -> td02.Existence:
        """TD0.2: whether the patient has a record, and what the caller may do with it."""
        answer = self._call("patients", td02.ACTION, td02.write_query(query), {}, vihf)
        return td02.read_answer(answer)

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        self._connection.close()

    def _call(
        self,
        service: str,
        action: str,
        payload: bytes,
        attachments: Mapping[str, bytes],
        vihf: Vihf,
    ) -> etree._Element:
        """One exchange. Raises `Unreachable`, `Unavailable` or `Refused`."""
        addressing = Addressing(action, f"urn:uuid:{uuid.uuid4()}")
        root = envelope.write(addressing, payload, assertion=self._sign(vihf))
        content_type, body = mtom.write(
            root, attachments, boundary=f"carnet_{uuid.uuid4().hex}", action=action
        )
        path = f"{self._connection.path}/{service}"
        reply = self._connection.post(path, {"Content-Type": content_type}, body)
        return _read(reply, addressing.message_id)


def _read(reply: Reply, message_id: str) -> etree._Element:
    """The payload of a SOAP answer, or the error that it is."""
    if not reply.content_type.startswith(("application/soap+xml", "multipart/related")):
        raise without_soap(reply.status)
    try:
        package = mtom.read(reply.content_type, io.BytesIO(reply.body), limit=ANSWER_LIMIT)
        answer = envelope.read(package.root)
        fault = envelope.read_fault(answer.payload)
    except SoapFault as error:
        raise Babbling(f"the answer is not readable SOAP: {error.reason}") from None
    if fault is not None:
        kind = Unavailable if fault.code == "Receiver" else Refused
        raise kind(fault.reason[:500], code=fault.subcode or fault.code)
    if answer.addressing.relates_to not in {"", message_id}:
        raise Babbling("the answer is to another message")
    return answer.payload


def _registry(payload: etree._Element) -> RegistryResponse:
    try:
        return registry_response.read(payload)
    except XdsRefused as error:
        raise Babbling(f"the answer cannot be read: {error}") from None
