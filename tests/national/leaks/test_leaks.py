"""Nobody is told anything of somebody they may not read: two hundred people, every face.

Every answer is looked through for every word, number and id that belongs to one person alone
(`tokens`), whatever is asked: the right patient, another one, ids of others, ids that were stolen
from another session. What an asker says themselves may come back; nothing else.
Requirements: R-020, R-021.
"""

from __future__ import annotations

import base64
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from carnet.national.exchanges.models import Exchange
from carnet.standards import habilitations
from carnet.standards.fhir.parameters import PARAMETERS, Kind, Parameter
from carnet.standards.gdp import patient_query, td02, td05, td13a
from carnet.standards.gdp.patient_query import PatientQuery
from carnet.standards.gdp.td05 import TraitsQuery
from carnet.standards.habilitations import (
    OPERATIONS,
    AuthorizationMode,
    ListAuthorizations,
    ListPatients,
)
from carnet.standards.ids import EntryUuid
from carnet.standards.vihf import sign
from carnet.standards.vihf.assertion import Purpose
from carnet.standards.xds import iti18, iti41, iti43, iti57
from carnet.standards.xds.iti18 import QUERIES, Definition, StoredQuery
from carnet.standards.xds.iti18 import Kind as Asked
from carnet.standards.xds.iti18 import Parameter as StoredParameter
from carnet.standards.xds.iti43 import DocumentRef
from carnet.standards.xds.iti57 import Operation, StatusUpdate, UpdateRequest
from carnet.standards.xds.metadata import Association, AssociationType, Code, Status
from tests.national import certificates, world
from tests.national.doors.soap.test_gdp import QUERY_ID, frame
from tests.national.leaks.askers import Asker, Software, physician, signed_in
from tests.national.leaks.conftest import Land
from tests.national.leaks.crowd import READER, VISITOR, Audience, Person

pytestmark = pytest.mark.django_db

UUIDS = r"[0-9a-f]{8}-.*"
OIDS = r"[0-9.]+\.[0-9.]+"
MASKED = (Audience.NOT_PROFESSIONALS,)


def softwares(land: Land) -> dict[str, Software]:
    """Who calls by software, about whom."""
    crowd = land.crowd
    own, other, stranger = crowd[0], crowd[30], crowd[31]

    def made(name: str, vihf: Any, about: Person, *readable: Person, **options: Any) -> Software:
        signer = land.hospital if vihf.structure == world.SITE else land.clinic
        return Software(name, readable, about=about, vihf=vihf, signer=signer, **options)

    every = (
        # Of the house that wrote: what it masks it still reads.
        made("a physician", physician(READER, own), own, own),
        made("a physician of elsewhere", physician(VISITOR, other), other, other, hidden=MASKED),
        made("a physician whom nobody let in", physician(VISITOR, stranger), stranger),
        made("a blocked physician", physician(VISITOR, crowd[40]), crowd[40]),
        made(
            "a blocked physician who breaks the glass",
            physician(VISITOR, crowd[60], purpose=Purpose.BRIS_DE_GLACE),
            crowd[60],
        ),
        made(
            "a centre 15",
            physician(VISITOR, crowd[61], purpose=Purpose.CENTRE_15),
            crowd[61],
            crowd[61],
        ),
        made("the hospital's system", certificates.vihf(crowd[2].ins), crowd[2], crowd[2]),
        made(
            "the system of elsewhere",
            certificates.vihf(crowd[3].ins, structure=VISITOR.structure),
            crowd[3],
        ),
        made("who names no patient", replace(physician(READER, own), patient=None), own),
    )
    return {each.name: each for each in every}


NAMES = (
    "a physician",
    "a physician of elsewhere",
    "a physician whom nobody let in",
    "a blocked physician",
    "a blocked physician who breaks the glass",
    "a centre 15",
    "the hospital's system",
    "the system of elsewhere",
    "who names no patient",
)


@pytest.fixture(params=NAMES)
def software(request: pytest.FixtureRequest, land: Land) -> Software:
    return softwares(land)[request.param]


def others(land: Land, asker: Software) -> list[Person]:
    """Somebody whom the same physicians may read, and somebody whom nobody may."""
    return [each for each in (land.crowd[1], land.crowd[77]) if each is not asker.about]


