"""The datamatrix INS as a picture, and labels that bear it (RNIV 1 EXI PP 21, 22; spec §1.9)."""

from carnet.establishment.doors.desk.printing.labels import label, symbol

__all__ = ["label", "symbol"]
