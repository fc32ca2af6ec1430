"""The language of the terminal: French, or English where the locale says so."""

import gettext as catalogues
import os
from pathlib import Path

_FOLDER = Path(__file__).parent / "locale"


def _languages() -> list[str]:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable, ""):
            return ["en"] if value.startswith("en") else []
    return []


# The sentences in the code are French: no catalogue means that they are shown as they are.
_catalogue = catalogues.translation("django", _FOLDER, languages=_languages(), fallback=True)
gettext = _catalogue.gettext
ngettext = _catalogue.ngettext