@pytest.fixture(scope="module", autouse=True)
def how_much(land: Land) -> Iterator[None]:
    """Tell how much was looked through, and that it was not nothing."""
    yield
    judge = land.judge
    print(
        f"\n{judge.answers} answers of {judge.octets} bytes held nothing of another of"
        f" {len(land.crowd.people)} people ({len(judge.register)} words and ids),"
        f" and {judge.own} words and ids of those who may be read"
    )


# SOAP


def values(parameter: StoredParameter, whom: Person, ids: list[str], cx: str) -> Any:
    match parameter.kind:
        case Asked.PATIENT:
            return ((cx,),)
        case Asked.STATUS:
            return (tuple(Status),)
        case Asked.ASSOCIATION:
            return (tuple(AssociationType),)
        case Asked.CODE:
            return ((Code("suivi", "1.2.250.1.999.9"),),)
        case Asked.PATTERN:
            return ((f"%{whom.word()}%",),)
        case Asked.TEXT if parameter.attribute == "reference_ids":
            return ((f"{whom.word()}^^^&1.2.250.1.999.3&ISO^urn:ihe:iti:xds:2013:order",),)
        case Asked.TEXT if parameter.attribute in ("id", "logical_id") or not parameter.attribute:
            held = tuple(EntryUuid.of(UUID(each)) for each in ids if "-" in each)
        case Asked.TEXT if parameter.attribute == "unique_id":
            held = tuple(each for each in ids if "-" not in each)
        case _:
            return None
    return (held,) if parameter.many else ((held[0],),)


def stored_queries(definition: Definition, whom: Person, ids: list[str]) -> Iterator[StoredQuery]:
    """This query about somebody, in every form: by each id that it takes, with each filter."""
    needed = [each for each in definition.parameters if each.required]
    optional = [each for each in definition.parameters if not each.required]
    alone = [each for each in optional if each.name in definition.exactly_one]
    filters = [each for each in optional if each.kind is Asked.PATTERN]
    for chosen, extra in product(alone or [None], [None, *filters]):
        asked = [each for each in (*needed, chosen, extra) if each is not None]
        held = {each.name: values(each, whom, ids, whom.ins.cx) for each in asked}
        yield StoredQuery(definition.name, held, "LeafClass")
    yield StoredQuery(definition.name, held, "ObjectRef")


@pytest.mark.parametrize("definition", QUERIES, ids=lambda each: str(each.name))
def test_no_stored_query_tells_of_another(
    land: Land, software: Software, definition: Definition
) -> None:
    own = land.judge.register.of(software.about, like=f"{UUIDS}|{OIDS}")
    for whom in (software.about, *others(land, software)):
        theirs = land.judge.register.of(whom, like=f"{UUIDS}|{OIDS}")
        for query in stored_queries(definition, whom, [*theirs, *own]):
            payload = iti18.write(query)
            # Also the patient of the VIHF with the ids and words of somebody else.
            swapped = payload.replace(whom.ins.cx.encode(), software.about.ins.cx.encode())
            for asked in {payload, swapped}:
                answer = software.soap("registry", iti18.ACTION, asked)
                land.judge.look(software, str(definition.name), asked.decode(), answer)


def test_no_document_of_another_is_retrieved(land: Land, software: Software) -> None:
    own = land.judge.register.of(software.about, like=OIDS)
    for whom in others(land, software):
        theirs = land.judge.register.of(whom, like=f"{OIDS}|{UUIDS}")[-40:]
        for names in (theirs, [*theirs[:20], *own]):
            refs = [DocumentRef(django_settings.CARNET_REPOSITORY_OID, each) for each in names]
            answer = software.soap("repository", iti43.ACTION, iti43.write(refs))
            # A name that one has said oneself may come back; the document, never.
            assert land.judge.look(software, "ITI-43", names, answer)
            assert whom.word().encode() not in answer.content.lower()


