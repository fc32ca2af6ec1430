import re
from pathlib import Path

import carnet

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "configuration.md"
_NAME = re.compile(r'"(CARNET_[A-Z_]+|DATABASE_URL)"')


def test_every_variable_is_in_the_reference_page_and_no_other():
    ops = Path(carnet.__file__).parent / "ops"
    read = {name for path in ops.rglob("*.py") for name in _NAME.findall(path.read_text())}
    told = set(re.findall(r"`(CARNET_[A-Z_]+|DATABASE_URL)`", PAGE.read_text(encoding="utf-8")))
    files = {name for name in told | read if name.endswith("_FILE")}
    assert told - files == read - files
