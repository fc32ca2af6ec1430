"""The proof that a citizen keeps: checked by whoever has the file, without any database."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography import x509

from carnet.national.journal import chain, signature
from carnet.national.journal.signature import SignatureError

#: The form of a receipt; one that is read otherwise gets another name.
FORMAT: Final = "carnet-receipt-1"


class ReceiptError(Exception):
    """A receipt proves nothing; the sentence says where it breaks."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a receipt proves: so many lines, the first `signed` of them under that signature."""

    patient_id: UUID
    lines: int
    shown: int  #: the others are given by their digest alone
    signed: int
    day: str
    certificate: x509.Certificate


def check(receipt: Mapping[str, Any]) -> Checked:
    """Follow the chain, then climb to the signed root. Raises `ReceiptError`."""
    try:
        return _check(receipt)
    except (KeyError, TypeError, AttributeError, OverflowError, binascii.Error) as error:
        raise ReceiptError(f"this is not a receipt of Carnet: {error!r}") from error
    except ValueError as error:
        raise ReceiptError(f"a value of the receipt cannot be read: {error}") from error
    except SignatureError as error:
        raise ReceiptError(str(error)) from error


def _check(receipt: Mapping[str, Any]) -> Checked:
    if receipt["format"] != FORMAT:
        raise ReceiptError("this is not a receipt of Carnet, or one of another form")
    patient_id = UUID(receipt["patient_id"])
    hash_, ends, shown = chain.ORIGIN, {}, 0
    for seq, each in enumerate(receipt["lines"], 1):
        if each["seq"] != seq:
            raise ReceiptError(f"line {seq} is missing")
        if "line" in each:
            shown += 1
            digest = chain.digest(each["line"])
            if each["line"]["patient_id"] != receipt["patient_id"]:
                raise ReceiptError(f"line {seq} is another person's")
        else:
            digest = bytes.fromhex(each["digest"])
        hash_ = ends[seq] = chain.link(hash_, digest)
        if hash_.hex() != each["hash"]:
            raise ReceiptError(f"line {seq} is not what was sealed")
    proof = receipt["proof"]
    if proof is None:
        raise ReceiptError("nothing is signed yet: the first day of this chain is not over")
    signed = proof["seq"]
    if signed not in ends:
        raise ReceiptError(f"line {signed}, up to which the chain was signed, is missing")
    steps = [(side, bytes.fromhex(other)) for side, other in proof["path"]]
    root = chain.climb(chain.leaf(patient_id, signed, ends[signed]), steps)
    if root.hex() != proof["statement"]["root"]:
        raise ReceiptError("the chain is not in the tree that was signed")
    certificate = signature.check(
        proof["statement"],
        base64.b64decode(proof["signature"], validate=True),
        proof["certificate"],
    )
    return Checked(
        patient_id, len(ends), shown, signed, str(proof["statement"]["day"]), certificate
    )