def test_what_is_anothers_is_answered_as_what_does_not_exist(
    land: Land, software: Software
) -> None:
    """Not a byte tells that somebody has it."""
    whom = others(land, software)[-1]
    for own in land.judge.register.of(whom, like=OIDS)[:4]:
        nobody = re.sub(r"[0-9]", "7", own)
        answers = []
        for name in (own, nobody):
            ref = DocumentRef(django_settings.CARNET_REPOSITORY_OID, name)
            soap = software.soap("repository", iti43.ACTION, iti43.write([ref])).content
            fhir = software.fhir("GET", f"/Binary/{name}").content
            text = (soap + fhir).decode().replace(name, "NAME")
            answers.append(re.sub(r"urn:uuid:[0-9a-f-]{36}|carnet-[0-9a-f-]{36}", "", text))
        assert answers[0] == answers[1]
    for theirs in land.judge.register.of(whom, like=UUIDS)[:12]:
        for kind in ("DocumentReference", "List", "AuditEvent"):
            said = [
                software.fhir("GET", f"/{kind}/{each}").content.decode().replace(each, "ID")
                for each in (theirs, str(uuid4()))
            ]
            assert said[0] == said[1]


@pytest.fixture
def untouched(land: Land) -> Callable[[list[Person]], None]:
    """Check that nothing of these people has changed, whatever table it is in."""
    watched = ("record_", "messaging_", "accounts_", "identity_")
    but = ("record_outbox", "record_firstaccess", "accounts_notification", "record_reading")

    def picture() -> dict[tuple[str, str], str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND column_name = 'patient_id'"
            )
            tables = [name for (name,) in cursor.fetchall()]
            seen = {}
            for table in tables:
                if table.startswith(watched) and table not in but:
                    cursor.execute(
                        "SELECT patient_id::text, md5(string_agg(line::text, '' ORDER BY"  # noqa: S608 - our own names
                        f" line::text)) FROM {table} AS line GROUP BY 1"
                    )
                    seen |= {(table, patient): digest for patient, digest in cursor.fetchall()}
            return seen

    before = picture()

    def check(people: list[Person]) -> None:
        names = {str(each.patient_id) for each in people}
        after = picture()
        changed = {
            key
            for key in before.keys() | after.keys()
            if key[1] in names and before.get(key) != after.get(key)
        }
        assert not changed

    return check


def changes(whom: Person, ids: list[str]) -> Iterator[Operation]:
    for each in ids:
        for new in (Status.DEPRECATED, Status.DELETED, Status.ARCHIVED):
            yield StatusUpdate(EntryUuid.of(UUID(each)), Status.APPROVED, new)


def test_nothing_of_another_is_changed(
    land: Land, software: Software, untouched: Callable[[list[Person]], None]
) -> None:
    strangers = others(land, software)
    for whom in strangers:
        lot = land.crowd.lot(software.about, Audience.EVERYBODY).submission.submission_set
        ids = land.judge.register.of(whom, like=UUIDS)[:8]
        for operation in changes(whom, ids):
            lot = replace(lot, unique_id=world.new_oid())
            payload = iti57.write_update(UpdateRequest(lot, (operation,)))
            answer = software.soap("registry", iti57.ACTION, payload)
            land.judge.look(software, "ITI-57", payload.decode(), answer)
        for kind in (
            AssociationType.RPLC,
            AssociationType.APND,
            AssociationType.XFRM,
            AssociationType.HAS_MEMBER,
        ):
            for each in ids:
                request = linked(land, software.about, kind, each)
                payload, attachments = iti41.write(request)
                answer = software.soap("repository", iti41.ACTION, payload, attachments)
                land.judge.look(software, "ITI-41", payload.decode(), answer)
        for body in (
            [{"op": "replace", "path": "/status", "value": "entered-in-error"}],
            [{"op": "replace", "path": "/status", "value": "superseded"}],
        ):
            for each in ids:
                answer = software.fhir(
                    "PATCH",
                    f"/DocumentReference/{each}",
                    json.dumps(body).encode(),
                    "application/json-patch+json",
                )
                land.judge.look(software, "PATCH", each, answer)
    untouched(strangers)


