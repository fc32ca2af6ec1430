"""The signature of a lot: IHE DSG, XAdES over a manifest of its documents (spec dmp §3.8)."""

from carnet.standards.dsg.errors import MESSAGES, Fault, Problem, SignatureRefused
from carnet.standards.dsg.lot import sign_lot
from carnet.standards.dsg.reading import differences, read, verify
from carnet.standards.dsg.signature import LotSignature, Reference
from carnet.standards.dsg.writing import Signed, sign

__all__ = [
    "MESSAGES",
    "Fault",
    "LotSignature",
    "Problem",
    "Reference",
    "SignatureRefused",
    "Signed",
    "differences",
    "read",
    "sign",
    "sign_lot",
    "verify",
]
