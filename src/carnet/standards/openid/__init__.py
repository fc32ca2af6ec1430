"""OpenID Connect as both sides of it need it: tokens believed or not, and what a provider says.

Sources: OpenID Connect Core 1.0, Back-Channel Logout 1.0, RFC 7519, RFC 8725; Pro Santé Connect
(spec identity §4).
"""

from carnet.standards.openid.professional import Activity, Exercice, Professional, ProfessionalError
from carnet.standards.openid.tokens import (
    Claims,
    TokenRefused,
    access_token,
    identity_token,
    keys,
    logout_token,
    signed,
)

__all__ = [
    "Activity",
    "Claims",
    "Exercice",
    "Professional",
    "ProfessionalError",
    "TokenRefused",
    "access_token",
    "identity_token",
    "keys",
    "logout_token",
    "signed",
]
