"""Who asks, each by name: software about somebody, and people in a browser."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.test import Client

from carnet.standards.vihf import sign
from carnet.standards.vihf.assertion import Purpose
from tests.national import certificates, world
from tests.national.leaks.askers import Asker, Judge, Signer, Software, physician, signed_in
from tests.national.leaks.crowd import READER, VISITOR, Audience, Crowd, Person

UUIDS = r"[0-9a-f]{8}-.*"
OIDS = r"[0-9.]+\.[0-9.]+"
MASKED = (Audience.NOT_PROFESSIONALS,)


@dataclass(frozen=True)
class Land:
    """The people, what tells of each, the houses that call, and who is in already."""

    crowd: Crowd
    judge: Judge
    softwares: Mapping[str, Software]
    cookies: Mapping[str, SimpleCookie]
    documents: Path


def softwares(crowd: Crowd, hospital: Signer, clinic: Signer) -> dict[str, Software]:
    """Who calls by software, about whom."""
    own, other, stranger = crowd[0], crowd[30], crowd[31]

    def made(name: str, vihf: Any, about: Person, *readable: Person, **options: Any) -> Software:
        signer = hospital if vihf.structure == world.SITE else clinic
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


def others(land: Land, asker: Software) -> list[Person]:
    """Somebody whom the same physicians may read, and somebody whom nobody may."""
    return [each for each in (land.crowd[1], land.crowd[77]) if each is not asker.about]


def entered(software: Mapping[str, Software], crowd: Crowd) -> dict[str, SimpleCookie]:
    """The cookies of those who come in a browser, all of them in."""
    child = signed_in(crowd[50])
    assert child.post("/espace/", {"patient": crowd[51].patient_id}).status_code == 302
    browsers = {
        "a citizen": signed_in(crowd[0]),
        "a parent at home": signed_in(crowd[50]),
        "a parent in the child's space": child,
        **{name: visiting(software[name]) for name in NAMES[:2]},
    }
    return {name: browser.cookies for name, browser in browsers.items()}


def readers(land: Land) -> list[Asker]:
    """Those who come in a browser, as they were when they came in."""
    crowd = land.crowd
    hidden = (Audience.NOT_THE_PATIENT,)
    family = (crowd[50], crowd[51])
    own = [
        Asker("a citizen", (crowd[0],), hidden),
        Asker("a parent at home", family, hidden),
        # The parent's own things are theirs to see, also what representatives may not.
        Asker("a parent in the child's space", family, hidden),
        *(
            Asker(name, land.softwares[name].readable, land.softwares[name].hidden)
            for name in NAMES[:2]
        ),
    ]
    for each in own:
        each.browser.cookies = deepcopy(land.cookies[each.name])
    return [Asker("nobody", ()), *own]


def visiting(software: Software) -> Client:
    """A physician whom their software sent to the pages of consultation."""
    context = replace(software.vihf, id=f"_{uuid4()}")
    issued = software.signer.signature
    signed = sign(context, key_pem=issued.key_pem, certificate_pem=issued.cert_pem)
    browser = Client()
    answer = browser.post("/AccesDirect/Documents/", {"VIHF": base64.b64encode(signed).decode()})
    assert answer.status_code == 302, answer.content
    return browser
