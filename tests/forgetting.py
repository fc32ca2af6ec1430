"""What this process remembers from one request to the next, forgotten between two tests.

Django's own server keeps its address for a whole session, and a port is given again: what was
learnt there for one test (keys of a provider, its addresses, what a directory holds) is wrong for
the next. What is remembered of values that never change (a text read, a key derived) stays.
"""

from django.utils import translation

from carnet.establishment.accounts import prosante as desk
from carnet.national.accounts.actions import france_connect as space
from carnet.national.directory import remembered as directory
from carnet.national.doors import prosante as services
from carnet.national.exchanges import actions as exchanges


def forget() -> None:
    """Remember nothing of what another test has said."""
    desk._provider.cache_clear()
    space._provider.cache_clear()
    services._known.clear()
    directory.forget()
    exchanges._pruned_at = -exchanges._PRUNING
    translation.deactivate()  # a request leaves its language to its thread
