"""What ends well or is refused, and has nothing else to say: rs:RegistryResponse."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from carnet.national.doors.soap.service import Answer, Call
from carnet.standards.xds import registry_response
from carnet.standards.xds.errors import XdsRefused


def deed(do: Callable[[Call], None]) -> Callable[[Call], Answer]:
    """The handler that does it, and answers Success or the errors of the refusal."""

    @wraps(do)
    def handle(call: Call) -> Answer:
        try:
            do(call)
        except XdsRefused as refusal:
            return Answer(registry_response.write(refusal.errors))
        return Answer(registry_response.write())

    return handle
