"""An authenticator in software: makes passkeys and answers challenges, as a telephone does.

Source: WebAuthn level 2, §6 (authenticator data, attestation "none", ES256).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """One passkey on one device; `flags` and `count` are what it says of the person and itself."""

    domain: str = "localhost"
    origin: str = "http://localhost"
    flags: int = PRESENT | VERIFIED
    count: int = 1
    user_handle: bytes = b""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def register(self, challenge: bytes) -> str:
        """What `navigator.credentials.create` gives, as JSON."""
        point = self.key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32), -3: point.y.to_bytes(32)})
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + cose
        data = self._data(ATTESTED) + attested
        return self._credential(
            challenge,
            "webauthn.create",
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
        )

    def answer(self, challenge: bytes) -> str:
        """What `navigator.credentials.get` gives, as JSON."""
        data, client = self._data(), self._client(challenge, "webauthn.get")
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            challenge,
            "webauthn.get",
            authenticatorData=data,
            signature=signature,
            userHandle=self.user_handle,
        )

    def _data(self, more: int = 0) -> bytes:
        name = hashlib.sha256(self.domain.encode()).digest()
        return name + bytes([self.flags | more]) + self.count.to_bytes(4)

    def _client(self, challenge: bytes, kind: str) -> bytes:
        said = {"type": kind, "challenge": _text(challenge), "origin": self.origin}
        return json.dumps(said).encode()

    def _credential(self, challenge: bytes, kind: str, **response: bytes) -> str:
        parts = {"clientDataJSON": self._client(challenge, kind), **response}
        return json.dumps(
            {
                "id": _text(self.id),
                "rawId": _text(self.id),
                "type": "public-key",
                "response": {name: _text(data) for name, data in parts.items() if data},
            }
        )
