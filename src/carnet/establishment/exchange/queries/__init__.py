"""What the desk reads of the exchange. Every query is for an operator."""

from carnet.establishment.exchange.queries.flow import (
    FILTERS,
    DeliveryView,
    DocumentView,
    MessageLine,
    MessageNotFound,
    Page,
    PatientDocument,
    Step,
    documents_of,
    flow,
    message,
    message_of,
    openings,
    raw,
)
from carnet.establishment.exchange.queries.health import Health, health
from carnet.establishment.exchange.queries.identities import WaitingIdentity, waiting_identities

__all__ = [
    "FILTERS",
    "DeliveryView",
    "DocumentView",
    "Health",
    "MessageLine",
    "MessageNotFound",
    "Page",
    "PatientDocument",
    "Step",
    "WaitingIdentity",
    "documents_of",
    "flow",
    "health",
    "message",
    "message_of",
    "openings",
    "raw",
    "waiting_identities",
]
