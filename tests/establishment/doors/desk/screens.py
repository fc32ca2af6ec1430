"""What is typed and read on the screens of the desk."""

import re
from typing import Any

PASSWORD = "un mot de passe assez long"


def text(response: Any) -> str:
    """What is read on a page, tags and spaces apart."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
