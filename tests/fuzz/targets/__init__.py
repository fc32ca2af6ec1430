"""The readers of what comes from elsewhere, in one table."""

from tests.fuzz.target import Target
from tests.fuzz.targets.documents import DOCUMENTS
from tests.fuzz.targets.messages import MESSAGES
from tests.fuzz.targets.services import SERVICES
from tests.fuzz.targets.web import WEB

TARGETS = (*SERVICES, *DOCUMENTS, *MESSAGES, *WEB)

__all__ = ["TARGETS", "Target"]
