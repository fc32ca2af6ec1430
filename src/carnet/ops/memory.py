"""How the web processes ask the system for memory."""

import ctypes
import gc
import sys
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
#: Blocks above this size still come from the system and go back to it (a large document).
_LARGEST_KEPT: Final = 4 * 1024 * 1024
_MOST_KEPT: Final = 64 * 1024 * 1024


def keep_freed_memory() -> None:
    """Keep what a request frees for the next one, in this process and those it forks.

    An answer of 300 kB is copied a few times on its way. glibc gives such blocks back to the
    system at once, which then clears each page again: a quarter of the CPU of a search. Other C
    libraries are left as they are.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)


def set_apart() -> None:
    """Leave out of garbage collection what was made until now: modules, models, addresses.

    It lasts as long as the process: going through it again costs a fiftieth of a publication.
    """
    gc.collect()
    gc.freeze()
