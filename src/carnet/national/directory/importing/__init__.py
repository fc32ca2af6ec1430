"""Import of the public extracts into the directory: streamed, in batches, resumed after a stop."""

from carnet.national.directory.importing.running import (
    ImportFailed,
    Progress,
    load,
)

__all__ = ["ImportFailed", "Progress", "load"]
