import base64
from pathlib import Path

import pytest

from carnet.ops.settings.environment import ConfigurationError, Environment

SECRET = "0123456789abcdef0123456789abcdef"
KEY = base64.b64encode(bytes(range(32))).decode()


def refusal(read, **values):
    """The one problem that a reader finds."""
    environment = Environment(values)
    read(environment)
    with pytest.raises(ConfigurationError) as caught:
        environment.refuse_if_wrong()
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (lambda e: e.text("X"), " words ", "words"),
        (lambda e: e.text("X", "else"), "", "else"),
        (lambda e: e.choice("X", ("A", "B")), "B", "B"),
        (lambda e: e.boolean("X"), "Yes", True),
        (lambda e: e.boolean("X", False), "", False),
        (lambda e: e.integer("X", least=1, most=9), "9", 9),
        (lambda e: e.integer("X", 4, least=1, most=9), "", 4),
        (lambda e: e.port("X"), "8000", 8000),
        (lambda e: e.oid("X"), "1.2.250.1.213", "1.2.250.1.213"),
        (lambda e: e.words("X"), "a, b,", ["a", "b"]),
        (lambda e: e.words("X", ("a",)), "", ["a"]),
        (lambda e: e.pairs("X", expects="pairs"), "1=one; 2=a=b;", {"1": "one", "2": "a=b"}),
        (lambda e: e.pairs("X", expects="pairs"), "", {}),
        (lambda e: e.address("X", schemes=("https",)), "https://h:1/p/", "https://h:1/p"),
        (lambda e: e.secret("X"), SECRET, SECRET),
        (lambda e: e.keys("X"), KEY, (bytes(range(32)),)),
        (lambda e: e.keys("X"), f"{KEY}\n{KEY}", (bytes(range(32)),) * 2),
        (lambda e: e.folder_or_bucket("X"), "s3://bucket/here", "s3://bucket/here"),
        (lambda e: e.folder_or_bucket("X"), "/", Path("/")),
        (lambda e: e.socket("X"), "unix:/run/clamd", "unix:/run/clamd"),
        (lambda e: e.socket("X"), "localhost:3310", "localhost:3310"),
    ],
)
def test_a_good_value_is_read(read, value, expected):
    environment = Environment({"X": value})
    assert read(environment) == expected
    environment.refuse_if_wrong()


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda e: e.choice("X", ("A", "B")), "C"),
        (lambda e: e.boolean("X"), "maybe"),
        (lambda e: e.integer("X", least=1, most=9), "10"),
        (lambda e: e.integer("X", least=1, most=9), "-1"),
        (lambda e: e.integer("X", least=1, most=9), "١"),
        (lambda e: e.port("X"), "65536"),
        (lambda e: e.oid("X"), "1.2.0250"),
        (lambda e: e.file("X", expects="a file"), "/nowhere/at/all"),
        (lambda e: e.file("X", expects="a file"), "relative"),
        (lambda e: e.folder("X"), "/nowhere/at/all"),
        (lambda e: e.pairs("X", expects="pairs"), "1=one;two"),
        (lambda e: e.address("X", schemes=("https",)), "http://host"),
        (lambda e: e.address("X", schemes=("https",)), "https://host:port"),
        (lambda e: e.secret("X"), "short"),
        (lambda e: e.socket("X"), "localhost"),
        (lambda e: e.socket("X"), "unix:clamd"),
        (lambda e: e.folder_or_bucket("X"), "s3://"),
        (lambda e: e.folder_or_bucket("X"), "s3://bucket?x=1"),
        (lambda e: e.folder_or_bucket("X"), "/nowhere/at/all"),
        (lambda e: e.keys("X"), base64.b64encode(bytes(24)).decode()),
        (lambda e: e.database("X"), "mysql://host/base"),
        (lambda e: e.database("X"), "postgresql://host"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(read, value):
    problem = refusal(read, X=value)
    assert problem.startswith("X is ")
    assert "expects" in problem


@pytest.mark.parametrize(
    "read",
    [
        lambda e: e.text("X"),
        lambda e: e.choice("X", ("A",)),
        lambda e: e.boolean("X"),
        lambda e: e.integer("X", least=1, most=9),
        lambda e: e.oid("X"),
        lambda e: e.file("X", expects="a file"),
        lambda e: e.folder("X"),
        lambda e: e.address("X", schemes=("https",)),
        lambda e: e.secret("X"),
        lambda e: e.keys("X"),
        lambda e: e.folder_or_bucket("X"),
        lambda e: e.database("X"),
    ],
)
def test_a_missing_variable_is_told_once(read):
    assert refusal(read).startswith("X is not set: it expects ")


@pytest.mark.parametrize("read", [lambda e: e.secret("X"), lambda e: e.keys("X")])
def test_a_wrong_secret_is_not_shown(read):
    assert "hunter2" not in refusal(read, X="hunter2")


def test_a_wrong_database_url_does_not_show_its_password():
    assert "hunter2" not in refusal(lambda e: e.database("X"), X="mysql://me:hunter2@host/base")


def test_a_secret_is_read_from_its_file(tmp_path):
    (tmp_path / "secret").write_text(SECRET + "\n")
    environment = Environment({"X_FILE": str(tmp_path / "secret")})
    assert environment.secret("X") == SECRET


def test_a_secret_whose_file_is_missing_is_refused(tmp_path):
    assert "X_FILE" in refusal(lambda e: e.secret("X"), X_FILE=str(tmp_path / "none"))


def test_a_folder_may_be_a_file_url(tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    environment = Environment({"X": folder.as_uri()})
    assert environment.folder("X") == folder


def test_a_database_url_becomes_an_entry_of_its_server():
    url = "postgresql://me:pass%40word@host:5433/base?sslmode=require"
    entry = Environment({"X": url}).database("X")
    assert (entry["HOST"], entry["PORT"], entry["NAME"], entry["PASSWORD"]) == (
        "host",
        "5433",
        "base",
        "pass@word",
    )
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert entry["OPTIONS"]["server_side_binding"]


def test_connections_are_shared_or_kept_never_both():
    environment = Environment({"X": "postgresql://host/base"})
    shared, kept = environment.database("X"), environment.database("X", pool=False)
    assert (shared["CONN_MAX_AGE"], "pool" in shared["OPTIONS"]) == (0, True)
    assert kept["CONN_MAX_AGE"] > 0
    assert "pool" not in kept["OPTIONS"]


def test_all_problems_are_told_together():
    environment = Environment({"PORT": "none"})
    environment.port("PORT")
    environment.text("NAME")
    with pytest.raises(ConfigurationError, match=r"(?s)PORT.*NAME"):
        environment.refuse_if_wrong()


def test_an_affinity_domain_is_a_file_of_codes_that_can_be_read(tmp_path: Path) -> None:
    good, bad = tmp_path / "codes.xml", tmp_path / "bad.xml"
    good.write_text('<Codes><CodeType name="classCode"/></Codes>', "utf-8")
    bad.write_text("<Code/>", "utf-8")
    assert Environment({}).affinity_domain("CODES") is None
    for file, problems in ((good, 0), (bad, 1), (tmp_path / "none.xml", 1)):
        environment = Environment({"CODES": str(file)})
        assert environment.affinity_domain("CODES") == file
        assert len(environment.problems) == problems


def test_the_members_of_a_domain_are_a_file_of_distinguished_names(tmp_path: Path) -> None:
    good, bad, empty = tmp_path / "members", tmp_path / "bad", tmp_path / "empty"
    good.write_text("# the hospital\n\nCN=H\\C3\\B4pital,O=GH\\, Paris,C=FR\n", "utf-8")
    bad.write_text("the hospital\n", "utf-8")
    empty.write_text("# nobody yet\n", "utf-8")
    assert Environment({}).distinguished_names("MEMBERS") is None
    environment = Environment({"MEMBERS": str(good)})
    assert environment.distinguished_names("MEMBERS") == {"CN=Hôpital,O=GH\\, Paris,C=FR"}
    assert environment.problems == []
    for file in (bad, empty, tmp_path / "none"):
        environment = Environment({"MEMBERS": str(file)})
        assert environment.distinguished_names("MEMBERS") == frozenset()
        assert len(environment.problems) == 1