def linked(land: Land, about: Person, kind: AssociationType, target: str) -> iti41.ProvideRequest:
    """A new document of one's patient, linked to what is another's."""
    request = land.crowd.lot(about, Audience.EVERYBODY)
    (document,) = request.submission.documents
    source = (
        request.submission.submission_set.id if kind is AssociationType.HAS_MEMBER else document.id
    )
    link = Association(kind, source, EntryUuid.of(UUID(target)), "link")
    associations = (*request.submission.associations, link)
    return replace(request, submission=replace(request.submission, associations=associations))


def test_no_service_about_people_tells_of_another(land: Land, software: Software) -> None:
    for whom in (software.about, *others(land, software)):
        query = PatientQuery(frame(), QUERY_ID, whom.ins)
        traits = TraitsQuery(frame(), QUERY_ID, family=whom.word()[:-1], given=whom.stem)
        actions = {operation.name: operation.actions[0] for operation in OPERATIONS}
        asked = [
            ("patients", td02.ACTION, td02.write_query(query)),
            ("patients", patient_query.ACTION, td13a.write_query(query)),
            ("patientsPDQ", td05.ACTION, td05.write_query(traits)),
            (
                "habilitations",
                actions["listAuthorizationByPatient"],
                habilitations.write_request(ListAuthorizations(AuthorizationMode.TOUTE)),
            ),
        ]
        # Who the patient of the VIHF is may be told to who asks about them.
        known = replace(software, readable=[*software.readable, software.about])
        for service, action, payload in asked:
            answer = software.soap(service, action, payload)
            land.judge.look(known, service, payload.decode(), answer)
    for owner in ("", READER.ps_idnat, VISITOR.ps_idnat):
        payload = habilitations.write_request(ListPatients(ps_owner_id=owner))
        answer = software.soap("patientsSpecific", actions["patientList"], payload)
        mine = [land.crowd[n] for n in ((*range(20),) if "hospital" in software.name else ())]
        if software.vihf.name_id == READER.ps_idnat:
            mine = [land.crowd[number] for number in range(20)]
        if software.vihf.name_id == VISITOR.ps_idnat:
            mine = [land.crowd[number] for number in (0, 1, 30)]
        known = replace(software, readable=[*software.readable, *mine])
        land.judge.look(known, "patientsSpecific", owner, answer)


# FHIR


def searched(parameter: Parameter, whom: Person, ids: list[str]) -> list[str]:
    """What this parameter may be asked about somebody."""
    token = f"urn:oid:{whom.ins.oid}|{whom.ins.matricule}"
    if parameter.field == "patient":
        return [token, f"Patient?identifier={token}", f"Patient/{whom.patient_id}"]
    if parameter.field in ("id", "relates_to"):
        return [
            f"DocumentReference/{each}" if "relates" in parameter.name else each for each in ids
        ]
    if parameter.field == "identifier":
        return [f"urn:ietf:rfc:3986|urn:uuid:{each}" for each in ids]
    if parameter.kind is Kind.DATE:
        return ["ge2020-01-01"]
    return [whom.word(), f"|{whom.word()}"]


