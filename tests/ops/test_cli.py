import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carnet.ops import cli, signin, wiring
from carnet.ops.home import Home
from carnet.ops.pki import Authority
from carnet.ops.wiring import Addresses, Certificates
from carnet.standards import certificates

WINGS = ("national", "establishment")


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return wiring.certificates(Authority.create(tmp_path_factory.mktemp("pki"), datetime.now(UTC)))


@pytest.fixture
def environments(tmp_path: Path, held: Certificates) -> dict[str, dict[str, str]]:
    addresses = Addresses(8000, 8010, 8020, 8443, 8025, 2575)
    with Home(tmp_path / "home") as home:
        home.whitelist.touch()
        signin.write_clients(home, addresses)
        return {
            "national": wiring.national_environment(home, addresses, held, "postgresql:///n"),
            "establishment": wiring.establishment_environment(
                home, addresses, held, "postgresql:///e"
            ),
        }


def carnet(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        wiring.carnet_command(*arguments),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("wing", WINGS)
def test_a_service_without_settings_names_each_variable_and_ends_with_2(wing: str) -> None:
    ended = carnet(wiring.inherited(), "serve", f"{wing}-web")
    assert ended.returncode == 2
    for name in ("DATABASE_URL", "CARNET_SECRET_KEY", "CARNET_TRUST_CA"):
        assert f"- {name} is not set: it expects " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("wing", WINGS)
def test_the_environment_of_the_demonstration_satisfies_the_settings(
    environments: dict[str, dict[str, str]], wing: str
) -> None:
    code = (
        f"import carnet.ops.settings.{wing} as s\n"
        "print(s.DATABASES['default']['NAME'], s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_SECURE)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environments[wing],
        capture_output=True,
        text=True,
        check=False,
    )
    site = {"national": "space", "establishment": "desk"}[wing]
    assert ended.stdout.split() == [wing[0], f"carnet_{site}_session", "False"], ended.stderr


@pytest.mark.parametrize("wing", WINGS)
def test_a_wrong_value_is_refused_by_name_and_expectation(
    environments: dict[str, dict[str, str]], wing: str
) -> None:
    wrong = environments[wing] | {"CARNET_LOG_LEVEL": "LOUD"}
    ended = carnet(wrong, "manage", wing, "check")
    assert ended.returncode == 2
    assert "CARNET_LOG_LEVEL is 'LOUD': it expects one of DEBUG, INFO" in ended.stderr


def test_on_https_the_cookies_are_secure_and_bound_to_the_host(
    environments: dict[str, dict[str, str]],
) -> None:
    code = (
        "import carnet.ops.settings.national as s\n"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_SECURE)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env=environments["national"] | {"CARNET_SPACE_URL": "https://espace.example"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.split() == ["__Host-carnet_space_session", "True"], ended.stderr


def test_a_place_to_listen_that_makes_no_sense_is_refused(
    environments: dict[str, dict[str, str]],
) -> None:
    wrong = environments["national"] | {"CARNET_WEB_LISTEN": "somewhere"}
    ended = carnet(wrong, "serve", "national-web")
    assert ended.returncode == 2
    assert "CARNET_WEB_LISTEN is 'somewhere'" in ended.stderr


def test_no_secret_is_in_the_environment_of_a_process(
    environments: dict[str, dict[str, str]],
) -> None:
    for environment in environments.values():
        home = Path(environment["CARNET_HOME"])
        secrets = [path.read_text() for path in (home / "secrets").iterdir()]
        assert secrets
        assert not set(secrets) & set(environment.values())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home where a demonstration has run."""
    with Home(tmp_path / "ran") as home:
        Authority.create(home.pki, datetime.now(UTC))
    return home.folder


ISSUE = ("issue", "org-auth-cli", "mon-logiciel", "--structure", "1990000018")


def test_a_certificate_is_issued_for_ones_own_software(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["pki", "--home", str(home), *ISSUE, "--organisation", "Éditeur"]) == 0
    certificate, key = (Path(line) for line in capsys.readouterr().out.splitlines())
    read = certificates.read(certificate.read_bytes())
    assert (read.common_name, read.struct_idnat) == ("mon-logiciel", "1990000018")
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_certificate_is_revoked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(["pki", "--home", str(home), *ISSUE, "--organisation", "Éditeur"])
    certificate = capsys.readouterr().out.splitlines()[0]
    before = (home / "pki" / "crl.pem").read_bytes()
    assert cli.main(["pki", "--home", str(home), "revoke", certificate]) == 0
    assert (home / "pki" / "crl.pem").read_bytes() != before


def test_a_home_without_authority_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["pki", "--home", str(tmp_path), *ISSUE, "--organisation", "Éditeur"]) == 1
    assert "no certificate authority" in capsys.readouterr().err


def test_an_unknown_process_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "the-moon"])
    assert ended.value.code == 2
