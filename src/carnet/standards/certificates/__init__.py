"""Certificates of the IGC-Santé shape: what they say, and whether they may be trusted.

Sources: RFC 5280 (path and revocation), RFC 4514 (names), spec identity §3.3, mssante §2 and
§3.2 (ECO.1.1.5 to ECO.1.1.10).
"""

from carnet.standards.certificates.certificate import Certificate, read
from carnet.standards.certificates.errors import MESSAGES, CertificateError
from carnet.standards.certificates.names import name_attributes, same_name
from carnet.standards.certificates.trust import Trust

__all__ = [
    "MESSAGES",
    "Certificate",
    "CertificateError",
    "Trust",
    "name_attributes",
    "read",
    "same_name",
]