@pytest.mark.parametrize(
    ("resource", "parameter"),
    [(resource, each) for resource, held in PARAMETERS.items() for each in held],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
def test_no_search_tells_of_another(land: Land, resource: str, parameter: Parameter) -> None:
    every = softwares(land)
    for software in (every[name] for name in NAMES[:3] + NAMES[6:7]):
        about = f"urn:oid:{software.about.ins.oid}|{software.about.ins.matricule}"
        for whom in (software.about, *others(land, software)):
            ids = land.judge.register.of(whom, like=UUIDS)[:4]
            names = land.judge.register.of(whom, like=OIDS)[:1]
            for value in [*searched(parameter, whom, ids), *names]:
                pairs = [("date", "ge2020-01-01"), (parameter.name, value)]
                for said in ([("patient.identifier", about), *pairs], pairs):
                    path = f"/{resource}?{urlencode(said)}"
                    answer = software.fhir("GET", path)
                    land.judge.look(software, path, (said, about), answer)
                    assert_counts_nothing(software, whom, parameter, answer)


def assert_counts_nothing(
    software: Software, whom: Person, parameter: Parameter, answer: HttpResponse
) -> None:
    """The words of another are in nothing that is found, nor counted."""
    if whom is software.about or answer.status_code != 200 or parameter.kind is not Kind.STRING:
        return
    found = json.loads(answer.content)
    assert found.get("total", 0) == 0
    assert not [each for each in found.get("entry", ()) if each["search"]["mode"] == "match"]


def test_a_link_to_the_next_page_gives_nothing_to_another_session(land: Land) -> None:
    every = softwares(land)
    owner = every["a physician"]
    about = f"urn:oid:{owner.about.ins.oid}|{owner.about.ins.matricule}"
    links = []
    for resource in ("DocumentReference", "List", "AuditEvent"):
        said = {"patient.identifier": about, "date": "ge2020-01-01", "_count": "1"}
        answer = owner.fhir("GET", f"/{resource}?{urlencode(said)}")
        land.judge.look(owner, resource, said, answer)
        bundle = json.loads(answer.content)
        links += [each["url"] for each in bundle["link"] if each["relation"] == "next"]
    assert links
    for thief in every.values():
        if thief is owner:
            continue
        theirs = f"urn:oid:{thief.about.ins.oid}|{thief.about.ins.matricule}"
        for link in links:
            for url in (
                link,
                link.replace(urlencode({"": about})[1:], urlencode({"": theirs})[1:]),
            ):
                land.judge.look(thief, "next page", (url, about, theirs), thief.fhir("GET", url))


@pytest.mark.parametrize("resource", ["DocumentReference", "List", "AuditEvent", "Binary"])
def test_nothing_of_another_is_read_by_its_id(
    land: Land, software: Software, resource: str
) -> None:
    for whom in others(land, software):
        for each in land.judge.register.of(whom)[::6]:
            answer = software.fhir("GET", f"/{resource}/{each}")
            land.judge.look(software, f"{resource}/id", each, answer)
            assert answer.status_code >= 400
    for each in land.judge.register.of(software.about)[::6]:
        answer = software.fhir("GET", f"/{resource}/{each}")
        land.judge.look(software, f"{resource}/id", each, answer)


# Pages


def readers(land: Land) -> list[Asker]:
    """Those who come in a browser, all of them in."""
    return list(_readers(land))


def _readers(land: Land) -> Iterator[Asker]:
    crowd = land.crowd
    hidden = (Audience.NOT_THE_PATIENT,)
    yield Asker("nobody", ())
    yield Asker("a citizen", (crowd[0],), hidden, signed_in(crowd[0]))
    parent = signed_in(crowd[50])
    yield Asker("a parent at home", (crowd[50], crowd[51]), hidden, parent)
    parent = signed_in(crowd[50])
    assert parent.post("/espace/", {"patient": crowd[51].patient_id}).status_code == 302
    # The parent's own things are theirs to see, also what representatives may not.
    yield Asker("a parent in the child's space", (crowd[50], crowd[51]), hidden, parent)
    for software in (softwares(land)["a physician"], softwares(land)["a physician of elsewhere"]):
        yield visiting(software)


def visiting(software: Software) -> Asker:
    """A physician whom their software sent to the pages of consultation."""
    context = replace(software.vihf, id=f"_{uuid4()}")
    issued = software.signer.signature
    signed = sign(context, key_pem=issued.key_pem, certificate_pem=issued.cert_pem)
    browser = Client()
    answer = browser.post("/AccesDirect/Documents/", {"VIHF": base64.b64encode(signed).decode()})
    assert answer.status_code == 302, answer.content
    return Asker(f"{software.name}, visiting", software.readable, software.hidden, browser)


_PLACE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<\w+>[^/]*\)(?=/)")


def addresses() -> Iterator[str]:
    """Every address of the national wing, its places as `{}`."""

    def within(resolver: URLResolver, before: str) -> Iterator[str]:
        for each in resolver.url_patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLPattern):
                yield _PLACE.sub("{}", route).replace("^", "").replace("$", "")
            else:
                yield from within(each, route)

    yield from within(get_resolver(), "/")


