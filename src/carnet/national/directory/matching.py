"""The fields that the directory is searched by: what holds, in SQL, where each agrees with a value.

Every fragment names its row `r`. What a request says is always a value of the statement, never a
part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from carnet.standards.directory import folded
from carnet.standards.fhir import systems as fhir
from carnet.standards.fhir.directory import systems
from carnet.standards.fhir.directory.ids import number_of
from carnet.standards.fhir.directory.search import Value
from carnet.standards.fhir.search import Range, Token

Sql = tuple[str, list[Any]]
Match = Callable[[str, Value], Sql]
"""From a modifier and a value, the SQL that holds where they agree."""

_NOTHING: Final[Sql] = ("FALSE", [])
_ANY: Final[Sql] = ("TRUE", [])


def either(said: Sequence[Sql]) -> Sql:
    """What holds where one of these does."""
    return " OR ".join(f"({sql})" for sql, _ in said) or "FALSE", [
        value for _, values in said for value in values
    ]


# What each kind of field agrees with


def by_id(resource: str) -> Match:
    def match(_modifier: str, value: Value) -> Sql:
        number = number_of(resource, _token(value).code)
        return ("r.number = %s", [number]) if number else _NOTHING

    return match


def updated(_modifier: str, value: Value) -> Sql:
    told = cast(Range, value)
    low, high = told.low, told.high
    return {
        "eq": ("r.last_updated >= %s AND r.last_updated < %s", [low, high]),
        "ap": ("r.last_updated >= %s AND r.last_updated < %s", [low, high]),
        "ne": ("r.last_updated < %s OR r.last_updated >= %s", [low, high]),
        "gt": ("r.last_updated >= %s", [high]),
        "sa": ("r.last_updated >= %s", [high]),
        "ge": ("r.last_updated >= %s", [low]),
        "lt": ("r.last_updated < %s", [low]),
        "eb": ("r.last_updated < %s", [low]),
        "le": ("r.last_updated < %s", [high]),
    }[told.prefix]


def flag(column: str) -> Match:
    return lambda _modifier, value: (f"r.{column} = %s", [_token(value).code == "true"])


def text(key: str, raw: str) -> Match:
    """A text of which `key` holds the folded form."""

    def match(modifier: str, value: Value) -> Sql:
        if modifier == "exact":
            return f"r.{raw} = %s", [value]
        plain = folded(str(value))
        return f"r.{key} LIKE %s", [f"%{plain}%" if modifier == "contains" else f"{plain}%"]

    return match


def plain(column: str) -> Match:
    """A text that is not folded: without regard to case only."""

    def match(modifier: str, value: Value) -> Sql:
        if modifier == "exact":
            return f"r.{column} = %s", [value]
        begin = "%" if modifier == "contains" else ""
        return f"r.{column} ILIKE %s", [f"{begin}{_literal(str(value))}%"]

    return match


def postal_code(modifier: str, value: Value) -> Sql:
    if modifier == "exact":
        return "r.postal_code = %s", [value]
    begin = "%" if modifier == "contains" else ""
    return "r.postal_code LIKE %s", [f"{begin}{_literal(str(value))}%"]


def names(modifier: str, value: Value) -> Sql:
    """Every word of the value begins a word of the names, or is in one."""
    asked = str(value)
    if modifier == "exact":
        whole = "r.given_name || ' ' || r.family_name"
        return f"%s IN (r.family_name, r.given_name, {whole})", [asked]
    begin = "" if modifier == "contains" else " "
    words = [f"%{begin}{word}%" for word in folded(asked).split()]
    return " AND ".join(["TRUE", *(["r.names LIKE %s"] * len(words))]), words


def mailbox(holder: str) -> Match:
    """The address of a mailbox that is shown with the resource."""

    def match(modifier: str, value: Value) -> Sql:
        text = str(value).lower()
        if modifier == "exact":
            return holder.format("m.address = %s"), [text]
        if modifier == "contains":
            # Of most texts few mailboxes hold any, whatever the planner thinks: they come first.
            # Not of a domain, which may be that of half of them.
            first = "" if "@" in text else " OFFSET 0"
            return holder.format(f"m.address LIKE %s{first}"), [f"%{_literal(text)}%"]
        return holder.format("m.address LIKE %s"), [f"{_literal(text)}%"]

    return match


def mailbox_type(holder: str) -> Match:
    return lambda _modifier, value: _coded(
        _token(value), (("TRE_R257", holder.format("m.kind = %s")),)
    )


_SHOWN: Final = "m.is_active AND NOT m.is_unlisted AND {0}"
PERSONAL: Final = (
    "r.ps_idnat IN (SELECT m.professional_id FROM directory_mailbox m"  # noqa: S608 - constants
    f" WHERE m.structure_id IS NULL AND {_SHOWN})"
)
SITUATED: Final = (
    "(r.professional_id, r.structure_id) IN"  # noqa: S608 - constants
    " (SELECT m.professional_id, m.structure_id FROM directory_mailbox m"
    f" WHERE m.structure_id IS NOT NULL AND {_SHOWN})"
)
SHARED: Final = (
    "r.struct_idnat IN (SELECT m.structure_id FROM directory_mailbox m"  # noqa: S608 - constants
    f" WHERE m.professional_id IS NULL AND {_SHOWN})"
)


def _coded(asked: Token, columns: Sequence[tuple[str, str]]) -> Sql:
    """A code of one of these tables, each with the SQL that holds of its codes."""
    said: list[Sql] = [
        (sql, [asked.code])
        for table, sql in columns
        if asked.system is None or asked.system == systems.url(table)
    ]
    return either(said) if asked.code else _NOTHING


def code(*columns: tuple[str, str]) -> Match:
    told = [(table, f"r.{column} = %s") for table, column in columns]
    return lambda _modifier, value: _coded(_token(value), told)


def any_code(column: str) -> Match:
    """A code whose system is not looked at."""
    return lambda _modifier, value: (f"r.{column} = %s", [_token(value).code])


def named(word: str) -> Match:
    """A code that is the same for all rows."""
    return lambda _modifier, value: _ANY if _token(value).code == word else _NOTHING


def refers(column: str, table: str, key: str) -> Match:
    found = f"r.{column} = (SELECT t.{key} FROM {table} t WHERE t.number = %s)"  # noqa: S608 - constants
    return lambda _modifier, value: (found, [value])


# Fields of their own

_TYPES: Final = frozenset(
    ("C", "E", "F", "M", "S", "CAPA", "CEX", "DEC", "DNQ", "FQ", "OP", "PAC", "SH", "SST")
)


def qualification(holder: str) -> Match:
    """A profession, its category, a savoir-faire, its type, a diploma, its type."""
    begin = (
        f"{holder} IN (SELECT q.professional_id FROM directory_qualification q"  # noqa: S608 - constants
        " WHERE q.is_active AND "
    )

    def match(_modifier: str, value: Value) -> Sql:
        asked = _token(value)
        of_code = "q.code = %s"
        of_type = "q.type_code = %s"
        if not asked.code:
            return _NOTHING
        if asked.system is None:
            if asked.code in _TYPES:
                return f"{begin}({of_code} OR {of_type}))", [asked.code] * 2
            return f"{begin}{of_code})", [asked.code]
        for table, kind, sql in _QUALIFIED:
            if asked.system == systems.url(table):
                return f"{begin}q.kind = %s AND {sql})", [kind, asked.code]
        if kinds := systems.savoir_faire_types(asked.system):
            said = "q.kind = 'savoir_faire' AND q.type_code = ANY(%s) AND q.code = %s)"
            return f"{begin}{said}", [list(kinds), asked.code]
        return _NOTHING

    return match


_QUALIFIED: Final = (
    ("TRE_G15", "profession", "q.code = %s"),
    ("TRE_R09", "profession", "q.type_code = %s"),
    ("TRE_R04", "savoir_faire", "q.type_code = %s"),
    ("TRE_R48", "diploma", "q.code = %s"),
    ("TRE_R14", "diploma", "q.type_code = %s"),
)


def professional_identifier(_modifier: str, value: Value) -> Sql:
    asked = _token(value)
    forms = {
        None: (asked.code, f"8{asked.code}"),
        systems.IDNAT_PS: (asked.code,),
        fhir.RPPS: (f"8{asked.code}",),
    }.get(asked.system, ())
    if not asked.code:
        return ("r.ps_idnat LIKE '8%%'", []) if asked.system == fhir.RPPS else _NOTHING
    return "r.ps_idnat = ANY(%s)", [list(forms)]


def structure_identifier(_modifier: str, value: Value) -> Sql:
    asked = _token(value)
    digits = {
        None: ("", "1", "2", "3", "4"),
        systems.IDNAT_STRUCT: ("",),
        fhir.FINESS: ("1",),
        fhir.SIRENE: ("2", "3"),
        systems.RPPS_RANG: ("4",),
    }.get(asked.system, ())
    if not asked.code:
        return ("r.struct_idnat LIKE '1%%'", []) if asked.system == fhir.FINESS else _NOTHING
    forms = [f"{digit}{asked.code}" for digit in digits]
    if asked.system in (None, fhir.SIRENE):
        return "r.struct_idnat = ANY(%s) OR r.siret = %s", [forms, asked.code]
    return "r.struct_idnat = ANY(%s)", [forms]


def of_kinds(kinds: Mapping[str, str]) -> Match:
    """A code each of which holds of some rows."""

    def match(_modifier: str, value: Value) -> Sql:
        found = kinds.get(_token(value).code)
        return (found, []) if found else _NOTHING

    return match


#: Columns of the codes that `type` may tell without their system, by their shape.
_TYPE_SHAPES: Final = (
    (re.compile(r"SA[0-9]{2}"), (("TRE_R02", "sector"),)),
    (re.compile(r"[0-9]{3,4}"), (("TRE_R66", "category"), ("TRE_R72", "legal_status"))),
    (re.compile(r"[0-9]{2}\.?[0-9]{2}[A-Z]"), (("TRE_R75", "activity"),)),
    (re.compile(r"[0-9A-Z]{1,2}"), (("TRE_R72", "legal_status"), ("TRE_R73", "hospital_service"))),
)


def structure_type(modifier: str, value: Value) -> Sql:
    asked = _token(value)
    if asked.system in (None, systems.ORGANIZATION_TYPE):
        kind = {"LEGAL-ENTITY": "EJ", "GEOGRAPHICAL-ENTITY": "EG"}.get(asked.code)
        if kind:
            return "r.kind = %s", [kind]
    columns = tuple(
        column
        for shape, columns in _TYPE_SHAPES
        if asked.system is not None or shape.fullmatch(asked.code)
        for column in columns
    )
    return code(*dict.fromkeys(columns))(modifier, value)


def profile(_modifier: str, value: Value) -> Sql:
    kinds = {"healthcare-activity": "care", "social-equipment": "social"}
    kind = kinds.get(str(value).rpartition("as-dp-healthcareservice-")[2])
    return ("r.kind = %s", [kind]) if kind else _NOTHING


def address(modifier: str, value: Value) -> Sql:
    """Any part of an address."""
    return either(
        [
            text("city_key", "city")(modifier, value),
            postal_code(modifier, value),
            plain("street")(modifier, value),
        ]
    )


def role_identifier(_modifier: str, value: Value) -> Sql:
    asked = _token(value)
    known = asked.system in (None, fhir.RPPS) and re.fullmatch(r"[1-9][0-9]{0,17}", asked.code)
    return ("r.number = %s", [int(asked.code)]) if known else _NOTHING


def arhgos(_modifier: str, value: Value) -> Sql:
    asked = _token(value)
    known = asked.system in (None, systems.ARHGOS) and asked.code
    return ("r.authorisation = %s", [asked.code]) if known else _NOTHING


def _token(value: Value) -> Token:
    return cast(Token, value)


def _literal(text: str) -> str:
    """A text in a pattern of LIKE, as itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)
