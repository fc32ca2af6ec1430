"""The contract of the INSi service, as a client reads it at `?wsdl`.

Made after the XSD INSi 00.01 and the WSDL DESIR_ICIR_EXP 1.5.0 (spec identity §1.11), in our own
words; what is unverified in `queries` and `results` is unverified here.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from carnet.standards.xml import escape


def write(location: str) -> bytes:
    """The WSDL of the service, which answers at the URL `location`."""
    return _template().replace("{location}", escape(location)).encode()


@cache
def _template() -> str:
    return (files(__package__) / "insi.wsdl").read_text(encoding="utf-8")
