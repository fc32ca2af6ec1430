"""TD2.2: the secretary of a practice feeds with a card (CPE), in the name of the structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from carnet.national.directory import actions as directory
from carnet.ops.pki import Kind, person_name
from carnet.standards.ids import EntryUuid, Ins, StructIdNat
from carnet.standards.vihf import Mode, sign
from carnet.standards.xds import iti18, iti41, iti57, registry_response
from carnet.standards.xds.iti18 import FindDocuments, GetDocuments
from carnet.standards.xds.metadata import Code, Status
from tests.national import certificates, world
from tests.national.certificates import Papers
from tests.national.doors.soap.callers import Call, Reply

pytestmark = pytest.mark.django_db

ROLE = Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6", "Secrétariat médical")
#: The 42nd employee of the site, as their card names them.
WHO = f"3{world.SITE[1:]}/42"
REFUSED = ["DMPAccessDeniedByRightsService"]

Ask = Callable[..., Reply]


@pytest.fixture
def ask(call: Call, trusting: Papers, person: Any) -> Ask:
    """Call with the secretary's card."""
    now = datetime.now(UTC)
    name = person_name(WHO, surname="PETIT", given_name="Anne", profession="Secrétaire")
    key = trusting.client.key_pem
    connects = trusting.authority.issue(Kind.CPS_AUTH, name, now=now, key_pem=key)
    signs = trusting.authority.issue(Kind.CPS_SIGN, name, now=now, key_pem=key)

    def ask(service: str, action: str, payload: bytes, parts: Any = None, **said: Any) -> Reply:
        facts = {"mode": Mode.DIRECTE, "name_id": WHO, "roles": (ROLE,), "patient": person[1]}
        vihf = certificates.vihf(**{**facts, **said})
        assertion = sign(vihf, key_pem=signs.key_pem, certificate_pem=signs.cert_pem)
        return call(service, action, payload, parts, assertion=assertion, certificate=connects)

    return ask


def feed(ask: Ask, ins: Ins, request: Any = None, **said: Any) -> Reply:
    payload, parts = iti41.write(request or world.request(ins))
    return ask("repository", iti41.ACTION, payload, parts, **said)


def errors(reply: Reply) -> list[str]:
    return [each.code for each in registry_response.read(reply.envelope.payload).errors]


def reference(ask: Ask, unique_id: str) -> list[str]:
    query = iti18.write(GetDocuments(unique_ids=(unique_id,), return_type="ObjectRef"))
    return list(
        iti18.read_response(ask("registry", iti18.ACTION, query).envelope.payload).object_refs
    )


def test_a_secretary_feeds_replaces_and_deletes_for_the_structure(ask: Ask, ins: Ins) -> None:
    """TD2.2a, TD2.2b, then TD3.1b and TD3.3c, which the same card may do (notes 4, 5 and 9)."""
    request = world.request(ins)
    assert errors(feed(ask, ins, request)) == []
    (first,) = request.submission.documents
    (known,) = reference(ask, first.unique_id)
    again = world.request(ins, world.letter(ins), replaces={"Document00": known})
    assert errors(feed(ask, ins, again)) == []
    (last,) = again.submission.documents
    (known,) = reference(ask, last.unique_id)
    lot = again.submission.submission_set
    assert lot is not None
    change = iti57.StatusChange(
        replace(lot, unique_id=world.new_oid()), EntryUuid(known), Status.APPROVED, Status.DELETED
    )
    assert errors(ask("registry", iti57.ACTION, iti57.write(change))) == []
    assert reference(ask, last.unique_id) == []


def test_what_no_author_of_the_structure_wrote_is_refused(ask: Ask, ins: Ins) -> None:
    """Note 4: what is added is imputed to the structure (spec dmp §3.12)."""
    wrong = replace(
        world.sender(), institutions=("Clinique^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1690000001",)
    )
    request = world.request(ins)
    lot = request.submission.submission_set
    assert lot is not None
    entries = tuple(replace(each, authors=(wrong,)) for each in request.submission.documents)
    submission = replace(
        request.submission, documents=entries, submission_set=replace(lot, author=(wrong,))
    )
    assert errors(feed(ask, ins, replace(request, submission=submission))) == REFUSED
    assert world.rows("record_document") == 0


def test_a_secretary_finds_and_reads_nothing_more(ask: Ask, ins: Ins) -> None:
    feed(ask, ins)
    query = iti18.write(FindDocuments(ins.cx, (Status.APPROVED,)))
    reply = ask("registry", iti18.ACTION, query)
    told = iti18.read_response(reply.envelope.payload)
    assert [each.code for each in told.errors] == REFUSED


def test_the_number_of_the_card_says_the_structure(ask: Ask, ins: Ins) -> None:
    directory.register_structure(
        world.TESTS, StructIdNat("1690000001"), name="Clinique", kind="EJ", now=world.NOW
    )
    for structure in (StructIdNat("1690000001"), world.LEGAL_ENTITY):
        reply = feed(ask, ins, structure=structure)
        assert reply.fault == ("Sender", "VIHFInvalidStructure")


@pytest.mark.parametrize("purpose", ["bris_de_glace", "centre_15"])
def test_there_is_no_emergency_for_a_secretary(ask: Ask, ins: Ins, purpose: Any) -> None:
    assert errors(feed(ask, ins, purpose=purpose)) == REFUSED
    assert world.rows("record_document") == 0


def test_a_secretary_proved_by_the_structure_does_not_feed(call: Call, ins: Ins) -> None:
    """FI-606: neither TD2.1 nor TD2.2 in AIR."""
    vihf = certificates.vihf(
        ins, name_id=WHO, mode=Mode.INDIRECTE_RENFORCEE, roles=(ROLE,), authn_decl="CONF_EXI_PGSSIS"
    )
    payload, parts = iti41.write(world.request(ins))
    assert errors(call("repository", iti41.ACTION, payload, parts, vihf=vihf)) == REFUSED
    assert world.rows("record_document") == 0