@pytest.mark.parametrize("address", sorted(set(addresses())))
def test_no_address_tells_of_another(land: Land, address: str) -> None:
    chance = random.Random(address)
    for asker in readers(land):
        for whom in (land.crowd[1], land.crowd[77]):
            every = land.judge.register.of(whom)
            names = chance.sample(every, min(len(every), 6)) if "{}" in address else [""]
            for name in names:
                path = address.replace("{}", name, 1).replace("{}", "0")
                for method in ("get", "post"):
                    if "deconnexion" in path or "quitter" in path:
                        continue
                    answer = getattr(asker.browser, method)(path, {"patient": str(whom.patient_id)})
                    land.judge.look(asker, f"{method} {address}", (path, whom.patient_id), answer)
                    assert_protected(path, answer)


def assert_protected(path: str, answer: HttpResponse) -> None:
    """Whatever is answered: not sniffed, not framed, kept by nobody on its way."""
    of_software = path.startswith(("/si-dmp-server/", "/ihe/")) or path == "/lps"
    if of_software or answer.status_code in (301, 302):
        return
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff", path
    if headers.get("Content-Type", "").startswith("text/html"):
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Frame-Options"] == "DENY", path
        assert headers["Referrer-Policy"] == "same-origin", path
    if answer.status_code == 200:
        assert re.search("no-store|no-cache", headers.get("Cache-Control", "")), path


def test_every_document_of_another_is_no_page_of_mine(land: Land) -> None:
    for asker in readers(land):
        for whom in (land.crowd[1], land.crowd[77]):
            for name in land.judge.register.of(whom, like=f"{UUIDS}|{OIDS}")[:60:5]:
                for path in (
                    f"/documents/{name}/",
                    f"/documents/{name}/original",
                    f"/documents/{name}/fichier",
                    f"/messages/{name}/",
                    f"/messages/piece/{name}/0",
                    f"/consultation/{name}/",
                    f"/consultation/{name}/original/",
                ):
                    answer = asker.browser.get(path)
                    land.judge.look(asker, path, path, answer)
                    assert answer.status_code in (302, 403, 404), path


@pytest.mark.parametrize(
    "field",
    [
        "mots",
        "categorie",
        "annee",
        "type",
        "auteur",
        "etablissement",
        "specialite",
        "avant",
        "apres",
    ],
)
def test_no_search_in_the_space_finds_what_is_anothers(land: Land, field: str) -> None:
    for asker in readers(land):
        for whom in (land.crowd[1], land.crowd[77]):
            owner = signed_in(whom)
            theirs = [whom.word(), *stolen(owner)]
            for value in theirs:
                for beside in ({}, {"mots": "suivi"}):
                    said = {**beside, field: value}
                    answer = asker.browser.get("/documents/", said)
                    land.judge.look(asker, f"/documents/?{field}", said, answer)


def stolen(owner: Client) -> list[str]:
    """The addresses of facets and pages that a page of somebody holds."""
    page = owner.get("/documents/", {"mots": "suivi"}).content.decode()
    return re.findall(r"(?:apres|avant|auteur|type|etablissement)=([^&\"]{1,80})", page)


def test_the_pages_of_somebody_hold_their_own_things(land: Land) -> None:
    """The test finds what is there to be found."""
    _nobody, citizen, *_others = readers(land)
    before = land.judge.own
    for path in ("/", "/documents/", "/documents/?mots=suivi", "/messages/", "/acces/"):
        land.judge.look(citizen, path, "", citizen.browser.get(path))
    page = citizen.browser.get("/acces/preuve")
    land.judge.look(citizen, "receipt", "", page)
    assert land.judge.own - before > 20
    hidden = Audience.NOT_THE_PATIENT
    assert land.crowd[0].word(hidden) not in page.content.decode()


def test_the_exchange_log_is_closed_without_its_link(land: Land, settings: Any) -> None:
    settings.CARNET_EXCHANGES_HOURS = 1
    software = softwares(land)["a physician"]
    query = iti18.FindDocuments(software.about.ins.cx, (Status.APPROVED,))
    answer = software.soap("registry", iti18.ACTION, iti18.write(query))
    answer.remember()  # as when the server has sent it
    kept = Exchange.objects.latest("at")
    for asker in readers(land):
        for path in ("", f"{kept.id}/", f"{kept.id}/answer/", f"{kept.id}/request/"):
            page = asker.browser.get(f"/echanges/{path}")
            land.judge.look(asker, "exchanges", path, page)
            assert page.status_code == 403
