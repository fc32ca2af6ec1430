"""Those who ask: each with what they may read, and a way to knock at every door."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client

from carnet.national.journal.actors import Professional
from carnet.ops.pki import Issued
from carnet.standards.soap import envelope, mtom
from carnet.standards.soap.envelope import Addressing
from carnet.standards.vihf import Mode, Vihf, sign
from tests.national import certificates
from tests.national.doors.soap.callers import BASE, header
from tests.national.leaks.crowd import PASSWORD, Audience, Person
from tests.national.leaks.tokens import Register, tokens


@dataclass(frozen=True)
class Signer:
    """A house that calls: its certificate and its signature."""

    client: Issued
    signature: Issued


@dataclass
class Asker:
    """Somebody, what they may read, and their browser; software also has a context."""

    name: str
    readable: Collection[Person]
    hidden: Collection[Audience] = ()
    browser: Client = field(default_factory=Client)


@dataclass
class Software(Asker):
    """A call of software, in the name of `vihf`, about `about`."""

    about: Person = field(kw_only=True)
    vihf: Vihf = field(kw_only=True)
    signer: Signer = field(kw_only=True)

    @cached_property
    def assertion(self) -> bytes:
        """Signed once: a session of software uses the same."""
        issued = self.signer.signature
        return sign(self.vihf, key_pem=issued.key_pem, certificate_pem=issued.cert_pem)

    def soap(
        self,
        service: str,
        action: str,
        payload: bytes,
        attachments: Mapping[str, bytes] | None = None,
    ) -> HttpResponse:
        message = envelope.write(
            Addressing(action, f"urn:uuid:{uuid4()}"), payload, assertion=self.assertion
        )
        kind, body = mtom.write(message, attachments or {}, boundary="leaks", action=action)
        headers = header(self.signer.client)
        return self.browser.post(f"{BASE}/{service}", data=body, content_type=kind, headers=headers)

    def fhir(self, method: str, path: str, body: bytes = b"", kind: str = "") -> HttpResponse:
        token = base64.urlsafe_b64encode(self.assertion).decode().rstrip("=")
        return self.browser.generic(
            method,
            path if path.startswith("http") else f"/fhir{path}",
            data=body,
            content_type=kind,
            headers={**header(self.signer.client), "Authorization": f"IHE-SAML {token}"},
        )


def physician(who: Professional, about: Person, **changes: Any) -> Vihf:
    """The context of a physician, proved by their house."""
    facts: dict[str, Any] = {
        "mode": Mode.INDIRECTE_RENFORCEE,
        "name_id": who.ps_idnat,
        "subject_id": who.name,
        "structure": who.structure,
        "authn_decl": "CONF_EXI_PGSSIS",
        **changes,
    }
    return certificates.vihf(about.ins, **facts)


def signed_in(person: Person) -> Client:
    """The browser of a person, in their own space."""
    client = Client()
    answer = client.post("/connexion/", {"login": person.login, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


@dataclass
class Judge:
    """Looks through every answer for what the asker may not know."""

    register: Register
    answers: int = 0
    octets: int = 0
    own: int = 0  #: how often an answer told what the asker may know: that something was asked

    def look(self, asker: Asker, face: str, asked: object, answer: HttpResponse) -> HttpResponse:
        """Fail when the answer tells of somebody else; what was asked may be said again."""
        data = b"".join(answer) if answer.streaming else answer.content
        said = f"{dict(answer.headers)} {data.decode(errors='replace')}"
        echoed = tokens(str(asked))
        told = [each for each in self.register.told(said) if each[0] not in echoed]
        leaked = [
            (token, holder.person.number, holder.audience.name)
            for token, holder in told
            if holder.person not in asker.readable or holder.audience in asker.hidden
        ]
        assert not leaked, f"{face} tells {asker.name}, who asked {str(asked)[:300]}: {leaked[:5]}"
        assert answer.status_code < 500, f"{face}, asked {str(asked)[:300]}: {data[:500]!r}"
        self.answers += 1
        self.octets += len(data)
        self.own += len(told)
        return answer
