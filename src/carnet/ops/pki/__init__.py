"""A local certificate authority in the shape of IGC-Santé, for the demonstration and the tests.

One root and two intermediate authorities, as the real one (spec identity §1.11 and §3.3): one for
organisations and servers (range "élémentaire"), one for persons (CPS). Every authority says TEST
and CARNET in its name; nothing here is a real IGC-Santé certificate.

The folder holds `ca.pem` (all authorities), `crl.pem` (all revocation lists), `authorities/`,
`issued/` and `register.json`. Private keys are PKCS#8 with mode 0600.
"""

from carnet.ops.pki.authority import Authority, Issued
from carnet.ops.pki.profiles import Kind, PkiError, organisation_name, person_name

__all__ = ["Authority", "Issued", "Kind", "PkiError", "organisation_name", "person_name"]
