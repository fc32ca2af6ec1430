"""Logs: one JSON object a line, with a correlation id, never a body nor a matricule.

A record's message is a short fixed event name; what varies goes in `extra`, under the names of
`FIELDS` alone: a field that is not listed here is not written, so that no content can slip in.
"""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

correlation: ContextVar[str] = ContextVar("correlation", default="")

FIELDS = (
    "event",
    "action",
    "outcome",
    "code",
    "reason",
    "status",
    "method",
    "route",
    "milliseconds",
    "bytes",
    "peer",
    "process",
    "attempt",
    "attempts",
    "count",
    "delivery_id",
    "document_id",
    "message_id",
    "control_id",
    "host",
    "port",
)

# A matricule is 13 digits (or 2A/2B for Corsica) and a key of 2: only its first digits are kept.
_MATRICULE = re.compile(r"(?<!\d)([1-478]\d{2})\d{2}[\dAB][\dABab]\d{6}(?:\d{2})?(?!\d)")

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


def without_matricule(text: str) -> str:
    """The text with whatever looks like a matricule cut to its sex and year digits."""
    return _MATRICULE.sub(r"\1…", text)


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)

# No line tells them, and finding them out is half of what a line costs (logging, "Optimization").
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
logging._srcfile = None


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: time (UTC), level, logger, event, extra fields.

    An exception is written as its type and the places it went through, without its message and
    without values: a message may quote the data that caused it.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **_told(record.getMessage()),
        }
        if found := (getattr(record, "correlation", "") or correlation.get()):
            line["correlation"] = without_matricule(found)  # which the caller may choose
        for name in FIELDS:
            # `process` is also an attribute of every record: the number of the process.
            if name in record.__dict__ and name not in _OWN:
                value = record.__dict__[name]
                line[name] = without_matricule(value) if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__qualname__
            line["places"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return _ENCODER.encode(line)


def _told(message: str) -> dict[str, Any]:
    """The first line of a message; of a traceback written in it, the type and the places."""
    first, _, rest = message.partition("\n")
    told: dict[str, Any] = {"event": without_matricule(first)}
    if frames := _FRAME.findall(rest):
        told["exception"] = rest.strip().splitlines()[-1].partition(":")[0]
        told["places"] = [f"{file}:{line} {name}" for file, line, name in frames]
    return told


_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__)


def configuration(level: str) -> dict[str, Any]:
    """Django's `LOGGING`: everything to the standard output in JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "carnet.ops.logging.JsonFormatter"}},
        "handlers": {
            "output": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "stream": "ext://sys.stdout",
            }
        },
        "root": {"handlers": ["output"], "level": level},
        "loggers": {
            # Its lines quote the queries and their values.
            "django.db.backends": {"level": "WARNING"},
            "psycopg": {"level": "WARNING"},
            # Its lines quote the addresses of the envelopes, which may be matricules.
            "mail.log": {"level": "WARNING"},
        },
    }


def for_granian() -> dict[str, Any]:
    """The web server's own log configuration; its access log stays off, ours has no path."""
    plain = configuration("INFO")
    return {**plain, "loggers": {"_granian": {"level": "INFO"}, "granian.access": {}}}
