"""The stand-in providers of the demonstration: who may use them, by which door, who one may be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from carnet.national.doors.signin import clients, providers
from carnet.ops import front, signin
from carnet.ops.home import Home, HomeError
from carnet.ops.region import personas
from carnet.ops.region.people import population
from carnet.ops.wiring import Addresses
from carnet.standards.openid import Professional

ADDRESSES = Addresses(8000, 8010, 8020, 8443, 8025, 2575)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.secrets.mkdir()
    return home


def test_our_clients_follow_the_ports_and_those_added_by_hand_stay(home: Home) -> None:
    signin.write_clients(home, ADDRESSES)
    listed = json.loads(home.signin_clients.read_text(encoding="utf-8"))
    listed["clients"].append({"client_id": "mien", "provider": "psc", "secret": "x" * 16})
    home.signin_clients.write_text(json.dumps(listed), encoding="utf-8")
    signin.write_clients(home, Addresses(1, 9010, 2, 3, 4, 5))
    known = clients.read(home.signin_clients.read_text(encoding="utf-8"))
    assert ("psc", "mien") in known
    desk = known["psc", "carnet-passerelle"]
    assert desk.redirect_uris == ("http://127.0.0.1:9010/connexion/psc/retour/",)
    assert home.signin_clients.stat().st_mode & 0o077 == 0


def test_a_file_broken_by_hand_is_told_and_left(home: Home) -> None:
    home.signin_clients.write_text("{", encoding="utf-8")
    with pytest.raises(HomeError, match="signin-clients"):
        signin.write_clients(home, ADDRESSES)
    assert home.signin_clients.read_text(encoding="utf-8") == "{"


def described(tmp_path: Path, port: int | None) -> dict[str, Any]:
    path = tmp_path / "x"
    asked = front.Front(1, 2, 3, (path,), (path,), path, path, path, signin_port=port)
    servers: dict[str, Any] = front.configuration(asked)["apps"]["http"]["servers"]
    return servers


def test_the_stand_ins_have_a_listener_of_their_own_and_no_other(tmp_path: Path) -> None:
    servers = described(tmp_path, 8020)
    assert front.SIGNIN_PATHS == providers.PATHS
    assert set(providers.PATHS) <= set(servers["signin"]["routes"][0]["match"][0]["path"])
    hidden = servers["space"]["routes"][0]
    assert set(providers.PATHS) <= set(hidden["match"][0]["path"])
    assert hidden["handle"] == [{"handler": "static_response", "status_code": 404}]
    assert "signin" not in described(tmp_path, None)


def test_the_professionals_one_may_be_have_every_shape_of_the_claims() -> None:
    """R-025."""
    known = [identity for identity, _what in personas.professionals()]
    assert [Professional.read(each.claims()) for each in known] == known
    assert max(Counter(each.idnat for each in known).values()) == 1
    professions = {each.exercices[0].profession for each in known}
    assert {"10", "60", "50", "21", "40", "200", ""} <= professions
    assert any(len(each.situations) > 1 for each in known)
    assert any(not each.situations for each in known)
    assert any(each.exercices[0].category == "E" for each in known)
    assert any(each.regulates for each in known)
    assert {"EDIT", "RPPS"} <= {origin for each in known for _value, origin in each.other_ids}
    assert all("99" in each.idnat for each in known if each.idnat.startswith("8"))


def test_a_citizen_born_abroad_has_a_country_and_no_town() -> None:
    born = {each.birth_place[:2] == "99": personas.pivot(each) for each in population()}
    assert (born[True]["birthplace"], born[True]["birthcountry"][:2]) == ("", "99")
    assert (born[False]["birthcountry"], len(born[False]["birthplace"])) == ("99100", 5)
