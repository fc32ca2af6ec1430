"""One symbol, one label: only what the status of the identity allows is written."""

from __future__ import annotations

import io
import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

import typst
import zxingcpp
from PIL import Image

from carnet.establishment.patients.queries import LocalPatient
from carnet.standards.ids import INS_NIA
from carnet.standards.ins import TraitError, Traits, datamatrix
from carnet.standards.ins.datamatrix import DatamatrixError

_TEMPLATE: Final = "label.typ"
#: Pixels of one module of the symbol.
MODULE: Final = 8


def symbol(patient: LocalPatient) -> bytes | None:
    """The datamatrix INS of a patient as PNG, square, with its quiet zone; None as `_barcode`."""
    made = _barcode(patient)
    if made is None:
        return None
    drawn: Any = made.to_image(scale=MODULE, add_quiet_zones=True)
    height, width = drawn.shape
    picture = Image.frombuffer("L", (width, height), bytes(memoryview(drawn).cast("B")))
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()


def _barcode(patient: LocalPatient) -> zxingcpp.Barcode | None:
    """The symbol of a patient.

    None when the identity is not *qualifiée*, or when a trait that it needs is not known.
    """
    if patient.ins is None:
        return None
    try:
        traits = Traits.of(
            patient.birth_name,
            patient.first_given_name,
            patient.sex or "U",
            patient.birth_date,
            given_names=patient.given_names,
            birth_place=patient.birth_place,
        )
        text = datamatrix.write(patient.ins, traits)
    except (TraitError, DatamatrixError):
        return None
    return zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)


def label(patient: LocalPatient) -> bytes:
    """A label in PDF: the identity in short, and the symbol when the identity is *qualifiée*."""
    born = patient.birth_date
    shown = {
        "N.Nais": patient.birth_name,
        "Pr.1": patient.first_given_name,
        "DDN": f"{born[6:8]}/{born[4:6]}/{born[:4]}" if len(born) >= 8 else born,
        "S": {"U": "I"}.get(patient.sex, patient.sex),
        "N.Ut": patient.used_name,
        "Pr.Ut": patient.used_given_name,
    }
    if patient.ins is not None:
        shown |= {
            "Liste.Pr.Nais.": patient.given_names,
            "INSEE.Nais.": patient.birth_place,
            "INS": f"{patient.ins.matricule[:13]} {patient.ins.matricule[13:]} "
            f"({'NIA' if patient.ins.oid == INS_NIA else 'NIR'})",
        }
    shown |= {"IPP": ", ".join(i.value for i in patient.local_ids if i.type == "PI")[:40]}
    made = _barcode(patient)
    given = {
        "lines": json.dumps([[name, value] for name, value in shown.items() if value]),
        "symbol": made.to_svg(add_quiet_zones=True) if made else "",
    }
    return typst.compile(_source(), format="pdf", sys_inputs=given, pdf_standards=["a-2b"])


@cache
def _source() -> bytes:
    return (files(__package__) / _TEMPLATE).read_bytes()
