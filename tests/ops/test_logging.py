import json
import logging

import pytest

from carnet.ops.logging import JsonFormatter, configuration, correlation, without_matricule


def written(message: str = "event", *, error: BaseException | None = None, **extra: object):
    information = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("room", logging.INFO, __file__, 1, message, (), information)
    record.__dict__.update(extra)
    line = JsonFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_record_is_one_object_with_its_time_level_and_event():
    line = written("document published")
    assert (line["level"], line["logger"], line["event"]) == (
        "info",
        "room",
        "document published",
    )
    assert line["time"].endswith("+00:00")


def test_a_known_field_is_written():
    assert written(status=201)["status"] == 201


def test_an_unknown_field_is_not_written():
    assert "body" not in written(body="Mon patient souffre…")


def test_the_correlation_of_the_request_is_written():
    token = correlation.set("abc-123")
    try:
        assert written()["correlation"] == "abc-123"
    finally:
        correlation.reset(token)


def test_the_correlation_of_the_record_comes_first():
    assert written(correlation="other")["correlation"] == "other"


@pytest.mark.parametrize(
    "matricule", ["260058815400233", "2600588154002", "184122A00401264", "184122B004012"]
)
def test_a_matricule_is_cut(matricule):
    for text in (
        written(f"unknown {matricule}.")["event"],
        written(reason=matricule)["reason"],
        written(correlation=matricule)["correlation"],
    ):
        assert matricule not in text
        assert matricule[:3] + "…" in text


@pytest.mark.parametrize(
    "other", ["20261122031800", "1.2.250.1.213.1.4.10", "990000028", "81099000001"]
)
def test_what_is_no_matricule_stays_whole(other):
    assert without_matricule(other) == other


def test_an_exception_is_told_by_its_type_and_places_alone():
    try:
        int("secret-value")
    except ValueError as error:
        line = written(error=error)
    assert line["exception"] == "ValueError"
    assert "test_logging.py" in line["places"][0]
    assert "secret-value" not in json.dumps(line)


def test_a_traceback_in_a_message_loses_its_values():
    message = (
        'callable raised\nTraceback (most recent call last):\n  File "a.py", line 3, in view\n'
        "    int(x)\nValueError: invalid literal: 'secret-value'"
    )
    line = written(message)
    assert (line["event"], line["exception"], line["places"]) == (
        "callable raised",
        "ValueError",
        ["a.py:3 view"],
    )


def test_the_configuration_is_accepted_by_python():
    logging.config.DictConfigurator(configuration("INFO")).config  # noqa: B018
