"""Who calls, and as what: a claim of the VIHF is held against the directory and the mode."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from carnet.national.directory import actions as directory
from carnet.national.directory.models import Exercise, Professional, Qualification, Structure
from carnet.national.directory.remembered import forget
from carnet.national.doors.calls import CallRefused, open_context, open_session
from carnet.national.journal import actions as journal
from carnet.national.journal import actors
from carnet.national.record.rules import Act, Authorisation, RecordFacts, decide
from carnet.standards import certificates as reading
from carnet.standards.ids import Ins, PsIdNat, StructIdNat
from carnet.standards.vihf import Mode, Vihf
from carnet.standards.vihf.assertion import Purpose
from carnet.standards.xds.metadata import Code
from tests.national import certificates, world
from tests.national.certificates import Papers

pytestmark = pytest.mark.django_db

WHO = world.PHYSICIAN_READER
G15, R01 = world.PHYSICIAN.scheme, world.GENERAL_PRACTICE.scheme
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
NURSE = Code("60", G15, "Infirmier")
OCCUPATIONAL = Code("SM25", R01, "Médecine du travail (SM)")
ELSEWHERE = StructIdNat("1690000001")
SECRETARY = Code("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6", "Secrétariat médical")
MODES: dict[str, dict[str, Any]] = {
    "a card": {"mode": Mode.DIRECTE},
    "AIR": {"mode": Mode.INDIRECTE_RENFORCEE, "authn_decl": f"{CLASSES}SmartcardPKI"},
    "AIR simplifié": {"mode": Mode.INDIRECTE_RENFORCEE, "authn_decl": "CONF_EXI_PGSSIS"},
}
every_mode = pytest.mark.parametrize("mode", MODES)


def register(**changed: Any) -> None:
    facts: dict[str, Any] = {
        "family_name": "DURAND",
        "given_name": "Camille",
        "title": "Dr",
        "profession": world.PHYSICIAN,
        "specialty": world.GENERAL_PRACTICE,
        "structures": [world.SITE],
        **changed,
    }
    directory.register_professional(world.TESTS, PsIdNat(WHO.ps_idnat), now=world.NOW, **facts)


@pytest.fixture
def person(trusting: Papers) -> tuple[UUID, Ins]:
    world.make_hospital()
    return world.make_patient()


@pytest.fixture
def listed(person: Any) -> None:
    """The directory knows the physician who calls, at the hospital's site."""
    register()


def claim(mode: str, **changed: Any) -> Vihf:
    return certificates.vihf(**{"patient": None, "name_id": WHO.ps_idnat, **MODES[mode], **changed})


def opened(papers: Papers, vihf: Vihf) -> actors.Professional:
    issued = papers.card_client if vihf.mode is Mode.DIRECTE else papers.client
    der = x509.load_pem_x509_certificate(issued.cert_pem).public_bytes(Encoding.DER)
    assertion = certificates.signed(papers, vihf)
    session = open_session(reading.read(der), assertion, now=datetime.now(UTC))
    assert isinstance(session.caller, actors.Professional)
    return session.caller


def refused(papers: Papers, vihf: Vihf) -> str:
    with pytest.raises(CallRefused) as caught:
        opened(papers, vihf)
    return caught.value.code


# What the directory contradicts (spec dmp §4.4, 6)


@every_mode
def test_a_claim_that_the_directory_bears_out_opens(
    trusting: Papers, listed: None, mode: str
) -> None:
    caller = opened(trusting, claim(mode))
    assert (caller.profession, caller.specialty) == (world.PHYSICIAN, world.GENERAL_PRACTICE)
    assert caller.is_listed


FORGED = {
    "another profession": (NURSE,),
    "a savoir-faire of others": (world.PHYSICIAN, Code("SM04", R01)),
    "a savoir-faire of others beside one's own": (
        world.PHYSICIAN,
        world.GENERAL_PRACTICE,
        Code("SM42", R01),
    ),
    "a physician in training": (Code("10", "1.2.250.1.71.1.2.8"),),
    "a role that is no profession": (SECRETARY,),
}


@every_mode
@pytest.mark.parametrize("roles", FORGED.values(), ids=FORGED)
def test_a_forged_role_is_refused(
    trusting: Papers, listed: None, mode: str, roles: tuple[Code, ...]
) -> None:
    assert refused(trusting, claim(mode, roles=roles)) == "VIHFContradictedRole"


@every_mode
def test_a_nurse_does_not_pass_for_a_physician(trusting: Papers, person: Any, mode: str) -> None:
    register(profession=NURSE, specialty=None)
    assert refused(trusting, claim(mode)) == "VIHFContradictedRole"
    assert opened(trusting, claim(mode, roles=(NURSE,))).profession == NURSE


