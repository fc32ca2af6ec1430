"""Lists as parameters of SQL, written as PostgreSQL reads them.

psycopg looks at each element of a list to find its type: ten microseconds a list, and a statement
of the record takes ten of them. The statement says the type itself: `%s::text[]`.
"""

from __future__ import annotations

from collections.abc import Iterable


def array(values: Iterable[object]) -> str:
    """`{"a","b"}`: these values as one parameter, which the statement casts (`::text[]`)."""
    quoted = [str(each).replace("\\", "\\\\").replace('"', '\\"') for each in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"
