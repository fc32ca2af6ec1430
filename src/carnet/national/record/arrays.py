"""Lists as parameters of SQL, as PostgreSQL reads them.

psycopg looks at each element of a list to find its type: ten microseconds a list, and a statement
of the record takes ten of them. The statement says the type itself: `%s::text[]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

#: Texts that have a place each.
_PLACES: Final = 8


def array(values: Iterable[object]) -> str:
    """`{"a","b"}`: these values as one parameter, which the statement casts (`::text[]`)."""
    quoted = [str(each).replace("\\", "\\\\").replace('"', '\\"') for each in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def placed(values: Sequence[str]) -> tuple[str, Sequence[str]]:
    """These texts as an array of SQL, and its parameters: few have a place each.

    A parameter that is an array, whose length the planner guesses, may be planned anew at each
    call, which costs as much as running it.
    """
    if len(values) > _PLACES:
        return "%s::text[]", (array(values),)
    return f"ARRAY[{', '.join(['%s'] * len(values))}]::text[]", values