@every_mode
def test_a_medecin_du_travail_does_not_hide_it(trusting: Papers, person: Any, mode: str) -> None:
    register(specialty=OCCUPATIONAL)
    assert refused(trusting, claim(mode)) == "VIHFContradictedRole"


@every_mode
def test_the_line_of_another_is_of_no_help(trusting: Papers, person: Any, mode: str) -> None:
    """MAX Libre, whom `make_hospital` registers, is a physician: the nurse is not."""
    register(profession=NURSE, specialty=None)
    vihf = claim(mode, subject_id="MAX Libre")
    assert refused(trusting, vihf) == "VIHFContradictedRole"


@every_mode
def test_who_is_no_longer_active_is_refused(trusting: Papers, listed: None, mode: str) -> None:
    Professional.objects.filter(ps_idnat=WHO.ps_idnat).update(is_active=False)
    assert refused(trusting, claim(mode)) == "VIHFContradictedRole"


@every_mode
def test_a_qualification_that_has_ended_is_refused(
    trusting: Papers, listed: None, mode: str
) -> None:
    Qualification.objects.filter(kind="savoir_faire").update(is_active=False)
    assert refused(trusting, claim(mode)) == "VIHFContradictedRole"


def test_a_student_of_the_extract_is_one_in_training(trusting: Papers, listed: None) -> None:
    Qualification.objects.filter(kind="profession").update(type_code="E")
    assert refused(trusting, claim("a card")) == "VIHFContradictedRole"
    in_training = Code("10", "1.2.250.1.71.1.2.8")
    assert opened(trusting, claim("a card", roles=(in_training,))).profession == in_training


def test_a_pharmacist_has_the_section_of_their_exercise(trusting: Papers, person: Any) -> None:
    pharmacist, section = Code("21", G15), Code("D", "1.2.250.1.71.4.2.6")
    register(profession=pharmacist, specialty=None)
    vihf = claim("a card", roles=(pharmacist, section))
    assert opened(trusting, vihf).specialty == section, "of no known section: nothing contradicts"
    forget()
    Exercise.objects.filter(professional_id=WHO.ps_idnat).update(section="D")
    assert opened(trusting, claim("a card", roles=(pharmacist, section))).specialty == section
    other = (pharmacist, Code("H", section.scheme))
    assert refused(trusting, claim("a card", roles=other)) == "VIHFContradictedRole"


