"""The VIHF: the SAML 2.0 assertion that says who calls, for whom and why (spec dmp §4, CI-SIS)."""

from carnet.standards.vihf.assertion import Mode, Purpose, Software, Vihf, build
from carnet.standards.vihf.errors import MESSAGES, Refusal, VihfRefused
from carnet.standards.vihf.signature import VerificationCache, authentic, sign, verify

__all__ = [
    "MESSAGES",
    "Mode",
    "Purpose",
    "Refusal",
    "Software",
    "VerificationCache",
    "Vihf",
    "VihfRefused",
    "authentic",
    "build",
    "sign",
    "verify",
]
