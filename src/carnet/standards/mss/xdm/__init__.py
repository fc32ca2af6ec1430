"""XDM packages by mail: one zip, its metadata, its documents (IHE ITI-32; spec mssante §5)."""

from carnet.standards.mss.xdm.building import Application, Sender, build
from carnet.standards.mss.xdm.errors import MESSAGES, XdmError
from carnet.standards.mss.xdm.package import ACTION_SLOT, XdmPackage
from carnet.standards.mss.xdm.reading import Limits, read

__all__ = [
    "ACTION_SLOT",
    "MESSAGES",
    "Application",
    "Limits",
    "Sender",
    "XdmError",
    "XdmPackage",
    "build",
    "read",
]