def test_what_closes_is_refused_within_a_second(
    trusting: Papers, listed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("carnet.national.directory.remembered.time.monotonic", lambda: now[0])
    opened(trusting, claim("a card"))
    Professional.objects.filter(ps_idnat=WHO.ps_idnat).update(is_active=False)
    now[0] += 1.01
    assert refused(trusting, claim("a card")) == "VIHFContradictedRole"


def test_the_name_in_traces_is_the_directorys(trusting: Papers, listed: None) -> None:
    assert opened(trusting, claim("AIR", subject_id="MAX Libre")).name == "Dr Camille DURAND"


# Where they exercise (spec dmp §3.12, §4.4, 5)


def test_a_card_acts_where_its_holder_exercises(trusting: Papers, listed: None) -> None:
    structures = (world.SITE, world.LEGAL_ENTITY)
    for structure in structures:
        assert opened(trusting, claim("a card", structure=structure)).structure == structure
    directory.register_structure(
        world.TESTS, ELSEWHERE, name="Clinique d'ailleurs", kind="EJ", now=world.NOW
    )
    vihf = claim("a card", structure=ELSEWHERE)
    assert refused(trusting, vihf) == "VIHFInvalidStructure"


def test_a_card_acts_nowhere_that_has_closed(trusting: Papers, listed: None) -> None:
    Structure.objects.filter(struct_idnat=world.SITE).update(is_active=False)
    assert refused(trusting, claim("a card")) == "VIHFInvalidStructure"


def test_an_exercise_that_has_ended_is_no_place_any_more(trusting: Papers, listed: None) -> None:
    directory.register_structure(
        world.TESTS, ELSEWHERE, name="Clinique d'ailleurs", kind="EJ", now=world.NOW
    )
    register(structures=[ELSEWHERE])
    assert refused(trusting, claim("a card")) == "VIHFInvalidStructure"


def test_somebody_whose_every_exercise_has_ended_acts_nowhere(
    trusting: Papers, listed: None
) -> None:
    Exercise.objects.update(is_active=False)
    assert refused(trusting, claim("a card")) == "VIHFInvalidStructure"


def test_a_substitute_of_no_known_place_acts_where_their_card_says(
    trusting: Papers, person: Any
) -> None:
    register(structures=[])
    assert opened(trusting, claim("a card")).structure == world.SITE


def test_a_structure_answers_for_who_works_in_it(trusting: Papers, person: Any) -> None:
    """EX_AIR-085: in AIR, the directory may not know yet of an exercise there."""
    directory.register_structure(
        world.TESTS, ELSEWHERE, name="Clinique d'ailleurs", kind="EJ", now=world.NOW
    )
    register(structures=[ELSEWHERE])
    assert opened(trusting, claim("AIR")).structure == world.SITE
    vihf = claim("AIR", structure=ELSEWHERE)
    assert refused(trusting, vihf) == "VIHFInvalidStructure"


# Whom the directory does not know


@every_mode
def test_who_is_unlisted_is_taken_and_the_trace_says_so(
    trusting: Papers, person: Any, mode: str
) -> None:
    caller = opened(trusting, claim(mode))
    assert not caller.is_listed
    line = journal.row(caller, "test", at=world.NOW, patient_id=None, outcome="allowed")
    assert line["details"]["unlisted"] is True


@every_mode
def test_who_is_unlisted_may_be_refused(
    trusting: Papers, person: Any, mode: str, settings: Any
) -> None:
    settings.CARNET_UNLISTED_PROFESSIONALS = "refused"
    assert refused(trusting, claim(mode)) == "VIHFContradictedRole"
    secretary = claim(mode, roles=(SECRETARY,))
    assert opened(trusting, secretary).profession == SECRETARY


# How they were proved (spec dmp §4.1, §4.3)


def test_traces_tell_air_from_air_simplifie(trusting: Papers, listed: None) -> None:
    """R-019, EX_AIR-070: mode, class and primary method stand in every line."""
    proofs = []
    for mode in MODES:
        caller = opened(trusting, claim(mode))
        line = journal.row(caller, "test", at=world.NOW, patient_id=None, outcome="allowed")
        proofs.append(line["details"]["proof"])
        assert "unlisted" not in line["details"]
    unspecified = f"{CLASSES}unspecified"
    assert proofs == [
        ["DIRECTE", unspecified],
        ["INDIRECTE_RENFORCEE", unspecified, f"{CLASSES}SmartcardPKI"],
        ["INDIRECTE_RENFORCEE", unspecified, "CONF_EXI_PGSSIS"],
    ]


@pytest.mark.parametrize("purpose", Purpose)
def test_air_simplifie_has_the_rights_of_air(
    trusting: Papers, listed: None, purpose: Purpose
) -> None:
    """R-017: spec dmp §4.3, FI-606."""
    air, simplified = (
        opened(trusting, claim(mode, purpose=purpose)) for mode in ("AIR", "AIR simplifié")
    )
    record = RecordFacts(active=True, authorisation=Authorisation.VALID)
    patient_id = uuid4()
    for act in Act:
        assert decide(air, act, patient_id, record) == decide(simplified, act, patient_id, record)
    assert not decide(simplified, Act.FEED, patient_id, record).allowed


MISMATCHES: dict[str, dict[str, Any]] = {
    "AIR simplifié with a card": {"mode": Mode.DIRECTE, "authn_decl": "CONF_EXI_PGSSIS"},
    "a card proved by a password": {"mode": Mode.DIRECTE, "authn_class": f"{CLASSES}Password"},
    "AIR proved by nothing": {"mode": Mode.INDIRECTE_RENFORCEE},
    "AIR by a method that is not told": {
        "mode": Mode.INDIRECTE_RENFORCEE,
        "authn_decl": f"{CLASSES}unspecified",
    },
    "AIR by a password": {
        "mode": Mode.INDIRECTE_RENFORCEE,
        "authn_decl": f"{CLASSES}PasswordProtectedTransport",
    },
    "AIR simplifié by a password": {
        "mode": Mode.INDIRECTE_RENFORCEE,
        "authn_decl": "CONF_EXI_PGSSIS",
        "authn_class": f"{CLASSES}Password",
    },
}


@pytest.mark.parametrize("changed", MISMATCHES.values(), ids=MISMATCHES)
def test_a_method_that_is_not_of_the_mode_is_refused(
    trusting: Papers, listed: None, changed: dict[str, Any]
) -> None:
    vihf = certificates.vihf(None, **{"name_id": WHO.ps_idnat, **changed})
    assert refused(trusting, vihf) == "VIHFInconsistentMode"


def test_an_establishment_has_no_method_of_air(trusting: Papers, listed: None) -> None:
    vihf = certificates.vihf(None, authn_decl="CONF_EXI_PGSSIS")
    assert refused(trusting, vihf) == "VIHFInconsistentMode"


# The page of consultation


@pytest.mark.parametrize("roles", FORGED.values(), ids=FORGED)
def test_a_context_with_a_forged_role_opens_no_page(
    trusting: Papers, person: tuple[UUID, Ins], roles: tuple[Code, ...]
) -> None:
    register()
    for mode in MODES:
        vihf = claim(mode, patient=person[1], roles=roles)
        with pytest.raises(CallRefused) as caught:
            open_context(certificates.signed(trusting, vihf), now=datetime.now(UTC))
        assert caught.value.code == "VIHFContradictedRole"
